"""What can't be done to a campaign or a segment."""

import uuid

from integrations.errors import DomainError


class CampaignNotFound(DomainError):
    code = "CAMPAIGN_NOT_FOUND"

    def __init__(self, campaign_id: uuid.UUID | str) -> None:
        super().__init__(f"There is no campaign {campaign_id}.")


class SegmentNotFound(DomainError):
    code = "SEGMENT_NOT_FOUND"

    def __init__(self, segment_id: uuid.UUID | str) -> None:
        super().__init__(f"There is no segment {segment_id}.")


class CampaignInvalid(DomainError):
    """`details` maps field paths to what is wrong."""

    code = "VALIDATION_ERROR"


class CampaignNotEditable(DomainError):
    """`details`: `status`."""

    code = "CAMPAIGN_NOT_EDITABLE"


class CampaignNotIssuable(DomainError):
    """`details`: `status`."""

    code = "CAMPAIGN_NOT_ISSUABLE"


class ApprovalRequired(DomainError):
    """`details`: `cost` and `threshold` (None: off), and the `hash` of what there is to approve now."""

    code = "APPROVAL_REQUIRED"


class ApprovalByItsMaker(DomainError):
    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("Who made a campaign, or changed it last, can't approve it: it takes a second person.")


class SegmentInUse(DomainError):
    """`details`: `campaigns`, the ids of some that have not ended."""

    code = "SEGMENT_IN_USE"


class SegmentInvalid(DomainError):
    """`details` maps field paths to what is wrong."""

    code = "VALIDATION_ERROR"
