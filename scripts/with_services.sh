#!/bin/sh
# with_services.sh "postgresql redis" COMMAND…: runs it on real servers; ends those that it started, and only those.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
services=$1
shift
were_up=" $("$PYTHON" -m scripts.services list) "
finish() {
    status=$?
    trap - EXIT INT TERM
    for name in $services; do
        case "$were_up" in *" $name "*) ;; *) "$PYTHON" -m scripts.services down "$name" >/dev/null ;; esac
    done
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086
"$PYTHON" -m scripts.services up $services
. .services/env
"$@"
