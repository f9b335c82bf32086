"""The product itself, but that nobody is asked who they are: what the callers' credentials cost is the difference."""
