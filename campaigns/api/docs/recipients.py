from drf_spectacular.utils import OpenApiExample

from bonuses.api.docs.operation import described, operation
from campaigns.api.docs.campaign_examples import RECIPIENT
from campaigns.api.docs.campaign_shapes import CampaignRecipient
from campaigns.api.docs.campaigns import NOT_FOUND, TAG

describe_recipients = described(
    list=operation(
        "listCampaignRecipients",
        "List the recipients of a campaign",
        "Those of its audience, as it was when issuing began, and what has become of each. The newest players first. "
        "None before issuing has begun. An empty filter does not filter.",
        tag=TAG,
        answers={200: (CampaignRecipient, "A page of recipients.")},
        wrapped="page",
        errors=[NOT_FOUND],
        filters={"status": "Only those of whom this has become."},
        examples=[OpenApiExample("granted", value=RECIPIENT, response_only=True)],
    )
)
