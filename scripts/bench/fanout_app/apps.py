from django.apps import AppConfig

from scripts.bench.fanout_app import statements


class FanoutBench(AppConfig):
    name = "scripts.bench.fanout_app"
    label = "fanout_bench"

    def ready(self) -> None:
        statements.count_all()
