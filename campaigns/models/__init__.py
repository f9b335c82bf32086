from campaigns.models.approval import Approval
from campaigns.models.campaign import Campaign
from campaigns.models.chunk import Chunk
from campaigns.models.recipient import Recipient
from campaigns.models.segment import Segment, SegmentMember

__all__ = ["Approval", "Campaign", "Chunk", "Recipient", "Segment", "SegmentMember"]
