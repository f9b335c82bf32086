"""`make serve`: web, worker, schedule and a simulated platform on this machine, on the database of the settings."""

import argparse
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts.local_stack import LOOPBACK, ROOT, SLUG, ChildDied, Stack

FOLDER = ROOT / "var" / "serve"
LOGIN = "admin"
LIFE_SECONDS = 300.0


def environment() -> dict[str, str]:
    """The caller's own, in DEBUG unless it says otherwise."""
    defaults = {
        "DJANGO_DEBUG": "1",
        "BONUSDESK_INTERNAL_SECRETS": kept_secret("internal-secret"),
        "OUTBOUND_ALLOWED_NETWORKS": LOOPBACK,
    }
    return defaults | os.environ | {"DJANGO_SETTINGS_MODULE": "bonusdesk.settings"}


def kept_secret(name: str) -> str:
    """Made once, and the same at the next start."""
    path = Path(FOLDER / name)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(18))
    return path.read_text()


def make_login(stack: Stack, password: str) -> None:
    made = Stack(stack.folder, {**stack.env, "DJANGO_SUPERUSER_PASSWORD": password}, stack.web_port)
    try:
        made.manage("createsuperuser", "--no-input", "--username", LOGIN, "--email", "")
    except ChildDied as error:
        if "already taken" not in str(error):
            raise


def serve(port: int) -> NoReturn:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Stack(FOLDER, environment(), port) as stack:
        stack.manage("migrate", "--verbosity", "0")
        password = kept_secret("admin-password")
        make_login(stack, password)
        if "DATABASE_URL" not in os.environ:
            # Something to look at, but only in the database that nobody chose.
            stack.manage("seed_demo", "--players", "50")
        webhook_secret = kept_secret("webhook-secret")
        stack.start_platform(life_seconds=LIFE_SECONDS, webhook_secret=webhook_secret)
        stack.start_web()
        stack.wait_for_web()
        stack.start_worker()
        print(f"bonusdesk  {stack.web_url}/admin/  login {LOGIN}, password {password}")
        print(f"API        {stack.web_url}/v1/  X-Internal-Secret: {stack.secret.partition(',')[0]}")
        print(f"webhooks   {stack.web_url}/v1/adapters/{SLUG}/webhooks/bonus-events  signed with {webhook_secret}")
        print(f"tour       docs/api.md   reference {stack.web_url}/v1/docs")
        print(f"logs       {FOLDER / 'logs'}   (Ctrl-C ends it all)", flush=True)
        while True:
            stack.check_alive()
            time.sleep(1)


def end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    signal.signal(signal.SIGTERM, end)
    try:
        serve(parser.parse_args().port)
    except KeyboardInterrupt:
        print("ended")
        return 0
    except ChildDied as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
