"""Named places where a test may have the process die, as a power cut would.

`BONUSDESK_FAILPOINT=<name>` kills at the first pass, `<name>:3` at the third.
"""

import itertools
import os
import signal

_NAME, _, _PASS = os.environ.get("BONUSDESK_FAILPOINT", "").partition(":")
_passes = itertools.count(1)


def failpoint(name: str) -> None:
    """Kill this process without warning when `name` is armed; free otherwise."""
    if name == _NAME and next(_passes) >= int(_PASS or 1):
        os.kill(os.getpid(), signal.SIGKILL)
