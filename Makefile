# Địa Bàn: two commands do all the set-up on a fresh Debian machine: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOUSEHOLDS ?=
PORT ?= 8000
# The suite is shared out file by file; one process is `make test PROCESSES=1`.
PROCESSES ?= $(shell nproc)
# A server's own proxy or index settings are respected; the lock file names versions and hashes only.
PIP := $(BIN)/python -m pip install --disable-pip-version-check
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# Turns pip's hundreds of lines into one that counts; errors stand on stderr as pip writes them.
COUNTED = awk -v total="$$(grep -c '==' $<)" '/^Collecting/ {n++; printf "\r  %d of %d libraries", n, total; fflush()} \
  /^Installing/ {printf "\r  unpacking …              "; fflush()} END {printf "\r  done.                    \n"}'

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && apt-get install -y -qq python3-venv; } \
	  || { echo "Python's venv module is missing. As root: apt-get install python3-venv"; exit 2; }
	@echo "Making the virtual environment $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.product: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the product from requirements.lock (about half a minute) …"
	@$(PIP) --require-hashes -r $< | $(COUNTED)
	@$(PIP) --quiet --no-deps -e .
	@touch $@

$(VENV)/.tests: requirements-dev.lock $(VENV)/.product
	@echo "Installing what tests and checks need from requirements-dev.lock …"
	@$(PIP) --require-hashes -r $< | $(COUNTED)
	@touch $@

demo: $(VENV)/.product ## Make a city, fill its schools, check its plots, and serve it on 127.0.0.1:8000
	@$(BIN)/diaban demo --out .demo $(if $(HOUSEHOLDS),--households $(HOUSEHOLDS)) --port $(PORT)

test: $(VENV)/.tests ## Run every test that this machine can run, and name the others loudly
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadgroup $(PYTEST_ARGS)

check: $(VENV)/.tests ## Everything that can be found without running the product: style, types, imports, spelling
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/typos

format: $(VENV)/.tests ## Bring the code into the house style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.tests ## Measure the speed of an allocation against a bare solver, in one run
	@$(BIN)/python benchmarks/bench_allocate.py

lock: $(VENV)/.tests ## Choose new versions of all libraries and write both lock files
	@for extra in "requirements.lock --extra postgis" "requirements-dev.lock --extra postgis --extra dev"; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --no-emit-index-url pyproject.toml --output-file $$extra; done

clean: ## Remove the virtual environment, the demonstration and all caches
	@rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info test-results
