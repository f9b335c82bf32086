"""Each caller so many requests a second, counted in this process and through a real Redis alike."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from bonusdesk.api import throttling
from bonusdesk.tests.throttle_clock import Clock, follow
from bonuses.models import BonusTemplate
from bonuses.tests.api_client import ApiClient
from integrations.platforms import shared
from integrations.tests.scripted_platform import closed_port

TEMPLATE = {"name": "Welcome", "type": "no_deposit", "config": {"amount": 500, "currency": "EUR"}}
OTHER_PROCESS = """
import sys
import django
django.setup()
from django.conf import settings
from bonusdesk.api import throttling
from bonusdesk.tests.throttle_clock import script_that_follows
throttling._TAKE = script_that_follows()
settings.REDIS_URL = sys.argv[1]
print(*[throttling._take("service", 5) for _ in range(3)])
"""


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> Iterator[None]:
    shared.trust_again()
    yield
    throttling._redis_queues.cache_clear()
    throttling._local.start_afresh()
    shared.trust_again()


@pytest.fixture(params=["local", "redis"])
def clock(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stands still; requests are counted here or in Redis."""
    settings.REDIS_URL = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    stopped = Clock(settings.REDIS_URL)
    follow(stopped, monkeypatch)
    return stopped


def take(count: int, caller: str = "service", per_second: int = 5) -> list[int]:
    return [throttling._take(caller, per_second) for _ in range(count)]


def test_a_second_s_worth_may_come_at_once_and_no_more(clock: Clock) -> None:
    assert take(6) == [0, 0, 0, 0, 0, 200_000]


def test_the_next_may_come_after_the_time_that_was_told_and_not_before(clock: Clock) -> None:
    take(5)
    clock.advance(199_999)
    assert take(1) == [1]
    clock.advance(1)
    assert take(2) == [0, 200_000]


def test_what_was_refused_is_not_counted(clock: Clock) -> None:
    take(5)
    assert take(100) == [200_000] * 100
    clock.advance(200_000)
    assert take(1) == [0]


def test_an_even_pace_at_the_limit_is_never_refused(clock: Clock) -> None:
    for _ in range(50):
        assert take(1) == [0]
        clock.advance(200_000)


def test_idle_time_saves_up_one_second_s_worth_only(clock: Clock) -> None:
    take(5)
    clock.advance(3_600_000_000)
    assert take(6) == [0, 0, 0, 0, 0, 200_000]


