"""The file of JSON lines: at least once, and in order."""

from scripts.faults.sink_kills import kills

RUNS = kills("file")
