"""Importing these registers them."""

from campaigns.admin import campaign, recipient, segment

__all__ = ["campaign", "recipient", "segment"]
