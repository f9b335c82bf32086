import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from bonuses.models import BonusTemplate, TermsRevision
from bonuses.services import change_template as module
from bonuses.services.change_template import change_template
from bonuses.services.issue import TemplateNotFound
from bonuses.terms import ConfigInvalid, RulesInvalid
from bonuses.tests.factories import GrantFactory, TemplateFactory


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{}, {"name": "New"}, {"status": "paused"}, {"bonus_code": None}])
def test_terms_that_stay_make_no_revision(changes: dict[str, Any]) -> None:
    template = TemplateFactory(type="deposit_match", wagering_requirement_multiplier=Decimal("2.5"))
    change_template(template_id=template.pk, changes=changes, by="olga")
    changed = BonusTemplate.objects.get()
    assert changed.revision_id == template.revision_id
    assert TermsRevision.objects.count() == 1
    for name, value in changes.items():
        assert getattr(changed, name) == (value or "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"config": {"amount": 2000, "currency": "EUR"}},
        {"product": "Poker"},
        {"bonus_code": "HELLO"},
        {"wagering_requirement_multiplier": Decimal(5)},
        {"max_bet_during_wagering": 500},
        {"max_bet_action": "ignore"},
        {"time_limit_hours": 24},
        {"max_grants_per_player": None},
        {"game_contribution": {"slots": 50}},
        {"max_win_cap": 1},
        {"fasttrack_type": "Undefined"},
    ],
)
def test_new_terms_are_a_new_revision_and_grants_keep_theirs(changes: dict[str, Any]) -> None:
    grant = GrantFactory()
    old = grant.revision.terms
    change_template(template_id=grant.template_id, changes=changes, by="olga")
    template = BonusTemplate.objects.select_related("revision").get()
    [(name, value)] = changes.items()
    assert getattr(template, name) == value
    assert (template.revision.number, template.revision.created_by) == (2, "olga")
    assert template.revision.terms == {**old, name: value}
    grant.refresh_from_db()
    assert (grant.revision.number, grant.revision.terms) == (1, old)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"type": "reload"}, RulesInvalid),
        ({"config": {"amount": 0, "currency": "EUR"}}, ConfigInvalid),
        ({"wagering_basis": "winnings"}, RulesInvalid),
    ],
)
def test_refused_change_leaves_everything(changes: dict[str, Any], error: type[Exception]) -> None:
    template = TemplateFactory()
    with pytest.raises(error):
        change_template(template_id=template.pk, changes={"name": "New", **changes}, by="olga")
    assert BonusTemplate.objects.values().get() == BonusTemplate.objects.filter(name=template.name).values().get()
    assert TermsRevision.objects.count() == 1


@pytest.mark.django_db
def test_type_may_be_named_as_it_is() -> None:
    template = TemplateFactory()
    assert change_template(template_id=template.pk, changes={"type": template.type}, by="olga").type == template.type


@pytest.mark.django_db
def test_unknown_template() -> None:
    with pytest.raises(TemplateNotFound):
        change_template(template_id=uuid.uuid4(), changes={}, by="olga")


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one begins while the first has read the template and not yet written it."""
    template = TemplateFactory()
    second = threading.Thread(
        target=closing(lambda: change_template(template_id=template.pk, changes={"max_win_cap": 7}, by="two"))
    )
    check = module.check_terms
    monkeypatch.setattr(module, "check_terms", check_after_starting(second, check))
    change_template(template_id=template.pk, changes={"time_limit_hours": 24}, by="one")
    second.join(timeout=30)
    template.refresh_from_db()
    assert (template.time_limit_hours, template.max_win_cap) == (24, 7)
    revisions = TermsRevision.objects.order_by("number").values_list("number", "created_by")
    assert list(revisions) == [(1, ""), (2, "one"), (3, "two")]
    assert (template.revision.terms["time_limit_hours"], template.revision.terms["max_win_cap"]) == (24, 7)


def check_after_starting(thread: threading.Thread, check: Callable[[BonusTemplate], None]) -> Any:
    def checked(template: BonusTemplate) -> None:
        if not thread.ident:
            thread.start()
        check(template)

    return checked


def closing(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return run
