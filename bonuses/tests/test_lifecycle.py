from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.lifecycle import ALLOWED, ENDED, ENDINGS, LIVE, ON_ACCOUNT, Status, TransitionRefused, check, path

statuses = st.sampled_from(Status)

TABLE: dict[str, set[str]] = {
    "queued": {"pending", "active", "failed", "cancelled"},
    "pending": {"active", "expired", "forfeited", "cancelled"},
    "active": {"completed", "auto_completed", "forfeited", "expired", "lost", "cancelled"},
    "reversed": {"completed", "auto_completed", "forfeited", "expired", "lost", "cancelled"},
    "completed": {"reversed"},
    "auto_completed": {"reversed"},
    "forfeited": {"reversed"},
    "expired": {"reversed"},
    "lost": {"reversed"},
    "cancelled": {"reversed"},
    "failed": set(),
}

PATHS: dict[tuple[str, str], tuple[str, ...]] = {
    ("queued", "pending"): ("pending",),
    ("queued", "active"): ("active",),
    ("queued", "failed"): ("failed",),
    ("queued", "completed"): ("active", "completed"),
    ("queued", "auto_completed"): ("active", "auto_completed"),
    ("queued", "lost"): ("active", "lost"),
    ("queued", "expired"): ("pending", "expired"),
    ("queued", "forfeited"): ("pending", "forfeited"),
    ("queued", "cancelled"): ("cancelled",),
    ("pending", "active"): ("active",),
    ("pending", "expired"): ("expired",),
    ("pending", "forfeited"): ("forfeited",),
    ("pending", "cancelled"): ("cancelled",),
    ("pending", "completed"): ("active", "completed"),
    ("pending", "auto_completed"): ("active", "auto_completed"),
    ("pending", "lost"): ("active", "lost"),
    **{(live, end): (end,) for live, end in product(("active", "reversed"), sorted(ENDINGS))},
}
"""How a platform's event leads to its status; for every pair that is not here, not at all."""


def is_allowed(before: Status, after: Status, *, was_credited: bool) -> bool:
    try:
        check(before, after, was_credited=was_credited)
    except TransitionRefused:
        return False
    return True


def test_the_table_is_exactly_this() -> None:
    assert {before.value: {after.value for after in allowed} for before, allowed in ALLOWED.items()} == TABLE


def test_groups() -> None:
    assert {"queued", "pending", "active", "reversed"} == LIVE
    assert {"active", "reversed"} == ON_ACCOUNT
    assert {"failed"} == ENDED - ENDINGS
    assert not LIVE & ENDED


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
@pytest.mark.parametrize("was_credited", [True, False])
def test_every_change_is_allowed_or_refused_as_the_table_says(
    before: Status, after: Status, was_credited: bool
) -> None:
    expected = after in TABLE[before] and (was_credited or after != "reversed")
    assert is_allowed(before, after, was_credited=was_credited) is expected


def test_a_refusal_says_what_was_asked() -> None:
    with pytest.raises(TransitionRefused) as refused:
        check(Status.COMPLETED, Status.ACTIVE, was_credited=True)
    assert refused.value.code == "TRANSITION_REFUSED"
    assert refused.value.message == "A completed grant can't become active."
    assert refused.value.details == {"from": "completed", "to": "active"}


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_every_path(before: Status, after: Status) -> None:
    assert path(before, after) == PATHS.get((before, after), ())


@given(statuses, statuses)
def test_a_path_takes_allowed_steps_to_its_target(before: Status, after: Status) -> None:
    steps = path(before, after)
    if steps:
        assert steps[-1] is after
        assert all(is_allowed(*step, was_credited=False) for step in pairwise((before, *steps)))
        assert before not in steps
        assert not ENDED & set(steps[:-1])


@given(st.lists(statuses, max_size=12))
def test_whatever_events_come_a_grant_ends_at_most_once(events: list[Status]) -> None:
    now, endings = Status.QUEUED, 0
    for event in events:
        for step in path(now, event):
            check(now, step, was_credited=False)
            now = step
            endings += now in ENDED
    assert endings == (now in ENDED)


@given(st.lists(statuses, max_size=30))
def test_allowed_changes_never_lead_back_before_a_credit(wanted: list[Status]) -> None:
    """Once a grant was on the account it is never queued, pending or failed again, however often it is reversed."""
    now, credited = Status.QUEUED, False
    for status in wanted:
        if is_allowed(now, status, was_credited=credited):
            now = status
            assert not (credited and now in {Status.QUEUED, Status.PENDING, Status.FAILED, Status.ACTIVE})
            credited = credited or now in ON_ACCOUNT
