"""What the document says of the fields of campaigns, by their names; see `bonuses.api.docs.words`."""

WORDS = {
    "segment_id": "The segment: whoever is in it when issuing begins is the audience, less the held-out.",
    "scheduled_at": "When to begin by itself; null: by hand. Setting it makes a draft `scheduled`.",
    "budget_amount": (
        "Most that may be given in all, by the bonuses' face value, in minor units of the base currency; null: no "
        "limit. A campaign that reaches it is paused; raise it and resume."
    ),
    "holdout_percent": "Percentage of the segment's players who are given nothing, for comparison.",
    "Campaign.status": (
        "`issuing`: the bonuses are being given; `paused`: no further ones for now, see `status_reason`; `issued` and "
        "`cancelled`: it has ended."
    ),
    "status_reason": "Why it is paused or was cancelled, if there is more to say; else null.",
    "stats": "What has become of the audience, at this moment and to the last one.",
    "pending": "Still to be given, or not confirmed by the platform yet.",
    "granted": "Were given the bonus.",
    "skipped": "Were given nothing: blocked, not eligible, at the limit, or held one. Each recipient says which.",
    "failed": "The platform refused.",
    "approval": "What was decided last of its approval, if anything. Whether it still holds is found when it begins.",
    "CampaignApproval.decision": "`withdrawn`: it needs a new one.",
    "by": "Who decided it.",
    "at": "When.",
    "hash": "Of all that was shown, the cost included.",
    "CampaignApproval.cost": "The cost that was shown, by face value, in minor units of the base currency.",
    "ApproveCampaign.cost": "The cost that was shown; absent or null: what it costs now.",
    "holdout_count": "Players who were held out; null before issuing has begun.",
    "issued_at": "When issuing began.",
    "finished_at": "When nothing was pending any more.",
    "CampaignRecipient.status": "What has become of the bonus.",
    "CampaignRecipient.reason": "Code of why it was skipped; of a failure the platform's own code; else null.",
    "CampaignRecipient.message": "The same in words, if there are any.",
    "CampaignRecipient.grant_id": "The grant, if one was made.",
    "audience": "Players that it would be issued to: those of the segment, less the held-out.",
    "exclusions": "Code of the reason → how many of the audience would be skipped for it.",
    "expected_cost": "Face value of all that would be given, as far as the budget goes; in minor units of `currency`.",
    "worst_cost": (
        "The most that could become real money: the cap on winnings where the terms have one, else the face value; in "
        "minor units of `currency`, not cut by the budget. More than 2^53 - 1 is told as that."
    ),
    "CampaignPreview.currency": "The base currency.",
    "sample": "Some of the audience.",
    "PreviewedPlayer.status": "What would become of the bonus.",
    "PreviewedPlayer.reason": "Code of why it would be skipped, else null.",
    "PreviewedPlayer.message": "The same in words, if there are any.",
    "PreviewedPlayer.amount": "What the player would be given, in minor units of `currency`; null: nothing.",
    "PreviewedPlayer.currency": "Currency of `amount`.",
}
