"""Importing these registers them; see `bonuses.admin.delivery` for webhook deliveries."""

from integrations.admin import adapter, event, rate, sink

__all__ = ["adapter", "event", "rate", "sink"]
