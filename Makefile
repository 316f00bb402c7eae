# The project's commands. A user needs Python 3.11, pip and make; all else is installed into .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PROTOS := $(shell find protos -name '*.proto' -not -path 'protos/gen/*')

.PHONY: up build test lint format bench lock clean

up: build ## start the whole stack; Ctrl-C stops it
	@exec $(BIN)/stellr up

build: $(VENV)/.installed protos/gen/.built ## install the locked packages, generate stubs and descriptors

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

protos/gen/.built: $(PROTOS) edge/contracts.py $(VENV)/.installed
	@$(BIN)/python -m edge.contracts
	@touch $@

test: build ## all tests; the embedded stack is started once
	$(BIN)/python -m pytest tests

lint: build ## style, types, contracts, import rules, Envoy's configuration
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy services edge
	$(BIN)/python -m edge.contracts --lint
	$(BIN)/lint-imports
	$(BIN)/stellr envoy --validate

format: build
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: build ## CPU per request against an echo, as ratios
	$(BIN)/python -m tests.bench

lock: ## resolve anew and write requirements.lock
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --extra dev \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) protos/gen build *.egg-info
