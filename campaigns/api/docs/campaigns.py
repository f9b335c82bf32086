from drf_spectacular.utils import OpenApiExample

from bonuses.api.docs.operation import Describe, described, operation
from campaigns.api.approvals import ApproveCampaign
from campaigns.api.docs.campaign_examples import (
    APPROVE,
    APPROVED,
    CANCELLED,
    DRAFT,
    ISSUING,
    NEW_CAMPAIGN,
    PAUSED,
    PREVIEW,
    SCHEDULED,
)
from campaigns.api.docs.campaign_shapes import Campaign, CampaignPreview, NewCampaign
from campaigns.api.serializers import ChangeCampaign, NoFields

TAG = "Campaigns"
NOT_FOUND = "CAMPAIGN_NOT_FOUND"
NEEDED = ["SEGMENT_NOT_FOUND", "BONUS_TEMPLATE_NOT_FOUND", "BONUS_DEPOSIT_AMOUNT_REQUIRED"]
THIS = {"id": "$response.body#/data/id"}
OF_IT = {
    "getCampaign": "The campaign itself.",
    "changeCampaign": "Change the campaign.",
    "previewCampaign": "See what issuing it would do.",
    "issueCampaign": "Begin to give the bonus.",
    "approveCampaign": "Let it cost what it costs, as a second person.",
    "pauseCampaign": "Give no further ones for now.",
    "resumeCampaign": "Go on.",
    "cancelCampaign": "End the campaign.",
    "listCampaignRecipients": "Who gets it, and who does not.",
}
LINKS = {
    **{name: {"parameters": THIS, "description": words} for name, words in OF_IT.items()},
    "getTemplate": {
        "parameters": {"id": "$response.body#/data/template_id"},
        "description": "The campaign's template.",
    },
    "getSegment": {"parameters": {"id": "$response.body#/data/segment_id"}, "description": "The campaign's segment."},
    "listGrants": {"parameters": {"campaign_id": "$response.body#/data/id"}, "description": "The grants it has made."},
}
NOTHING = OpenApiExample("nothing to say", value={}, request_only=True)


def _row(value: dict[str, object], status: int = 200) -> OpenApiExample:
    return OpenApiExample("campaign", value=value, response_only=True, status_codes=[str(status)])


def _told(
    name: str, summary: str, description: str, *, errors: list[str], value: dict[str, object], status: int = 200
) -> Describe:
    """Of a POST that tells the campaign what to do, with or without an empty body."""
    return operation(
        name,
        summary,
        description,
        tag=TAG,
        answers={status: (Campaign, "The campaign as it is now.")},
        errors=[NOT_FOUND, *errors],
        links=LINKS,
        request=NoFields,
        body_is_optional=True,
        examples=[NOTHING, _row(value, status)],
    )


