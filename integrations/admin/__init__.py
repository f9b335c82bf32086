"""Importing these registers them; see `bonuses.admin` for webhook deliveries and platforms."""

from integrations.admin import event, rate, sink

__all__ = ["event", "rate", "sink"]
