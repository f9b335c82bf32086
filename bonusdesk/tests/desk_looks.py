"""A page of the admin, looked at in all its forms: wide and narrow, light and dark."""

import json
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from bonuses.tests.browser import SHOTS, STANDARD

HEIGHT = 900
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
FORMS: tuple[tuple[int, str, dict[str, Any] | None], ...] = (
    (1280, "light", STANDARD),
    (1280, "dark", COLOURS),
    (390, "light", None),
    (390, "dark", STANDARD),
)
"""What is checked in each. Colours change with the scheme, the layout with the width, and nothing else with either."""
# Looking into style sheets would be a request of its own, which the page's policy does not allow.
HOW = {"preload": False, "resultTypes": ["violations"]}
EXCUSED = (
    # The lens beside the field that filters two lists, which no reader reads.
    ("aria-prohibited-attr", ".selector .search-label-icon"),
    # The words "Date:" and "Time:" stand before the two fields of a moment, as text.
    ("label", ".datetime input"),
)
"""Rule and selector of what Django's own pages get wrong, which a test shows."""
VIOLATIONS = """options => axe.run(options).then(found => found.violations.flatMap(
    one => one.nodes.map(node => [one.id, node.target[0], node.html.slice(0, 300)])))"""
SETTLED = """() => !document.querySelector('.htmx-request')
    && document.getAnimations().every(one => one.playState !== 'running')"""


def faults_at(page: Page, url: str) -> list[str]:
    """What is wrong with the page at this address, in words."""
    page.set_viewport_size({"width": FORMS[0][0], "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    answer = page.goto(url)
    if answer is None or answer.status != 200 or page.url != url:
        return [f"{answer and answer.status}, and leads to {page.url}"]
    return faults_here(page)


def faults_here(page: Page) -> list[str]:
    return sorted({fault for form in FORMS for fault in _faults_in(page, *form)})


def violations(page: Page, options: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Rule, selector and what is there."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    return [(rule, target, html) for rule, target, html in page.evaluate(VIOLATIONS, {**options, **HOW})]


def is_excused(page: Page, rule: str, target: str) -> bool:
    selectors = [selector for of, selector in EXCUSED if of == rule]
    return any(page.eval_on_selector(target, f"it => it.matches({json.dumps(one)})") for one in selectors)


def _faults_in(page: Page, width: int, scheme: Any, options: dict[str, Any] | None) -> list[str]:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    # Links change their colour little by little, and parts are still on their way.
    page.wait_for_function(SETTLED)
    if SHOTS:
        page.screenshot(path=Path(SHOTS, f"{_slug(page.url)}-{width}-{scheme}.png"), full_page=True)
    taken = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    found = [f"{taken} wide in a window of {width}"] if taken > width else []
    wrong = violations(page, options) if options else []
    return found + [f"{rule}: {html}" for rule, target, html in wrong if not is_excused(page, rule, target)]


def _slug(url: str) -> str:
    """Without the ids, which are new each time."""
    path = url.partition("/admin/")[2].partition("?")[0]
    words = [word for word in path.split("/") if word and not re.fullmatch(r"[0-9a-f-]{36}|\d+", word)]
    return "-".join(words) or "front"