def test_clock_that_is_put_back_locks_nobody_out(
    redis_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis goes by the time of day; the clock of one process never goes back."""
    settings.REDIS_URL = redis_url
    clock = Clock(redis_url)
    follow(clock, monkeypatch)
    take(5)
    clock.advance(-3_600_000_000)
    assert take(6) == [0, 0, 0, 0, 0, 200_000]
    clock.advance(-100_000)
    assert take(1) == [300_000]


def test_one_caller_s_flood_does_not_slow_another(clock: Clock) -> None:
    take(50, "user:1")
    assert take(5, "user:2") == [0] * 5
    assert take(5, "service") == [0] * 5


@pytest.mark.parametrize("per_second", [1, 3, 7, 100, 999, 1000])
def test_limit_is_exact(clock: Clock, per_second: int) -> None:
    waits = take(per_second + 1, per_second=per_second)
    assert waits == [0] * per_second + [1_000_000 // per_second]


def test_threads_share_the_limit(clock: Clock) -> None:
    start = threading.Barrier(4)

    def flood(_: int) -> int:
        start.wait()
        return take(20, per_second=30).count(0)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(flood, range(4))) == 30


def test_processes_share_the_limit(redis_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = redis_url
    follow(Clock(redis_url), monkeypatch)
    assert take(3) == [0, 0, 0]
    done = subprocess.run([sys.executable, "-c", OTHER_PROCESS, redis_url], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 0 200000\n", "")
    assert take(1) == [200_000]


def test_it_costs_one_round_trip(redis_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = redis_url
    throttling._redis_queues.cache_clear()
    take(1, per_second=1000)  # The script is sent once.
    sent: list[Any] = []
    execute = redis.Redis.execute_command

    def watched(client: Any, *args: Any, **options: Any) -> Any:
        sent.append(args[0])
        return execute(client, *args, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", watched)
    assert take(3, per_second=1000) == [0, 0, 0]
    assert sent == ["EVALSHA"] * 3


def test_what_is_kept_of_a_caller_goes_by_itself(redis_url: str, settings: Settings) -> None:
    settings.REDIS_URL = redis_url
    take(5)
    with redis.Redis.from_url(redis_url) as client:
        assert 0 < client.pttl(shared.key("service", "requests")) <= 2000


@pytest.mark.django_db
def test_service_is_told_when_to_come_again(clock: Clock, api: ApiClient, settings: Settings) -> None:
    settings.THROTTLE_SERVICE_PER_SECOND = 2
    assert [api.get("bonus-templates").status_code for _ in range(2)] == [200, 200]
    response = api.get("bonus-templates")
    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert response.json()["error"]["code"] == "RATE_LIMITED"
    clock.advance(500_000)
    assert api.get("bonus-templates").status_code == 200


@pytest.mark.django_db
def test_refused_request_changes_nothing(clock: Clock, api: ApiClient, settings: Settings) -> None:
    settings.THROTTLE_SERVICE_PER_SECOND = 1
    assert api.post("bonus-templates", TEMPLATE).status_code == 201
    assert api.post("bonus-templates", TEMPLATE).status_code == 429
    assert BonusTemplate.objects.count() == 1


@pytest.mark.django_db
def test_each_person_and_the_service_have_limits_of_their_own(clock: Clock, api: ApiClient, settings: Settings) -> None:
    settings.THROTTLE_USER_PER_SECOND = 3
    settings.THROTTLE_SERVICE_PER_SECOND = 1
    # A person may be called like the service.
    people = [signed_in("olga"), signed_in("service")]
    statuses = [[client.get("/v1/bonus-templates").status_code for _ in range(4)] for client in people]
    assert statuses == [[200, 200, 200, 429]] * 2
    assert [api.get("bonus-templates").status_code for _ in range(2)] == [200, 429]


@pytest.mark.django_db
def test_two_sessions_of_one_person_are_one_caller(clock: Clock, settings: Settings) -> None:
    settings.THROTTLE_USER_PER_SECOND = 1
    first, second = signed_in("olga"), Client()
    second.force_login(User.objects.get(username="olga"))
    assert [client.get("/v1/bonus-templates").status_code for client in (first, second)] == [200, 429]


@pytest.mark.django_db
def test_what_a_person_may_not_do_counts_too(clock: Clock, settings: Settings) -> None:
    settings.THROTTLE_USER_PER_SECOND = 3
    client = signed_in("olga")
    paths = ["bonus-templates", "players", "players", "players", "bonus-templates"]
    assert [client.get(f"/v1/{path}").status_code for path in paths] == [200, 403, 403, 429, 429]


@pytest.mark.django_db
def test_whoever_is_nobody_is_not_counted(clock: Clock, api: ApiClient, settings: Settings) -> None:
    settings.THROTTLE_SERVICE_PER_SECOND = settings.THROTTLE_USER_PER_SECOND = 1
    stranger = ApiClient(Accept="*/*")
    assert [stranger.get("bonus-templates").status_code for _ in range(3)] == [401] * 3
    assert [stranger.get("nowhere").status_code for _ in range(3)] == [404] * 3
    assert api.get("bonus-templates").status_code == 200


@pytest.mark.django_db
def test_zero_is_no_limit(clock: Clock, api: ApiClient, settings: Settings) -> None:
    settings.THROTTLE_SERVICE_PER_SECOND = 0
    assert {api.get("bonus-templates").status_code for _ in range(5)} == {200}


@pytest.mark.django_db
def test_without_its_redis_a_process_counts_for_itself(
    api: ApiClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(Clock(), monkeypatch)
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port()}/0"
    settings.THROTTLE_SERVICE_PER_SECOND = 2
    assert [api.get("bonus-templates").status_code for _ in range(3)] == [200, 200, 429]


def signed_in(name: str) -> Client:
    user = User.objects.create_user(name)
    user.user_permissions.add(Permission.objects.get(codename="view_bonustemplate"))
    client = Client()
    client.force_login(user)
    return client
