"""What the document says of each field, by its name; `Model.field` where one means something of its own."""

WORDS = {
    # Rows of every kind.
    "id": "Id of this row.",
    "created_at": "When the row was made.",
    "updated_at": "When the row last changed.",
    "currency": "ISO 4217 code of the currency, or BTC, ETH or USDT.",
    # Templates and terms.
    "name": "Name for people, 1 to 200 characters and not only blanks.",
    "type": "Kind of bonus; it decides what `config` holds and can't be changed.",
    "TemplateChange.type": "Can't be changed: the template's own type, or 422.",
    "status": "Only an `active` template can be granted.",
    "config": "What a bonus of this type is worth. Comes back as it was sent, no keys added.",
    "product": "Part of the house that the bonus belongs to.",
    "bonus_code": "Code that players know, such as `WELCOME100`.",
    "wagering_requirement_multiplier": (
        "How many times the basis must be wagered before the bonus is real money; at most 2 decimals, 0: no wagering."
    ),
    "wagering_basis": (
        "What the multiplier counts from. `deposit` and `bonus_plus_deposit` are for `deposit_match` and `reload` "
        "only, `winnings` for `free_spins` only, where `bonus` means the same."
    ),
    "max_bet_during_wagering": "Largest bet while wagering, in minor units of the template's currency; null: no limit.",
    "max_bet_action": "What a larger bet does: `forfeit` ends the bonus, `ignore` does not count the bet.",
    "time_limit_hours": "Hours until the bonus expires; null: never.",
    "max_grants_per_player": (
        "How often one player can have it: over the player's lifetime, for cashback in each window; null: no limit."
    ),
    "game_contribution": (
        "Game category to the percentage of a bet that counts, 0 to 100. `default` is for categories that are not "
        "listed; an empty object means 100 for all."
    ),
    "max_win_cap": "Most that can be won from it, in minor units of the template's currency; null: no limit.",
    "fasttrack_type": "Type of the events sent to Fast Track; null: derived from the type and the wagering.",
    # Configs.
    "match_percent": "Percentage of the deposit that is given on top; 100 doubles it.",
    "DepositConfig.cap_amount": "Most that is given, in minor units of `currency`.",
    "CashbackConfig.cap_amount": "Most that is given back, in minor units of `currency`; null or absent: no limit.",
    "amount": "Worth of the bonus in minor units of `currency`.",
    "percent": "Percentage of the net loss that is given back.",
    "window_days": "Length in days of the window in which losses count, and in which a player's grants are counted.",
    "min_loss": "Smallest net loss that gets anything back, in minor units of `currency`.",
    "count": "Number of free spins; all together may be worth at most 2^53 - 1 minor units.",
    "value_per_spin": "Stake of one spin in minor units of `currency`.",
    "eligible_games": "Games the spins can be played on; empty: the platform's choice.",
    # Grants.
    "template_id": "The bonus template.",
    "player_id": "The player.",
    "campaign_id": "The campaign that gave it, else null.",
    "granted_by_kind": "What kind of thing asked for it.",
    "granted_by_id": "Id of the journey run, campaign or whatever else asked for it.",
    "deposit_amount": (
        "The deposit it is given for, in minor units of the grant's currency. Needed by `deposit_match` and `reload`."
    ),
    "loss_amount": (
        "Net loss in minor units of the grant's currency, for `cashback`; without it the player's recorded net loss is "
        "used."
    ),
    "currency_override": "Currency to give the bonus in; without it the template's.",
    "meta": "Anything; comes back in every event of the grant. No key may name a block or exclusion of the player.",
    "fasttrack_references": (
        "References of Fast Track; they come back in every event. They win over those of the `X-Fasttrack-*` headers. "
        "No key may name a block or exclusion of the player."
    ),
    "reason": "Why, for the audit trail and the platform; at most 500 characters.",
    "Grant.status": (
        "`queued`: the platform has not confirmed it yet; `pending`: given, waits for the player's claim; `active` and "
        "`reversed`: on the account; the others have ended."
    ),
    "Grant.amount": "Worth of the bonus in minor units of `currency`; for free spins the winnings, once played.",
    "Grant.currency": "Currency of every amount of this row.",
    "wagering_required": "What must be wagered in all, in minor units of `currency`.",
    "wagering_progress": "What of it has been wagered, in minor units of `currency`.",
    "locked_amount": "What is still locked on the account, in minor units of `currency`.",
    "bonus_turned_real": "What became real money, in minor units of `currency`; null until wagering has ended.",
    "exchange_rate": "One major unit of `currency` in the base currency, as locked when issued; a decimal string.",
    "adapter": "Slug of the platform that holds it.",
    "platform_bonus_id": "The platform's own id of it; null until it has told.",
    "terms": "The terms it was given under. A later change of the template does not change them.",
    "failure": "Why the platform refused, else null.",
    "activated_at": "When it came on the account.",
    "expires_at": "When it expires unless it ends before; null: never.",
    "ended_at": "When it ended.",
    "GrantFailure.code": "The platform's code.",
    "GrantFailure.message": "The platform's words.",
    # Transitions.
    "seq": "Number of the change, from 1.",
    "from": "Status before; null for the first.",
    "to": "Status after.",
    "at": "When it changed.",
    "cause": "What changed it.",
    "actor": "Who changed it, as far as known.",
    "webhook_id": "Id of the delivery that changed it, for the cause `webhook`.",
    "GrantTransition.reason": "Why, as far as known.",
    "amounts": "The grant's amounts after the change, in minor units of its currency.",
    "TransitionAmounts.amount": "Worth of the bonus in minor units of the grant's currency.",
    # Players.
    "external_id": "The operator's own id of the player; unique.",
    "Player.currency": "The player's currency; that of every amount of this row.",
    "origin": "The brand the player plays on.",
    "IdentifyPlayer.currency": "The player's currency. Needed for a new player.",
    "IdentifyPlayer.origin": "The brand the player plays on. Needed for a new player.",
    "country": "ISO 3166-1 alpha-2 code; null: not known.",
    "total_deposited": "All deposits of the player, in minor units of the player's currency.",
    "net_loss": "Net loss over the last cashback window, in minor units of the player's currency; negative: a win.",
    "attributes": "Anything the operator's segments ask for; replaced as a whole.",
    "Player.status": "Only an `active` player is granted anything.",
    "IdentifyPlayer.status": "Only an `active` player is granted anything. A new one is `active` by default.",
    "players": "The players, at most 1,000; each is looked at on its own, so that a bad one does not stop the others.",
    "result": "What became of the row.",
    "BatchDone.id": "Id of the player.",
    "BatchRefused.external_id": "As it was sent, if anything was.",
    "error": "What was wrong with the row.",
    "BatchFault.code": "Always `VALIDATION_ERROR`.",
    "BatchFault.message": "One clear sentence.",
    "details": "Field path to what is wrong.",
    # Webhooks.
    "event": "What happened.",
    "event_id": "The platform's id of the event; the same in every repeat.",
    "ts": "When it happened, RFC 3339.",
    "grant_id": "The grant that it is about.",
    "PlatformEvent.platform_bonus_id": "The platform's own id of the bonus.",
    "data": "What the event tells; keys we don't know are ignored.",
    "winnings": "What the spins won, in minor units of the grant's currency.",
    "spins_played": "Number of spins that were played.",
    "bet_amount": "Stake in minor units of the grant's currency.",
    "game_category": "Category of the game, as in `game_contribution`.",
    "bet_id": "The platform's id of the bet.",
    "total_wagered": "What has been wagered in all, weighted, in minor units of the grant's currency.",
    "turned_real": "What became real money, in minor units of the grant's currency.",
    "received": "Always true.",
    "applied": "False for a replay, for an event that the state no longer allows and for one we don't know.",
    "new_status": "The grant's status after this delivery.",
}
