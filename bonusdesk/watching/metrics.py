"""The metrics in Prometheus's text format. What can't be had is left out, and said to be missing; the rest is shown."""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bonusdesk.watching.collectors import PARTS

LIMIT_SECONDS = 5.0

log = structlog.get_logger(__name__)

# One more series for each, and none where processes share a folder.
disable_created_metrics()  # type: ignore[no-untyped-call]


def scrape() -> bytes:
    until = time.monotonic() + LIMIT_SECONDS
    asked = {name: part.ask() for name, part in PARTS.items()}
    found = {"requests": _tried("requests", _counted)}
    for name, answer in asked.items():
        found[name] = _tried(name, partial(answer.result, max(until - time.monotonic(), 0.0)))
    scrape_ok = GaugeMetricFamily("bonusdesk_scrape_ok", "0 for a part that could not be had.", labels=["part"])
    for name, part in found.items():
        scrape_ok.add_metric([name], int(part is not None))
    return generate_latest(_Found([scrape_ok, *(metric for part in found.values() for metric in part or ())]))


def _tried(name: str, part: Callable[[], Iterable[Metric]]) -> list[Metric] | None:
    try:
        return list(part())
    except Exception as trouble:
        log.warning("scrape_incomplete", part=name, error=repr(trouble))
        return None


def _counted() -> Iterable[Metric]:
    """What processes count while they work. Under gunicorn they share a folder, and one answers for all of them."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        together: Any = MultiProcessCollector
        return list(together(CollectorRegistry()).collect())
    return REGISTRY.collect()


class _Found(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
