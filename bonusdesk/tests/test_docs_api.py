"""The tour of docs/api.md, taken: its blocks run one after another in one shell, and answer as written below each."""

import json
import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from bonuses.api.docs.examples import NEW_TEMPLATE
from bonuses.models import Grant
from bonuses.tests.factories import AdapterFactory
from conftest import program
from integrations.simulator.embedded import SimulatorThread
from integrations.simulator.options import Options

TOUR = Path(__file__).resolve().parents[2] / "docs" / "api.md"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "curl", "openssl", "python3", "sed", "tee")
AS_WRITTEN = "http://127.0.0.1:8000"
END = "### end of block"
SECRETS = {"internal-secret": "secret-of-the-tour", "webhook-secret": "webhook-secret-of-the-tour"}


@dataclass(frozen=True, slots=True)
class Step:
    commands: str
    answer: str

    def is_answered_by(self, printed: str) -> bool:
        """`…` is anything; blanks and line breaks are the document's own."""
        pattern = ".*".join(re.escape(_squeezed(part)) for part in self.answer.split("…"))
        return re.fullmatch(pattern, _squeezed(printed)) is not None


def steps(document: str) -> list[Step]:
    """Each block of commands, with the block right after it."""
    blocks = [*FENCED.findall(document), ("sh", "")]
    assert not [kinds for (one, _), (other, _) in pairwise(blocks) if "sh" not in (kinds := (one, other))]
    return [
        Step(text, "" if kind == "sh" else answer) for (name, text), (kind, answer) in pairwise(blocks) if name == "sh"
    ]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def run(tour: list[Step], *, server: str, folder: Path) -> list[str]:
    """What each step prints. All in one shell, so that a later one finds what an earlier one set."""
    script = "".join(f"{step.commands}echo '{END}'\n" for step in tour).replace(AS_WRITTEN, server)
    ended = subprocess.run(
        [program("bash"), "-u"],
        input=script,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    *printed, rest = ended.stdout.split(f"{END}\n")
    assert (len(printed), rest, ended.returncode) == (len(tour), "", 0), ended.stdout[-2000:]
    return printed


@pytest.mark.django_db(transaction=True)
def test_the_tour_is_true(live_server: LiveServer, settings: Settings, tmp_path: Path) -> None:
    for name in PROGRAMS:
        program(name)
    settings.INTERNAL_SECRETS = [SECRETS["internal-secret"]]
    kept = tmp_path / "var" / "serve"
    kept.mkdir(parents=True)
    for name, secret in SECRETS.items():
        (kept / name).write_text(secret)
    tour = steps(TOUR.read_text())
    with SimulatorThread(Options(port=0, lives=False, token="token", secret="signing-secret")) as simulator:
        AdapterFactory(
            slug="simulator",
            kind="simulator",
            is_default=True,
            base_url=simulator.url,
            token="token",
            signing_secret="signing-secret",
            webhook_secret=SECRETS["webhook-secret"],
        )
        printed = run(tour, server=live_server.url, folder=tmp_path)
        ledger = simulator.remote.ledger()
    for step, answer in zip(tour, printed, strict=True):
        if not step.is_answered_by(answer):
            pytest.fail(f"{step.commands}\nprinted\n{answer}\nand not\n{step.answer}", pytrace=False)
    assert [grant.status for grant in Grant.objects.all()] == ["cancelled"]
    assert ledger["double_credits"] == {}


def test_its_template_is_that_of_the_reference() -> None:
    [sent] = re.findall(r"/bonus-templates -d '(.*?)'", TOUR.read_text(), re.DOTALL)
    assert json.loads(sent) == NEW_TEMPLATE


@pytest.mark.parametrize(
    ("printed", "fits"),
    [
        ('{"id":"1","status":"active"}\n201\n', True),
        ('{"id":"2","more":[1],"status":"active"}201', True),
        ('{"id":"1","status":"active"}\n200\n', False),
        ('{"id":"1","status":"active"}\n201\n201\n', False),
        ('{"id":"1","status":"active","more":1}\n201\n', False),
        ("", False),
    ],
)
def test_an_answer_is_as_written_but_for_the_gaps(printed: str, fits: bool) -> None:
    [step] = steps('```sh\nask\n```\n```json\n{"id": …,\n "status": "active"}\n201\n```\n')
    assert step.is_answered_by(printed) is fits


def test_an_answer_belongs_to_the_commands_right_before_it() -> None:
    assert steps("```sh\na\n```\ntext\n```sh\nb\n```\n```json\n1\n```\n") == [Step("a\n", ""), Step("b\n", "1\n")]
    with pytest.raises(AssertionError):
        steps("```sh\na\n```\n```json\n1\n```\n```json\n2\n```\n")


def test_a_program_that_is_missing_fails_where_nothing_may_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match="curl is not installed"):
        program("curl")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="curl is not installed"):
        program("curl")
