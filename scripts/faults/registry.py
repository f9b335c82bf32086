"""Every run there is, in the order they are played: what is cheap first."""

from scripts.faults import (
    campaign_runs,
    campaign_runs_races,
    life_runs,
    life_runs_frozen,
    life_runs_kills,
    life_runs_races,
    life_runs_servers,
    sink_runs_all,
    sink_runs_file,
    sink_runs_kafka,
    sink_runs_rabbitmq,
    sink_runs_rest,
)
from scripts.faults.base import Run

RUNS: list[Run] = [
    *sink_runs_file.RUNS,
    *sink_runs_rest.RUNS,
    *sink_runs_rabbitmq.RUNS,
    *sink_runs_kafka.RUNS,
    *sink_runs_all.RUNS,
    *life_runs_frozen.RUNS,
    *life_runs_races.RUNS,
    *life_runs.RUNS,
    *life_runs_kills.RUNS,
    *life_runs_servers.RUNS,
    *campaign_runs_races.RUNS,
    *campaign_runs.RUNS,
]
