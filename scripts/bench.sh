#!/bin/sh
# Measures on real servers.
set -eu
cd "$(dirname "$0")/.."
exec sh scripts/with_services.sh "postgresql redis rabbitmq kafka" "${PYTHON:-.venv/bin/python}" -m scripts.bench "$@"
