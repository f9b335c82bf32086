# `make demo` shows it, `make test` proves it, `make serve` runs it; see README.md.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
SOURCES := bonusdesk bonuses campaigns integrations scripts conftest.py manage.py

.DEFAULT_GOAL := help
.PHONY: help setup requirements openapi demo serve check lint types migrations deploy-check test fuzz faults faults-bounded mutations bench services-up services-down

help:
	@echo "make demo | serve | test | fuzz | faults | check | bench | setup | requirements | openapi | services-up | services-down"

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with PYTHON=...")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "installing requirements.txt"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.installed $(VENV)/.installed-dev

# Pins stay as they are; UPGRADE=--upgrade moves them.
requirements:
	@command -v uv >/dev/null || { echo "make requirements needs uv (pip install uv)"; exit 1; }
	uv pip compile $(UPGRADE) --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile $(UPGRADE) --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 requirements-dev.in -o requirements-dev.txt

demo: $(VENV)/.installed
	@$(PY) -m scripts.demo

serve: $(VENV)/.installed
	@$(PY) -m scripts.serve --port $(PORT)

check: setup lint types migrations deploy-check
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory faults-bounded
	@$(MAKE) --no-print-directory test

lint: setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: setup
	DJANGO_DEBUG=1 $(PY) -m mypy $(SOURCES)

migrations: setup
	DJANGO_DEBUG=1 DATABASE_URL=sqlite://:memory: $(PY) manage.py makemigrations --check --dry-run

# As in production, with secrets that live as long as the check.
deploy-check: setup
	@echo "manage.py check --deploy"
	@env -u DJANGO_DEBUG \
		DJANGO_SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		BONUSDESK_FIELD_KEYS="$$($(PY) -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
		DJANGO_ALLOWED_HOSTS=bonus.example.com DJANGO_CSRF_TRUSTED_ORIGINS=https://bonus.example.com \
		METRICS_TOKEN=only-for-this-check \
		DATABASE_URL=postgres://bonusdesk@127.0.0.1/bonusdesk CELERY_BROKER_URL=redis://127.0.0.1/0 REDIS_URL=redis://127.0.0.1/1 \
		$(PY) manage.py check --deploy --fail-level WARNING

# docs/openapi.json from the code; a test compares the two.
openapi: setup
	DJANGO_DEBUG=1 DATABASE_URL=sqlite://:memory: $(PY) manage.py openapi

test: setup
	@PYTHON=$(PY) sh scripts/test.sh

fuzz: setup
	@PYTHON=$(PY) sh scripts/with_services.sh postgresql $(PY) -m scripts.fuzz

# Kills and cuts, on private servers of its own; the whole takes an hour. FAULTS_ARGS: see python -m scripts.faults --help.
faults: setup
	@$(PY) -m scripts.faults $(FAULTS_ARGS)

faults-bounded: setup
	@$(PY) -m scripts.faults --bounded

# Which run notices when a guard is taken out.
mutations: setup
	@$(PY) -m scripts.faults.mutations $(FAULTS_ARGS)

bench: setup
	@PYTHON=$(PY) sh scripts/bench.sh

services-up: | $(PY)
	@$(PY) -m scripts.services up

services-down: | $(PY)
	@$(PY) -m scripts.services down
