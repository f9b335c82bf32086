"""Named places where a test may have the process die, as a power cut would: `BONUSDESK_FAILPOINT=<name>`."""

import os
import signal

_ARMED = os.environ.get("BONUSDESK_FAILPOINT", "")


def failpoint(name: str) -> None:
    """Kill this process without warning when `name` is armed; free otherwise."""
    if name == _ARMED:
        os.kill(os.getpid(), signal.SIGKILL)
