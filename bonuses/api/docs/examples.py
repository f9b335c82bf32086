"""What the vendor's own reference shows, and what comes of it."""

from typing import Any

TEMPLATE_ID = "0194b8f0-5a3c-7c1e-9f00-1d2e3f4a5b60"
PLAYER_ID = "0194b8f1-0c7d-7b22-8e11-2a3b4c5d6e71"
GRANT_ID = "0194b8f2-9e10-7d33-a722-3b4c5d6e7f82"
NOON = "2025-01-31T12:00:00Z"

NEW_TEMPLATE: dict[str, Any] = {
    "name": "Welcome 100% match",
    "type": "deposit_match",
    "config": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"},
    "wagering_requirement_multiplier": 30,
    "wagering_basis": "bonus_plus_deposit",
    "max_bet_during_wagering": 500,
    "time_limit_hours": 720,
    "max_grants_per_player": 1,
    "game_contribution": {"slots": 100, "table": 10, "live": 5, "default": 0},
    "max_win_cap": 100000,
}
TERMS: dict[str, Any] = {
    "type": "deposit_match",
    "config": NEW_TEMPLATE["config"],
    "product": "Casino",
    "bonus_code": None,
    "wagering_requirement_multiplier": 30,
    "wagering_basis": "bonus_plus_deposit",
    "max_bet_during_wagering": 500,
    "max_bet_action": "forfeit",
    "time_limit_hours": 720,
    "max_grants_per_player": 1,
    "game_contribution": NEW_TEMPLATE["game_contribution"],
    "max_win_cap": 100000,
    "fasttrack_type": None,
}
TEMPLATE: dict[str, Any] = {
    "id": TEMPLATE_ID,
    "name": "Welcome 100% match",
    "status": "active",
    **TERMS,
    "created_at": "2025-01-30T09:30:00Z",
    "updated_at": "2025-01-30T09:30:00Z",
}
NEW_FREE_SPINS: dict[str, Any] = {
    "name": "20 spins on Sunday",
    "type": "free_spins",
    "config": {"count": 20, "value_per_spin": 10, "currency": "EUR", "eligible_games": ["book-of-examples"]},
    "wagering_requirement_multiplier": 10,
    "wagering_basis": "winnings",
}

ORDER: dict[str, Any] = {
    "template_id": TEMPLATE_ID,
    "player_id": PLAYER_ID,
    "granted_by_kind": "manual",
    "granted_by_id": None,
    "deposit_amount": 10000,
    "currency_override": "USD",
}
GRANT: dict[str, Any] = {
    "id": GRANT_ID,
    "template_id": TEMPLATE_ID,
    "player_id": PLAYER_ID,
    "campaign_id": None,
    "status": "active",
    "amount": 10000,
    "currency": "USD",
    "deposit_amount": 10000,
    "wagering_required": 600000,
    "wagering_progress": 0,
    "locked_amount": 10000,
    "bonus_turned_real": None,
    "exchange_rate": "0.9217",
    "adapter": "acme",
    "platform_bonus_id": "pb-7421",
    "granted_by_kind": "manual",
    "granted_by_id": None,
    "terms": TERMS,
    "failure": None,
    "meta": {},
    "fasttrack_references": {},
    "created_at": NOON,
    "activated_at": NOON,
    "expires_at": "2025-03-02T12:00:00Z",
    "ended_at": None,
    "updated_at": NOON,
}
CANCELLED: dict[str, Any] = {
    **GRANT,
    "status": "cancelled",
    "locked_amount": 0,
    "ended_at": "2025-02-01T08:15:00Z",
    "updated_at": "2025-02-01T08:15:00Z",
}
AMOUNTS: dict[str, Any] = {
    "amount": 10000,
    "wagering_required": 600000,
    "wagering_progress": 0,
    "locked_amount": 10000,
    "bonus_turned_real": None,
}
TRANSITION: dict[str, Any] = {
    "seq": 1,
    "from": None,
    "to": "queued",
    "at": NOON,
    "cause": "api",
    "actor": "service",
    "webhook_id": None,
    "reason": None,
    "amounts": {**AMOUNTS, "locked_amount": 0},
}

IDENTIFY: dict[str, Any] = {
    "external_id": "player-4711",
    "currency": "USD",
    "origin": "acme.example",
    "country": "CA",
    "total_deposited": 250000,
    "net_loss": 12000,
    "attributes": {"vip_level": 2},
}
PLAYER: dict[str, Any] = {
    "id": PLAYER_ID,
    "external_id": "player-4711",
    "currency": "USD",
    "origin": "acme.example",
    "status": "active",
    "country": "CA",
    "total_deposited": 250000,
    "net_loss": 12000,
    "attributes": {"vip_level": 2},
    "created_at": "2025-01-30T10:00:00Z",
    "updated_at": "2025-01-30T10:00:00Z",
}
BATCH: dict[str, Any] = {"players": [IDENTIFY, {"external_id": "player-4712", "currency": "XXX"}]}
BATCH_RESULT: dict[str, Any] = {"external_id": "player-4711", "result": "created", "id": PLAYER_ID}

WAGERED: dict[str, Any] = {
    "event": "bonus.wagered",
    "event_id": "evt-90210",
    "ts": "2025-01-31T12:05:00Z",
    "grant_id": GRANT_ID,
    "platform_bonus_id": "pb-7421",
    "data": {"bet_amount": 200, "game_category": "slots", "bet_id": "bet-1"},
}
RECEIVED: dict[str, Any] = {"received": True, "applied": True, "new_status": "active"}
