"""A CSV file for a fixed list: previewed, then done by the preview's own form."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.tests.factories import PlayerFactory
from campaigns.admin.segment_csv import GOOD_FOR_SECONDS, MAX_BYTES, MAX_LINES
from campaigns.models import Segment, SegmentMember
from campaigns.tests.test_import_members import list_of, on_list
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/campaigns/segment/"
NEW = LIST + "csv/"
CHANGE = ("campaigns.view_segment", "campaigns.change_segment")
ADD = ("campaigns.view_segment", "campaigns.add_segment")
UPLOAD = re.compile(r'name="upload" value="([^"]+)"')


def page_of(segment: Segment) -> str:
    return f"{LIST}{segment.pk}/csv/"


def send(client: Client, page: str, content: str | bytes, **fields: str) -> Any:
    body = content if isinstance(content, bytes) else content.encode()
    return client.post(page, {"file": SimpleUploadedFile("players.csv", body), **fields})


def upload_in(response: Any) -> str:
    found = UPLOAD.search(text(response))
    assert found is not None
    return found[1]


def test_preview_writes_nothing_and_its_form_acts() -> None:
    segment, client = list_of("a", "b"), signed_in(*CHANGE)
    PlayerFactory(external_id="c")

    preview = send(client, page_of(segment), "external_id\nc\na\nc\nnobody\n<b>,x\n", replace="on")

    tally = preview.context["tally"]
    assert (tally.players, tally.already, tally.repeated, tally.bad.count) == (2, 1, 1, 2)
    assert (preview.context["to_add"], preview.context["to_remove"]) == (1, 1)
    assert "There is no such player." in text(preview)
    assert on_list(segment) == ["a", "b"]

    done = client.post(page_of(segment), {"upload": upload_in(preview)}, follow=True)

    assert done.redirect_chain == [(f"{LIST}{segment.pk}/change/", 302)]
    assert messages_in(done) == ["1 players added, 1 removed; 2 lines left out."]
    assert on_list(segment) == ["a", "c"]


def test_makes_a_new_list() -> None:
    client = signed_in(*ADD)
    PlayerFactory(external_id="a")
    preview = send(client, NEW, "external_id\na\n", name="VIPs")
    assert Segment.objects.count() == 0

    client.post(NEW, {"upload": upload_in(preview)})

    segment = Segment.objects.get()
    assert (segment.name, segment.kind, on_list(segment)) == ("VIPs", "list", ["a"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file has no header; its first line names the columns."),
        (b"player\na\n", "The header has no column external_id."),
        ("external_id\na\n".encode("utf-16"), "The header can't be read. Not UTF-8. Is the file UTF-16?"),
        (b"external_id\n" + b"a\n" * (MAX_LINES + 1), "The file has more than 10,000 lines."),
        (b"external_id\n" + b"a" * MAX_BYTES, "The file is larger than 1 MiB."),
    ],
)
def test_file_that_can_not_be_taken_is_said_at_its_field(content: bytes, message: str) -> None:
    segment = list_of("a")
    response = send(signed_in(*CHANGE), page_of(segment), content)
    (said,) = response.context["form"].errors["file"]
    assert said.startswith(message)


def test_nobody_known_offers_no_button() -> None:
    segment = list_of("a")
    assert (
        'type="submit"'
        not in text(send(signed_in(*CHANGE), page_of(segment), "external_id\nnobody\n")).split('name="upload"')[1]
    )


@pytest.mark.parametrize("fault", ["other person", "other segment", "old", "changed"])
def test_upload_is_bound_to_who_sent_it_where_and_when(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    segment, other, client = list_of("a"), list_of("z"), signed_in(*CHANGE)
    PlayerFactory(external_id="c")
    upload = upload_in(send(client, page_of(segment), "external_id\nc\n"))
    page = page_of(other if fault == "other segment" else segment)
    if fault == "other person":
        client = signed_in(*CHANGE, name="piet")
    if fault == "old":
        monkeypatch.setattr("campaigns.admin.segment_csv.GOOD_FOR_SECONDS", -GOOD_FOR_SECONDS)
    if fault == "changed":
        upload = "A" + upload

    response = client.post(page, {"upload": upload}, follow=True)

    assert messages_in(response) == ["The preview is too old, or not yours. Nothing was changed; send the file again."]
    assert (on_list(segment), on_list(other)) == (["a"], ["z"])


def test_needs_permission_and_a_fixed_list() -> None:
    segment = list_of("a")
    rules = Segment.objects.create(name="Euros", kind="rules", rules={"field": "currency", "op": "eq", "value": "EUR"})
    viewer, manager = signed_in("campaigns.view_segment"), signed_in(*CHANGE, name="piet")
    assert send(viewer, page_of(segment), "external_id\na\n").status_code == 403
    assert viewer.get(page_of(segment)).status_code == 403
    assert send(manager, NEW, "external_id\na\n", name="x").status_code == 403
    assert manager.get(page_of(rules)).status_code == 404
    assert Client().get(page_of(segment)).status_code == 302
    assert SegmentMember.objects.count() == 1


def test_nobody_counts_a_long_list_for_an_empty_form() -> None:
    segment, client = list_of("a"), signed_in(*CHANGE)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page_of(segment)).status_code == 200
    assert not [query["sql"] for query in captured.captured_queries if "campaigns_segmentmember" in query["sql"]]


def test_pages_have_nothing_inline() -> None:
    segment, client = list_of("a"), signed_in(*CHANGE)
    upload, preview = client.get(page_of(segment)), send(client, page_of(segment), "external_id\na\nnobody\n")
    assert INLINE.search(text(upload)) is None
    assert INLINE.search(text(preview)) is None
