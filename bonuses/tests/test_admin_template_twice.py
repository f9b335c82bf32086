"""Templates by two people at once, sent twice, copied, and set to another status."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError

from bonuses.admin import template as module
from bonuses.admin.once import SENT_BEFORE
from bonuses.admin.service_form import ServiceAdmin
from bonuses.models import BonusTemplate, TermsRevision
from bonuses.services.change_template import change_template
from bonuses.services.template_history import entries
from bonuses.tests.factories import CONFIGS, TemplateFactory
from bonuses.tests.test_admin_template import ADD, LIST, WRITE, errors_of, filled, page_of, shown_again
from integrations.tests.admin_client import messages_in, signed_in, text

pytestmark = pytest.mark.django_db


def seen(template: BonusTemplate) -> str:
    return template.updated_at.isoformat()


def status_url(template: BonusTemplate, status: str) -> str:
    return f"{LIST}{template.pk}/set/{status}/"


def test_a_stale_form_is_told_of_and_counts_when_sent_again() -> None:
    template = TemplateFactory()
    client = signed_in(*WRITE)
    form = client.get(page_of(template)).context["adminform"].form
    assert form.seen == seen(template)
    change_template(template_id=template.pk, changes={"max_win_cap": 700}, by="bert")

    typed = shown_again(template, name="Mine", seen=form.seen)
    refused = client.post(page_of(template), typed)

    [told] = errors_of(refused)["__all__"]
    assert told.startswith("bert changed this template after the page had been opened;")
    assert 'value="Mine"' in text(refused)
    template.refresh_from_db()
    assert (template.name == "Mine", template.max_win_cap) == (False, 700)
    again = {**typed, "seen": refused.context["adminform"].form.seen}
    assert client.post(page_of(template), again).status_code == 302
    template.refresh_from_db()
    assert template.name == "Mine"


def test_a_form_sent_twice_makes_one_template() -> None:
    client = signed_in(*WRITE)
    key = str(client.get(ADD).context["key"])

    client.post(ADD, filled("no_deposit", key=key))
    second = client.post(ADD, filled("no_deposit", key=key, name="Changed"), follow=True)

    assert messages_in(second)[-1] == SENT_BEFORE
    assert BonusTemplate.objects.get().pk == uuid.UUID(key)
    assert BonusTemplate.objects.get().name == "Welcome"
    assert TermsRevision.objects.count() == 1


def test_a_form_sent_twice_at_once_makes_one_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one commits after this one has looked, and before it writes."""
    key = uuid.uuid4()
    create = module.create_template

    def overtaken(**given: Any) -> BonusTemplate:
        monkeypatch.undo()
        other.post(ADD, filled("no_deposit", key=str(key)))
        return create(**given)

    client, other = signed_in(*WRITE), signed_in(*WRITE, name="other")
    monkeypatch.setattr(module, "create_template", overtaken)
    # The other's commit must outlive the failure of this one, as it would outside of a test's transaction.
    monkeypatch.setattr(ServiceAdmin, "changeform_view", without_transaction)

    response = client.post(ADD, filled("no_deposit", key=str(key)))

    assert response.status_code == 302
    assert response.url == f"{LIST}{key}/change/"
    assert BonusTemplate.objects.get().pk == key


def without_transaction(admin: Any, *given: Any) -> Any:
    return admin._changeform_view(*given)


def test_another_integrity_error_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**given: Any) -> BonusTemplate:
        raise IntegrityError("something else")

    monkeypatch.setattr(module, "create_template", broken)

    with pytest.raises(IntegrityError, match="something else"):
        signed_in(*WRITE).post(ADD, filled("no_deposit", key=str(uuid.uuid4())))


@pytest.mark.parametrize("type_", CONFIGS)
def test_a_copy_begins_with_all_of_it_and_is_a_template_of_its_own(type_: str) -> None:
    rules = {"max_win_cap": 5000, "game_contribution": {"slots": 50}, "status": "archived", "bonus_code": "SAME"}
    template = TemplateFactory(name="n" * 200, type=type_, config=CONFIGS[type_], **rules)
    client = signed_in(*WRITE)

    page = client.get(f"{ADD}?from={template.pk}")
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    client.post(
        ADD, {"key": page.context["key"], **{name: "" if value is None else value for name, value in sent.items()}}
    )

    copy = BonusTemplate.objects.exclude(pk=template.pk).get()
    assert copy.name == "n" * 193 + " (copy)"
    assert (copy.status, copy.config, copy.max_win_cap, copy.bonus_code) == ("active", template.config, 5000, "SAME")
    assert copy.game_contribution == {"slots": 50}


@pytest.mark.parametrize("source", ["x", str(uuid.UUID(int=7))])
def test_a_copy_of_what_is_not_there_is_an_empty_form(source: str) -> None:
    form = signed_in(*WRITE).get(f"{ADD}?from={source}").context["adminform"].form

    assert form["name"].value() is None


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_a_status_is_set_with_a_reason_after_saying_what_it_means(status: str) -> None:
    template = TemplateFactory()
    client = signed_in(*WRITE)

    asked = text(client.get(status_url(template, status)))
    assert "Nobody is given it from then on" in asked
    refused = client.post(status_url(template, status), {"seen": seen(template), "reason": " "})
    assert refused.context["form"].errors == {"reason": ["This field is required."]}
    assert BonusTemplate.objects.get().status == "active"
    client.post(status_url(template, status), {"seen": seen(template), "reason": "too dear"})

    template.refresh_from_db()
    assert (template.status, template.revision.number) == (status, 1)
    entry = entries(template.pk, most=1)[0]
    assert (entry.by, entry.reason) == ("olga", "too dear")


def test_a_status_that_it_has_already_changes_nothing() -> None:
    template = TemplateFactory(status="paused")

    told = signed_in(*WRITE).post(status_url(template, "paused"), {"reason": "twice"}, follow=True)

    assert messages_in(told) == [f"“{template}” is paused already; nothing was changed."]
    assert len(entries(template.pk, most=10)) == 1


def test_a_status_is_not_set_of_what_was_not_seen() -> None:
    template = TemplateFactory()
    client = signed_in(*WRITE)
    change_template(template_id=template.pk, changes={"name": "Other"}, by="bert")

    refused = client.post(status_url(template, "archived"), {"seen": seen(template), "reason": "old"})

    [told] = refused.context["form"].non_field_errors()
    assert told.startswith("bert changed this template")
    assert BonusTemplate.objects.get().status == "active"
    again = {name: refused.context["form"][name].value() for name in ("seen", "reason")}
    client.post(status_url(template, "archived"), again)
    assert BonusTemplate.objects.get().status == "archived"


def test_who_may_not_change_sets_no_status() -> None:
    template = TemplateFactory()
    client = signed_in("bonuses.view_bonustemplate")

    assert client.get(status_url(template, "paused")).status_code == 403
    assert client.post(status_url(template, "paused"), {"reason": "x"}).status_code == 403
    assert "/set/paused/" not in text(client.get(page_of(template)))
    assert BonusTemplate.objects.get().status == "active"


def test_there_is_no_other_status() -> None:
    assert signed_in(*WRITE).get(status_url(TemplateFactory(), "burning")).status_code == 404
