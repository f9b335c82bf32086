#!/bin/sh
# The tests: the apps' own on SQLite, then all of them on real servers. Ends the servers that it started, and only those.
set -u
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
WORKERS=${PYTEST_WORKERS:-2}
NOTES=$(mktemp)

were_up=" $("$PYTHON" -m scripts.services list) "
finish() {
    status=$?
    trap - EXIT INT TERM
    started=""
    for name in $("$PYTHON" -m scripts.services list); do
        case "$were_up" in *" $name "*) ;; *) started="$started $name" ;; esac
    done
    # shellcheck disable=SC2086
    [ -z "$started" ] || "$PYTHON" -m scripts.services down $started >/dev/null
    grep "can't be had" "$NOTES"
    rm -f "$NOTES"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

failed=0
"$PYTHON" -m scripts.services up >"$NOTES" 2>&1 || failed=1
cat "$NOTES"
. .services/env

run() {
    "$PYTHON" -m pytest -n "$WORKERS" --dist loadgroup "$@" ${PYTEST_ARGS:-} || failed=1
}

unset DATABASE_URL
if [ -n "${TEST_DATABASE_URL:-}" ]; then
    echo "tests on SQLite"
    run -m "not browser and not postgres" bonuses campaigns integrations
    echo "tests on PostgreSQL"
    DATABASE_URL=$TEST_DATABASE_URL
    export DATABASE_URL
else
    echo "tests on SQLite, in place of PostgreSQL"
fi
run
exit "$failed"
