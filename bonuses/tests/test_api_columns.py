"""JSON goes from the database into answers as it was written; it is the same as where it was read before."""

from typing import Any

import pytest

from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import GrantFactory

pytestmark = pytest.mark.django_db

META: dict[str, Any] = {
    "text": 'quote " backslash \\ line\nend é \U0001f600 <b>',
    "numbers": [0, -1, 2**53 - 1, 0.1, 1.5e-7, 2.0, 1e20],
    "nested": {"list": [[], {}, None, True, False], "": "empty key"},
}


@pytest.mark.parametrize("meta", [META, {}])
def test_json_in_lists_and_single_rows_is_what_was_stored(api: ApiClient, meta: dict[str, Any]) -> None:
    grant = GrantFactory(meta=meta, fasttrack_references={"id": "7"})
    [listed] = api.get("bonus-grants").json()["data"]
    single = api.get(f"bonus-grants/{grant.pk}").json()["data"]
    assert listed == single
    assert listed["meta"] == meta
    assert listed["fasttrack_references"] == {"id": "7"}
    assert listed["terms"] == grant.revision.terms
