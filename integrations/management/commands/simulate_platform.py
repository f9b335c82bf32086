"""A casino platform to play against: `manage.py simulate_platform --port 9000`."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from integrations.simulator.faults import Faults, Outage, Refusal, Rule
from integrations.simulator.options import Options
from integrations.simulator.server import serve
from integrations.simulator.simulator import Simulator


class Command(BaseCommand):
    help = "Runs a simulated casino platform: credits bonuses, plays their lives, and can be told to misbehave."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        defaults = Options()
        parser.add_argument("--host", default=defaults.host)
        parser.add_argument("--port", type=int, default=defaults.port, help="0 takes a free one and prints it")
        parser.add_argument("--token", default=defaults.token, help="the adapter's bearer token")
        parser.add_argument("--secret", default=defaults.secret, help="the adapter's signing secret")
        parser.add_argument("--webhook-secret", default=defaults.webhook_secret)
        parser.add_argument("--webhook-url", help="where events go to; without it none are sent")
        parser.add_argument("--webhook-scheme", choices=("ucrm", "standard"), default=defaults.webhook_scheme)
        parser.add_argument("--webhook-concurrency", type=int, default=defaults.webhook_concurrency)
        parser.add_argument("--seed", type=int, default=defaults.seed, help="the same seed plays the same lives")
        parser.add_argument("--life-seconds", type=float, default=defaults.life_seconds, help="mean length of a life")
        parser.add_argument("--no-lives", action="store_true", help="credit, and nothing more")
        faults = parser.add_argument_group("faults")
        faults.add_argument("--latency-ms", type=float, default=0, help="mean")
        faults.add_argument("--latency-jitter", type=float, default=0.5, help="share of the mean, either way")
        faults.add_argument("--latency-tail-ms", type=float, default=0)
        faults.add_argument("--latency-tail-share", type=float, default=0.01)
        faults.add_argument("--error-rate", type=float, default=0, help="share of calls that get --error-status")
        faults.add_argument("--error-status", type=int, default=503)
        faults.add_argument("--refuse-player", action="append", default=[], metavar="ID[:CODE]")
        faults.add_argument("--drop-rate", type=float, default=0, help="credits, then drops the connection")
        faults.add_argument("--late-rate", type=float, default=0, help="credits after the caller gave up")
        faults.add_argument("--late-seconds", type=float, default=10)
        faults.add_argument("--repeats", choices=("same_answer", "refuse", "credit_again"), default="same_answer")
        faults.add_argument("--not-idempotent", action="store_true", help="the same as --repeats credit_again")
        faults.add_argument("--duplicate-webhooks", type=float, default=0, metavar="RATE")
        faults.add_argument("--shuffle-webhooks", type=float, default=0, metavar="RATE")
        faults.add_argument("--outage-seconds", type=float, help="starts with an outage of this length")
        faults.add_argument("--fault", action="append", default=[], metavar="JSON", help="a rule, as over /control")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen, faults = _options(options), _faults(options)
        except ValidationError as bad:
            raise CommandError("\n".join(f"{_where(e['loc'])}: {e['msg']}" for e in bad.errors())) from bad
        try:
            asyncio.run(self._serve(chosen, faults))
        except OSError as trouble:
            raise CommandError(str(trouble)) from trouble

    async def _serve(self, options: Options, faults: Faults) -> None:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, end.set)
        await serve(options, faults, until=end, bound=self._say_bound)

    def _say_bound(self, url: str, _simulator: Simulator) -> None:
        self.stdout.write(f"The platform simulator listens on {url}")
        self.stdout.flush()


def _where(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path) or "option"


def _options(options: dict[str, Any]) -> Options:
    named = {name: options[name] for name in Options.model_fields if options.get(name) is not None}
    return Options(**named, lives=not options["no_lives"])


def _faults(options: dict[str, Any]) -> Faults:
    rules = [Rule.model_validate_json(text) for text in options["fault"]]
    if options["drop_rate"]:
        rules.append(Rule.model_validate({"kind": "drop", "rate": options["drop_rate"]}))
    if options["late_rate"]:
        late = {"kind": "late", "rate": options["late_rate"], "delay_seconds": options["late_seconds"]}
        rules.append(Rule.model_validate(late))
    outage = Outage(seconds=options["outage_seconds"]) if options["outage_seconds"] else None
    return Faults(
        latency_ms=options["latency_ms"],
        latency_jitter=options["latency_jitter"],
        latency_tail_ms=options["latency_tail_ms"],
        latency_tail_share=options["latency_tail_share"],
        error_rate=options["error_rate"],
        error_status=options["error_status"],
        outage=outage,
        repeats="credit_again" if options["not_idempotent"] else options["repeats"],
        refused_players=dict(_refused(text) for text in options["refuse_player"]),
        rules=rules,
        webhook_duplicate_rate=options["duplicate_webhooks"],
        webhook_shuffle_rate=options["shuffle_webhooks"],
    )


def _refused(text: str) -> tuple[str, Refusal]:
    player, _, code = text.partition(":")
    return player, Refusal(code=code) if code else Refusal()
