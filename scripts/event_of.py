"""Which event tells of which status of a grant, for those who check the product from the outside."""

EVENT_OF = {
    "pending": "Pending",
    "active": "Created",
    "completed": "Completed",
    "auto_completed": "AutoCompleted",
    "forfeited": "Forfeited",
    "expired": "Expired",
    "lost": "Lost",
    "reversed": "Reversed",
    "cancelled": "Forfeited",
}
"""Written out once more, on purpose: a mistake in the code under test must not excuse itself here."""
