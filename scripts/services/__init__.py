"""Throw-away servers for this checkout: `python3 -m scripts.services up|down|list [name…]`. Plain Python alone."""
