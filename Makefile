# make run: serve the dashboard. make test: every check and every test. Both set up what they need.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check install
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
CODE := switchbot_dashboard tests

# The first Python that is new enough; looked for only when the environment has to be made.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)

.PHONY: run test check bench bench-polling bench-outbox format settings-doc translations browser screenshots year

run: $(READY)
	@exec $(PY) -m switchbot_dashboard serve

test: check browser
	@$(PY) -m pytest -q -n 2 --dist worksteal

# Chromium for the browser tests; where it cannot be installed they are skipped, and say so.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests ..."; \
			{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends \
				chromium fonts-dejavu-core; } >/dev/null 2>&1 || echo "Chromium could not be installed: apt-get install chromium says why."; \
		else echo "No Chromium is installed, so the browser tests are skipped (on Debian: apt-get install chromium, as root)."; fi; }

check: $(READY_DEV)
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m ruff format --check --quiet $(CODE)
	@$(PY) -m mypy

bench: $(READY_DEV)
	@$(PY) tests/bench.py

bench-polling: $(READY_DEV)
	@$(PY) tests/bench_polling.py $(ARGS)

bench-outbox: $(READY_DEV)
	@$(PY) tests/bench_outbox.py $(ARGS)

# 365 days of a home that wants five times the calls there are; half an hour.
year: $(READY_DEV)
	@$(PY) tests/year.py

screenshots: $(READY_DEV) browser
	@$(PY) tests/screenshots.py

format: $(READY_DEV)
	@$(PY) -m ruff check --fix --quiet $(CODE)
	@$(PY) -m ruff format --quiet $(CODE)

settings-doc: $(READY)
	@$(PY) -m switchbot_dashboard.domain.settings_doc > docs/settings.md

translations: $(READY)
	@$(PY) -m switchbot_dashboard.translations

# The marks are newer than the requirements they stand for, so nothing is installed when nothing changed.
$(READY): requirements.txt
	@$(PY) -c pass 2>/dev/null || $(MAKE) --no-print-directory environment
	@echo "Installing what the dashboard needs into $(VENV) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(READY_DEV): requirements.txt requirements-dev.txt $(READY)
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

.PHONY: environment
environment:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed. Install it, or name it: make run PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make a virtual environment. Install its venv package (on Debian and Ubuntu: apt install python3-venv), then run make again."; exit 1; }
	@echo "Setting up $(VENV) with $$("$(PYTHON)" --version) ..."
	@"$(PYTHON)" -m venv --clear $(VENV)
