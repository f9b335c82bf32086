"""The recipients in the admin: a list to look at, and a file to take away."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from bonuses.models import Player
from bonuses.tests.factories import GrantFactory
from campaigns.admin import recipients_csv
from campaigns.models import Campaign, Recipient
from campaigns.tests.admin_pages import RECIPIENTS, member, page
from campaigns.tests.begun import begun, with_recipients
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

HEADER = ["external_id", "player_id", "status", "reason", "message", "grant_id"]


def campaign_with(*statuses: str, name: str = "Midsummer") -> tuple[Campaign, list[Recipient]]:
    campaign = begun(name=name, snapshot_at=datetime(2030, 1, 1, tzinfo=UTC), audience_count=len(statuses))
    return campaign, with_recipients(campaign, statuses)


def named(recipient: Recipient, external_id: str, **fields: Any) -> None:
    Player.objects.filter(pk=recipient.player_id).update(external_id=external_id)
    Recipient.objects.filter(pk=recipient.pk).update(**fields)


def listed(client: Client, **query: Any) -> list[str]:
    rows = client.get(RECIPIENTS, query).context["cl"].result_list
    return [row.player.external_id for row in rows]


def downloaded(response: Any) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(content, newline="")))


def test_the_list_of_a_campaign() -> None:
    campaign, made = campaign_with("granted", "skipped", "failed")
    grant = GrantFactory()
    named(made[0], "ann", grant_id=grant.pk)
    named(made[1], "ben", reason="LIVE_GRANT", message="The player holds a <live> grant.")
    named(made[2], "carl", reason="E-17", message="daily <limit>")
    campaign_with("granted", name="Another")

    client = member("viewer")
    response = client.get(RECIPIENTS, {"campaign": campaign.pk})
    shown = text(response)
    assert [row.player.external_id for row in response.context["cl"].result_list] == ["ann", "ben", "carl"]
    assert f'href="/admin/bonuses/grant/{grant.pk}/change/"' in shown
    assert '<span title="LIVE_GRANT">The player holds a &lt;live&gt; grant.</span>' in shown
    assert "E-17: daily &lt;limit&gt;" in shown
    assert f'href="{page(campaign, "recipients.csv")}"' in shown
    assert INLINE.search(shown) is None
    assert client.get(f"{RECIPIENTS}{made[1].pk}/change/").status_code == 200


def test_filters_and_search() -> None:
    campaign, made = campaign_with("granted", "skipped", "skipped", "failed")
    for recipient, name, reason in zip(
        made, ["ann", "ben", "carl", "benno"], ["", "LIVE_GRANT", "PLAYER_BLOCKED", "E-17"], strict=True
    ):
        named(recipient, name, reason=reason)
    client, of = member("viewer"), {"campaign": str(campaign.pk)}
    assert listed(client, **of, status="skipped") == ["ben", "carl"]
    assert listed(client, **of, reason="LIVE_GRANT") == ["ben"]
    assert listed(client, **of, status="failed", reason="E-17") == ["benno"]
    assert listed(client, **of, q=" ben ") == ["ben", "benno"]
    assert listed(client, **of, q="%") == []
    assert listed(client, campaign="nonsense") == []
    shown = text(client.get(RECIPIENTS, {**of, "status": "failed", "reason": "E-17"}))
    assert f'href="{page(campaign, "recipients.csv")}?status=failed&amp;reason=E-17"' in shown


def test_the_list_is_read_only_and_costs_the_same_for_any_number(django_assert_max_num_queries: Any) -> None:
    campaign, made = campaign_with(*["granted"] * 5)
    client = member("admin")
    assert client.get(f"{RECIPIENTS}add/").status_code == 403
    assert client.post(f"{RECIPIENTS}{made[0].pk}/change/", {"status": "failed"}).status_code == 403
    assert client.post(f"{RECIPIENTS}{made[0].pk}/delete/", {"post": "yes"}).status_code == 403
    assert set(Recipient.objects.values_list("status", flat=True)) == {"granted"}
    with django_assert_max_num_queries(9):
        client.get(RECIPIENTS, {"campaign": campaign.pk})


def test_the_file_holds_everybody_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients_csv, "BATCH", 2)
    campaign, made = campaign_with("granted", "skipped", "failed", "pending")
    grant = GrantFactory()
    named(made[0], "ann", grant_id=grant.pk)
    named(made[1], "ben", reason="LIVE_GRANT", message="Holds one, already.")
    named(made[2], "çarl", reason="E-17")
    named(made[3], "dora")
    campaign_with("granted", name="Another")

    response = signed_in("campaigns.view_recipient").get(page(campaign, "recipients.csv"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="midsummer-recipients.csv"'
    players = [str(recipient.player_id) for recipient in made]
    assert downloaded(response) == [
        HEADER,
        ["ann", players[0], "granted", "", "", str(grant.pk)],
        ["ben", players[1], "skipped", "LIVE_GRANT", "Holds one, already.", ""],
        ["çarl", players[2], "failed", "E-17", "", ""],
        ["dora", players[3], "pending", "", "", ""],
    ]


def test_the_file_of_some() -> None:
    campaign, made = campaign_with("granted", "skipped", "skipped")
    named(made[1], "ben", reason="LIVE_GRANT")
    client = member("viewer")
    rows = downloaded(client.get(page(campaign, "recipients.csv"), {"status": "skipped", "reason": "LIVE_GRANT"}))
    assert [row[0] for row in rows] == ["external_id", "ben"]
    assert downloaded(client.get(page(campaign, "recipients.csv"), {"status": "nonsense"})) == [HEADER]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    campaign, made = campaign_with("failed")
    named(made[0], f"{start}1+1", reason=f"{start}cmd", message=f'{start}HYPERLINK("http://x")')
    _, row = downloaded(member("viewer").get(page(campaign, "recipients.csv")))
    assert (row[0], row[3], row[4]) == (f"'{start}1+1", f"'{start}cmd", f'\'{start}HYPERLINK("http://x")')


@pytest.mark.parametrize("text_", ["", "a=1", "'quoted", "0", "ann@example"])
def test_all_other_text_stays_as_it_is(text_: str) -> None:
    assert recipients_csv.safe(text_) == text_


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Übermut / 2030", "ubermut-2030"), ('..\\.."x\r\nA: b', "x-a-b"), ("夏", "campaign")],
)
def test_the_name_of_the_file_is_harmless(name: str, expected: str) -> None:
    campaign, _ = campaign_with(name=name)
    sent = member("viewer").get(page(campaign, "recipients.csv"))["Content-Disposition"]
    assert sent == f'attachment; filename="{expected}-recipients.csv"'


def test_who_may_take_the_file() -> None:
    campaign, _ = campaign_with("granted")
    address = page(campaign, "recipients.csv")
    assert {member(role).get(address).status_code for role in ("viewer", "operator", "manager", "admin")} == {200}
    assert signed_in("campaigns.view_campaign").get(address).status_code == 403
    assert Client().get(address).status_code == 302
    poster = signed_in("campaigns.view_recipient", name="poster")
    assert poster.post(address).status_code == 405
    assert poster.get(address.replace(str(campaign.pk), "01900000-0000-7000-8000-000000000000")).status_code == 404


def test_it_is_written_while_it_is_read(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    monkeypatch.setattr(recipients_csv, "BATCH", 10)
    campaign, _ = campaign_with(*["granted"] * 30)
    with django_assert_num_queries(0):
        lines = recipients_csv.recipient_lines(Recipient.objects.filter(campaign=campaign))
        assert next(lines) == ",".join(HEADER) + "\r\n"
    for _ in range(3):
        with django_assert_num_queries(1):
            assert next(lines).count("\r\n") == 10
    with django_assert_num_queries(1):
        assert next(lines, None) is None


def test_a_longer_file_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients_csv, "BATCH", 20)
    campaign, _ = campaign_with(*["granted"] * 400)
    recipients = Recipient.objects.filter(campaign=campaign)
    assert peak(recipients) < 1.5 * peak(recipients.filter(number__lt=40))


def peak(recipients: Any) -> int:
    for _ in recipients_csv.recipient_lines(recipients.filter(number__lt=40)):
        pass
    tracemalloc.start()
    try:
        for _ in recipients_csv.recipient_lines(recipients):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