describe_campaigns = described(
    list=operation(
        "listCampaigns",
        "List campaigns",
        "Newest first. An empty filter does not filter.",
        tag=TAG,
        answers={200: (Campaign, "A page of campaigns.")},
        wrapped="page",
        filters={
            "status": "Only campaigns in this state.",
            "template_id": "Only campaigns of this template.",
            "segment_id": "Only campaigns for this segment.",
            "q": "Only campaigns with this text in their name, in upper or lower case.",
        },
        examples=[_row(ISSUING)],
    ),
    retrieve=operation(
        "getCampaign",
        "Read a campaign",
        "The full row; its `stats` are exact at this moment, and cost the same for a million players as for a hundred.",
        tag=TAG,
        answers={200: (Campaign, "The campaign.")},
        errors=[NOT_FOUND],
        links=LINKS,
        examples=[_row(ISSUING)],
    ),
    create=operation(
        "createCampaign",
        "Make a campaign",
        "It is a `draft`, or `scheduled` when it has a `scheduled_at`. `deposit_amount` is needed by the types "
        "`deposit_match` and `reload`.",
        tag=TAG,
        answers={201: (Campaign, "The campaign that was made.")},
        errors=NEEDED,
        links=LINKS,
        request=NewCampaign,
        examples=[OpenApiExample("reload", value=NEW_CAMPAIGN, request_only=True), _row(DRAFT, 201)],
    ),
    partial_update=operation(
        "changeCampaign",
        "Change a campaign",
        "While it is `draft` or `scheduled`; the budget may also be raised while it is `paused`. Fields that are "
        "absent stay as they are.",
        tag=TAG,
        answers={200: (Campaign, "The campaign as it is now.")},
        errors=[NOT_FOUND, *NEEDED, "CAMPAIGN_NOT_EDITABLE"],
        links=LINKS,
        request=ChangeCampaign,
        examples=[
            OpenApiExample("at noon", value={"scheduled_at": SCHEDULED["scheduled_at"]}, request_only=True),
            OpenApiExample(
                "by hand, and no budget", value={"scheduled_at": None, "budget_amount": None}, request_only=True
            ),
            _row(SCHEDULED),
        ],
    ),
    issue=_told(
        "issueCampaign",
        "Issue a campaign",
        "Begins to give the bonus to the segment's players as they are now, in the background, under the terms that "
        "the template has now. Only from `draft` or `scheduled`.",
        errors=["CAMPAIGN_NOT_ISSUABLE", "BONUS_TEMPLATE_NOT_ACTIVE", "ISSUING_STOPPED", "APPROVAL_REQUIRED"],
        value=ISSUING,
        status=202,
    ),
    approve=operation(
        "approveCampaign",
        "Approve a campaign",
        "Where a threshold is set, a campaign that costs more begins, and goes on, only when a second person has "
        "approved it: neither who made it nor who changed it last, and never another server. The approval is of what "
        "was shown: of the terms, the segment's rules or list, currency, deposit, budget, holdout, schedule and cost, "
        "whose `hash` and `cost` are in the `details` of `APPROVAL_REQUIRED`. It is void after an edit of any of these "
        "and when the campaign costs more by then. Only while it is `draft`, `scheduled` or `paused`.",
        tag=TAG,
        answers={200: (Campaign, "The campaign as it is now.")},
        errors=[NOT_FOUND, "CAMPAIGN_NOT_EDITABLE", "APPROVAL_REQUIRED"],
        links=LINKS,
        request=ApproveCampaign,
        examples=[OpenApiExample("as shown", value=APPROVE, request_only=True), _row(APPROVED)],
    ),
    pause=_told(
        "pauseCampaign",
        "Pause a campaign",
        "No further bonuses are given until it is resumed. Calls to the platform that are under way come to their end.",
        errors=["CAMPAIGN_NOT_ISSUABLE"],
        value=PAUSED,
    ),
    resume=_told(
        "resumeCampaign",
        "Resume a campaign",
        "Goes on with those who have not had their turn. Only from `paused`.",
        errors=["CAMPAIGN_NOT_ISSUABLE", "BONUS_TEMPLATE_NOT_ACTIVE", "ISSUING_STOPPED", "APPROVAL_REQUIRED"],
        value=ISSUING,
    ),
    cancel=_told(
        "cancelCampaign",
        "Cancel a campaign",
        "Ends it for good. What was given stays given; those who have not had their turn become `skipped`.",
        errors=["CAMPAIGN_NOT_ISSUABLE"],
        value=CANCELLED,
    ),
    preview=operation(
        "previewCampaign",
        "Preview a campaign",
        "What issuing it now would do, by the rules that issuing goes by. Nothing is changed.",
        tag=TAG,
        answers={200: (CampaignPreview, "What would happen.")},
        errors=[NOT_FOUND],
        request=NoFields,
        body_is_optional=True,
        examples=[NOTHING, OpenApiExample("preview", value=PREVIEW, response_only=True)],
    ),
)
