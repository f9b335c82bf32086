"""A named place kills the process at the pass it is told, and no other place does."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

PASSES = """
from integrations.failpoints import failpoint
for number in range(1, 5):
    failpoint("another.place")
    print(number, end="", flush=True)
    failpoint("some.place")
"""


def run(armed: str | None) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name != "BONUSDESK_FAILPOINT"}
    if armed is not None:
        environment["BONUSDESK_FAILPOINT"] = armed
    command = [sys.executable, "-c", PASSES]
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, check=False, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("armed", "passes"), [("some.place", "1"), ("some.place:1", "1"), ("some.place:3", "123"), ("another.place:2", "1")]
)
def test_kills_at_the_pass_that_was_named(armed: str, passes: str) -> None:
    assert run(armed) == (-signal.SIGKILL, passes)


@pytest.mark.parametrize("armed", [None, "", "some.place:5", "some", "some.place.else"])
def test_does_nothing_when_it_is_not_armed(armed: str | None) -> None:
    assert run(armed) == (0, "1234")
