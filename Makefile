# Everything a developer does with this repository. Needs python3 (3.11 or newer, with pip) and make, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
UV_VERSION := 0.13.9
WORKERS ?= 2
ARGS ?=

# The system's own certificates, no Python from elsewhere, and bytecode kept: it halves the time of a start.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
unexport PYTHONDONTWRITEBYTECODE

UV := .tools/bin/uv
PY := .venv/bin/python
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# What the gates need to load the settings; a real site has its own.
GATE_ENV := SECRET_KEY=the-gates-never-serve-a-page-but-fifty-characters-are-asked-for \
	BASE_URL=https://kith.example.org DATABASE_URL=postgresql:///kith SMTP_URL=smtp+tls://localhost:587 \
	MAIL_FROM=kith@example.org

PEERS := paths import dedupe strength mail people assess
BENCHES := $(addprefix bench-,$(PEERS))

.PHONY: help run test faults lint format lock demo shell manage browser clean bench $(BENCHES)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/.local ## run the whole site here: PORT=8000 DATA_DIR=.data
	@exec $(PY) -m netapp.embedded run

test: .venv/.dev browser ## run every test: ARGS="tests/mail -x" WORKERS=2
	@$(PY) -m pytest -n $(WORKERS) $(ARGS)

faults: .venv/.dev ## kill, freeze and flood for real, at full size: about half an hour
	@FAULTS=full $(PY) -m pytest tests/faults $(ARGS)

bench: $(BENCHES) ## measure everything beside its peers; one at a time: bench-paths bench-import bench-dedupe bench-strength bench-mail bench-people bench-assess

$(BENCHES): bench-%: .venv/.bench
	@$(PY) -m benchmarks.$* $(ARGS)

lint: .venv/.dev ## run the static gates: ruff, mypy, the floors, templates, migrations, deployment
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(GATE_ENV) $(PY) -m mypy
	.venv/bin/lint-imports
	git ls-files -z -- 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2 --check
	$(GATE_ENV) $(PY) -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(GATE_ENV) $(PY) manage.py check --deploy --fail-level WARNING

format: .venv/.dev ## put code and templates into the house style
	$(PY) -m ruff check --fix
	$(PY) -m ruff format
	git ls-files -z -- 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2

lock: $(UV) ## lock requirements/*.in anew: ARGS="--upgrade" for newer versions
	for name in run local dev bench; do $(COMPILE) $(ARGS) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

demo: .venv/.local ## write demo data into .data: ARGS="--people 5000"
	@$(PY) -m netapp.embedded manage demo $(ARGS)

shell: .venv/.local ## a Python shell on the data in .data, whether the site runs or not
	@$(PY) -m netapp.embedded manage shell $(ARGS)

manage: .venv/.local ## any Django command on the data in .data: ARGS="showmigrations"
	@$(PY) -m netapp.embedded manage $(ARGS)

browser: .venv/.dev ## find or install a Chromium for the browser tests
	@$(PY) -m tests.browser.chromium

clean: ## remove what was installed and made here; the site's data in .data stays
	rm -rf .venv .tools .browser staticfiles test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.data/*' -prune -exec rm -rf {} +

# --- The environment

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Kith needs Python 3.11 or newer; '$(PYTHON)' is older or missing. Name another one:  make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Preparing the environment (once) …"
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --upgrade --target .tools uv==$(UV_VERSION); \
	elif command -v uv >/dev/null 2>&1; then \
	  mkdir -p .tools/bin && ln -sf "$$(command -v uv)" $(UV); \
	else \
	  echo "'$(PYTHON)' has no pip. Install it (Debian, Ubuntu: apt install python3-pip) or install uv, then run make again."; exit 1; \
	fi

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv

.venv/.local: requirements/local.txt | .venv/bin/python
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements/local.txt
	@touch $@

.venv/.dev: requirements/dev.txt | .venv/bin/python
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements/dev.txt
	@touch $@ .venv/.local

.venv/.bench: requirements/bench.txt | .venv/bin/python
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements/bench.txt
	@touch $@ .venv/.dev .venv/.local
