"""What every page of the admin brings along for htmx."""

import json
import re

import pytest

from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db


def test_it_is_served_by_us_and_may_run_no_text_as_code() -> None:
    shown = text(signed_in("bonuses.view_grant").get("/admin/"))
    assert '<script src="/static/django_htmx/htmx-2.min.js" defer></script>' in shown
    assert '<script src="/static/bonusdesk/htmx.js" defer></script>' in shown
    found = re.search(r"<meta name=\"htmx-config\" content='([^']*)'>", shown)
    assert found is not None
    config = json.loads(found[1])
    assert (config["allowEval"], config["allowScriptTags"], config["includeIndicatorStyles"]) == (False, False, False)
    # Pages hold what nobody is to find in a browser's store after the log-out.
    assert config["historyCacheSize"] == 0
    assert INLINE.search(shown) is None
