from typing import Any

import pytest

from bonuses.models import BonusTemplate, TermsRevision
from bonuses.services.change_template import change_template
from bonuses.terms import CONFIGS as MODELS
from bonuses.tests.factories import CONFIGS, GrantFactory, TemplateFactory
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/bonustemplate/"
ADD = LIST + "add/"
WRITE = tuple(f"bonuses.{verb}_bonustemplate" for verb in ("view", "add", "change", "delete"))

TYPED = {
    "deposit_match": {"match_percent": "100", "cap_amount": "200"},
    "reload": {"match_percent": "12.5", "cap_amount": "100.00"},
    "no_deposit": {"amount": " 10.0 "},
    "risk_free_bet": {"amount": "5"},
    "cashback": {"percent": "10", "window_days": "7", "min_loss": "0"},
    "free_spins": {"count": "20", "value_per_spin": "0.10", "eligible_games": "book-of-tests\n\nother \n"},
}
MADE: dict[str, dict[str, Any]] = {
    "deposit_match": {"currency": "EUR", "match_percent": 100, "cap_amount": 20000},
    "reload": {"currency": "EUR", "match_percent": 12.5, "cap_amount": 10000},
    "no_deposit": {"currency": "EUR", "amount": 1000},
    "risk_free_bet": {"currency": "EUR", "amount": 500},
    "cashback": {"currency": "EUR", "percent": 10, "window_days": 7, "min_loss": 0},
    "free_spins": {
        "currency": "EUR",
        "count": 20,
        "value_per_spin": 10,
        "eligible_games": ["book-of-tests", "other"],
    },
}


def filled(type_: str, **changes: str) -> dict[str, str]:
    form = {
        "name": "Welcome",
        "type": type_,
        "status": "active",
        "product": "Casino",
        "bonus_code": "WELCOME100",
        "config_currency": "eur",
        "wagering_requirement_multiplier": "30",
        "wagering_basis": "bonus",
        "max_bet_action": "forfeit",
        "max_grants_per_player": "1",
        "game_contribution": "slots=100\ntable = 12.5 %\n",
    }
    return {**form, **{f"config_{key}": value for key, value in TYPED[type_].items()}, **changes}


def page_of(template: BonusTemplate) -> str:
    return f"{LIST}{template.pk}/change/"


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def shown_again(template: BonusTemplate, **changes: str) -> dict[str, str]:
    """What a browser sends when the page of a stored template is saved as it is."""
    client = signed_in(*WRITE, name="reader")
    form = client.get(page_of(template)).context["adminform"].form
    sent = {name: field.prepare_value(form.get_initial_for_field(field, name)) for name, field in form.fields.items()}
    return {**{name: "" if value is None else str(value) for name, value in sent.items()}, **changes}


@pytest.mark.parametrize("type_", MODELS)
def test_makes_a_template_of_each_type_from_typed_fields(type_: str) -> None:
    response = signed_in(*WRITE).post(ADD, filled(type_))

    assert response.status_code == 302
    template = BonusTemplate.objects.get()
    assert (template.type, template.config) == (type_, MADE[type_])
    assert template.game_contribution == {"slots": 100, "table": 12.5}
    revision = TermsRevision.objects.get()
    assert (revision.pk, revision.number, revision.created_by) == (template.revision_id, 1, "olga")
    assert revision.terms["config"] == MADE[type_]


def test_every_key_of_every_config_has_its_field() -> None:
    form = signed_in(*WRITE).get(ADD).context["adminform"].form
    kept = {name.removeprefix("config_") for name in form.fields if name.startswith("config_")}

    assert kept == {key for model in MODELS.values() for key in model.model_fields}


@pytest.mark.parametrize("type_", MODELS)
def test_a_page_shows_the_fields_of_its_type_alone(type_: str) -> None:
    template = TemplateFactory.create(type=type_, config=CONFIGS[type_])
    client = signed_in(*WRITE)

    for url in (f"{ADD}?type={type_}", page_of(template)):
        form = client.get(url).context["adminform"].form
        visible = {field.name.removeprefix("config_") for field in form.visible_fields() if "config_" in field.name}
        assert visible == set(MODELS[type_].model_fields), url


def test_before_a_type_is_chosen_only_the_currency_is_asked_for() -> None:
    form = signed_in(*WRITE).get(ADD).context["adminform"].form

    assert [field.name for field in form.visible_fields() if "config_" in field.name] == ["config_currency"]


def test_without_a_script_the_first_submit_shows_the_fields_of_its_type() -> None:
    response = signed_in(*WRITE).post(ADD, {"name": "Back", "type": "cashback", "config_amount": "12.34"})

    form = response.context["adminform"].form
    visible = [field.name for field in form.visible_fields() if "config_" in field.name]
    names = ("currency", "percent", "window_days", "min_loss", "cap_amount")
    assert visible == [f"config_{name}" for name in names]
    # What was typed for another type is still there, should somebody come back to it.
    assert '<input type="hidden" name="config_amount" value="12.34"' in text(response)


