#!/bin/sh
# Measures on real servers; ends those that it started, and only those.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
were_up=" $("$PYTHON" -m scripts.services list) "
finish() {
    status=$?
    trap - EXIT INT TERM
    for name in postgresql redis; do
        case "$were_up" in *" $name "*) ;; *) "$PYTHON" -m scripts.services down "$name" >/dev/null ;; esac
    done
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
"$PYTHON" -m scripts.services up postgresql redis
. .services/env
"$PYTHON" -m scripts.bench "$@"