def test_fields_of_other_types_are_not_looked_at() -> None:
    typed = filled("no_deposit", config_match_percent="many", config_count="-3", config_cap_amount="1.555")

    assert signed_in(*WRITE).post(ADD, typed).status_code == 302

    assert BonusTemplate.objects.get().config == MADE["no_deposit"]


@pytest.mark.parametrize(
    ("type_", "changes", "field"),
    [
        ("deposit_match", {"config_match_percent": ""}, "config_match_percent"),
        ("deposit_match", {"config_match_percent": "0"}, "config_match_percent"),
        ("deposit_match", {"config_match_percent": "many"}, "config_match_percent"),
        ("deposit_match", {"config_cap_amount": "-5"}, "config_cap_amount"),
        ("deposit_match", {"config_cap_amount": "0"}, "config_cap_amount"),
        ("deposit_match", {"config_cap_amount": "10.505"}, "config_cap_amount"),
        ("deposit_match", {"config_cap_amount": "1,000.00"}, "config_cap_amount"),
        ("deposit_match", {"config_cap_amount": "2\N{EM DASH}"}, "config_cap_amount"),
        ("deposit_match", {"config_currency": "JPY", "config_cap_amount": "100.5"}, "config_cap_amount"),
        ("deposit_match", {"config_currency": "KWD", "config_cap_amount": "1.2345"}, "config_cap_amount"),
        ("no_deposit", {"config_currency": "QQQ"}, "config_currency"),
        ("no_deposit", {"config_currency": ""}, "config_currency"),
        ("no_deposit", {"config_amount": "90071992547409.92"}, "config_amount"),
        ("cashback", {"config_percent": "101"}, "config_percent"),
        ("cashback", {"config_window_days": "0"}, "config_window_days"),
        ("free_spins", {"config_count": "0"}, "config_count"),
        ("no_deposit", {"name": ""}, "name"),
        ("no_deposit", {"type": "lottery"}, "type"),
        ("no_deposit", {"wagering_basis": "deposit"}, "wagering_basis"),
        ("no_deposit", {"wagering_requirement_multiplier": "-1"}, "wagering_requirement_multiplier"),
        ("no_deposit", {"wagering_requirement_multiplier": "1.234"}, "wagering_requirement_multiplier"),
        ("no_deposit", {"max_bet_during_wagering": "0"}, "max_bet_during_wagering"),
        ("no_deposit", {"max_win_cap": "0"}, "max_win_cap"),
        ("no_deposit", {"max_win_cap": "1.005"}, "max_win_cap"),
        ("no_deposit", {"max_win_cap": "-1"}, "max_win_cap"),
        ("no_deposit", {"time_limit_hours": "0"}, "time_limit_hours"),
        ("no_deposit", {"max_grants_per_player": "0"}, "max_grants_per_player"),
        ("no_deposit", {"game_contribution": "slots"}, "game_contribution"),
        ("no_deposit", {"game_contribution": "slots=all"}, "game_contribution"),
        ("no_deposit", {"game_contribution": "slots=nan"}, "game_contribution"),
        ("no_deposit", {"game_contribution": "slots=101"}, "game_contribution"),
        ("no_deposit", {"game_contribution": "slots=1\nslots=2"}, "game_contribution"),
        ("no_deposit", {"fasttrack_type": "Lottery"}, "fasttrack_type"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_made(type_: str, changes: dict[str, str], field: str) -> None:
    response = signed_in(*WRITE).post(ADD, filled(type_, **changes))

    assert response.status_code == 200
    assert list(errors_of(response)) == [field]
    assert len(errors_of(response)[field]) == 1
    assert not BonusTemplate.objects.exists()


def test_what_was_typed_is_there_again_after_a_refusal() -> None:
    page = text(signed_in(*WRITE).post(ADD, filled("no_deposit", name="Kept", config_amount="0")))

    for typed in ('value="Kept"', 'name="config_amount" value="0"', "table = 12.5 %"):
        assert typed in page


@pytest.mark.parametrize("type_", MODELS)
def test_saving_a_page_as_it_is_changes_nothing(type_: str) -> None:
    template = TemplateFactory.create(type=type_, config=CONFIGS[type_], game_contribution={"slots": 100, "live": 0.5})

    response = signed_in(*WRITE).post(page_of(template), shown_again(template))

    assert response.status_code == 302
    changed = BonusTemplate.objects.get()
    assert (changed.config, changed.revision_id, changed.updated_at) == (
        template.config,
        template.revision_id,
        template.updated_at,
    )


def test_a_change_of_terms_is_a_new_revision_and_grants_keep_theirs() -> None:
    template = TemplateFactory.create()
    grant = GrantFactory.create(template=template)

    signed_in(*WRITE).post(page_of(template), shown_again(template, config_amount="25"))

    template.refresh_from_db()
    assert template.config == {"amount": 2500, "currency": "EUR"}
    assert template.revision.number == 2
    grant.refresh_from_db()
    assert grant.revision.terms["config"]["amount"] == 1000
    page = text(signed_in(*WRITE, name="second").get(page_of(template)))
    assert page.index("amount €25.00") < page.index("amount €10.00")


def test_the_type_stays_what_it_was() -> None:
    template = TemplateFactory.create()

    signed_in(*WRITE).post(page_of(template), shown_again(template, type="cashback", name="Renamed"))

    template.refresh_from_db()
    assert (template.type, template.name) == ("no_deposit", "Renamed")
    assert template.revision.number == 1


def test_actions_set_the_status_without_a_new_revision() -> None:
    templates = TemplateFactory.create_batch(2)
    client = signed_in(*WRITE)

    for action, status in (("pause", "paused"), ("archive", "archived"), ("activate", "active")):
        chosen = {"action": action, "_selected_action": [t.pk for t in templates]}
        before = list(BonusTemplate.objects.values_list("status", flat=True))
        asked = client.post(LIST, chosen)
        assert "Chosen: 2" in text(asked)
        without_reason = client.post(LIST, {**chosen, "confirmed": "yes", "reason": ""})
        assert "This field is required." in text(without_reason)
        assert list(BonusTemplate.objects.values_list("status", flat=True)) == before
        client.post(LIST, {**chosen, "confirmed": "yes", "reason": "agreed"})
        assert list(BonusTemplate.objects.values_list("status", flat=True)) == [status, status]
    assert TermsRevision.objects.count() == 2


def test_deleting_archives_what_was_granted_and_removes_what_was_not() -> None:
    granted = GrantFactory.create().template
    unused = TemplateFactory.create()
    client = signed_in(*WRITE)

    assert client.get(f"{LIST}{granted.pk}/delete/").status_code == 200
    assert set(BonusTemplate.objects.values_list("status", flat=True)) == {"active"}
    told = client.post(f"{LIST}{granted.pk}/delete/", {"post": "yes"}, follow=True)
    client.post(f"{LIST}{unused.pk}/delete/", {"post": "yes"})

    assert messages_in(told) == [f"“{granted.name}” has been granted, so it was archived, not deleted."]
    assert list(BonusTemplate.objects.values_list("pk", "status")) == [(granted.pk, "archived")]


def test_deleting_several_at_once_does_the_same() -> None:
    granted = GrantFactory.create().template
    unused = TemplateFactory.create()
    chosen = {"action": "delete_selected", "_selected_action": [granted.pk, unused.pk]}
    client = signed_in(*WRITE)

    client.post(LIST, chosen)
    assert BonusTemplate.objects.count() == 2
    client.post(LIST, {**chosen, "post": "yes"})

    assert list(BonusTemplate.objects.values_list("pk", "status")) == [(granted.pk, "archived")]


def test_who_may_only_view_reads_the_terms_and_can_not_act() -> None:
    template = TemplateFactory.create()
    client = signed_in("bonuses.view_bonustemplate")

    page = text(client.get(page_of(template)))

    assert "<li>amount: €10.00</li>" in page
    assert "_save" not in page
    assert client.get(ADD).status_code == 403
    assert client.post(page_of(template), filled("no_deposit")).status_code == 403
    assert client.post(f"{LIST}{template.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "pause", "_selected_action": [template.pk]})
    template.refresh_from_db()
    assert (template.name, template.status) == (BonusTemplate.objects.get().name, "active")


def test_pages_hold_nothing_inline() -> None:
    template = TemplateFactory.create()
    client = signed_in(*WRITE, "bonuses.use_kill_switch")

    of_it = [f"{LIST}{template.pk}/{page}/" for page in ("delete", "history", "set/paused")]
    for url in (ADD, page_of(template), LIST, *of_it):
        page = text(client.get(url))
        assert INLINE.search(page) is None, url


@pytest.mark.parametrize("page", ["", "add/", "{}/change/", "{}/history/", "{}/set/paused/", "{}/delete/"])
def test_pages_ask_little(page: str, django_assert_max_num_queries: Any) -> None:
    template = TemplateFactory.create()
    for cap in range(1, 20):
        TemplateFactory.create()
        change_template(template_id=template.pk, changes={"max_win_cap": cap}, by="bert")
    client = signed_in(*WRITE)

    with django_assert_max_num_queries(15):
        assert client.get(LIST + page.format(template.pk)).status_code == 200
