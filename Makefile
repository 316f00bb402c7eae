# The project's commands. A user needs Python 3.11, pip and make; all else is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PROTOS := $(shell find protos -name '*.proto' -not -path 'protos/gen/*')
# What the OpenAPI document, the documentation and the Postman collection are made of.
PUBLISHED := $(shell find edge/openapi edge/docs edge/postman -type f -not -name "*.pyc" -not -path "*/node_modules/*")
RESOLVE := build/uv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11.2 \
	--generate-hashes --annotation-style line --no-emit-index-url --custom-compile-command "make lock"

# Docker's own opinion of the compose files, that of a stage included.
COMPOSE_CONFIG := docker compose -f docker-compose.yml config -q && STELLR_PUBLIC_URL=https://academy.example \
	STELLR_SMTP_URL=smtps://mail.example docker compose -f docker-compose.yml -f docker-compose.staging.yml config -q

.PHONY: up build test lint format bench node postman clients fuzz lock clean

up: build ## start the whole stack; Ctrl-C stops it
	@exec $(BIN)/stellr up

build: $(VENV)/.installed protos/gen/.built ## install the locked packages, generate stubs and descriptors

# What only developers need is in a lock of its own, which has all of the other too.
$(VENV)/.packages: requirements.lock
	@test -x $(BIN)/python || { echo "Stellr makes $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m edge.local.installing requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.packages
	@echo "installing what tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

protos/gen/.built: $(PROTOS) $(PUBLISHED) edge/contracts.py envoy.yaml $(VENV)/.packages
	@echo "  generating the contracts' stubs and documents"
	@$(BIN)/python -m edge.contracts
	@touch $@

# The stubs are packages of the project, so they are there before it is installed.
$(VENV)/.installed: pyproject.toml $(VENV)/.packages | protos/gen/.built
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

test: build $(VENV)/.dev ## all tests, in four processes on one embedded stack
	$(BIN)/python -m pytest tests -n 4 --dist loadfile --no-loadscope-reorder

lint: build $(VENV)/.dev ## style, types, contracts, import rules, Envoy's configuration
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy services edge
	$(BIN)/python -m edge.contracts --lint
	$(BIN)/lint-imports
	$(BIN)/stellr envoy --validate
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.staging.yml
	@if docker compose version > /dev/null 2>&1; then $(COMPOSE_CONFIG); else echo "no docker: compose files are checked by their schema alone"; fi

format: build $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: build $(VENV)/.dev ## CPU per request against an echo, as ratios
	$(BIN)/python -m tests.bench

# What Node makes is committed, so only who makes it anew needs Node.
node: ## install what makes and tries the Postman collection and the TypeScript client
	npm ci --prefix edge --ignore-scripts --no-audit --no-fund

postman: build node ## make the Postman collection anew, and walk its journey at the running stack
	$(BIN)/python -m edge.postman

clients: build $(VENV)/.dev node ## typed clients of the REST API, in TypeScript and Python, to build/clients
	$(BIN)/python -m edge.clients

fuzz: build $(VENV)/.dev ## schemathesis tries every operation of the running stack (a venv of its own, build/fuzz)
	@test -x build/fuzz/bin/st || { $(PYTHON) -m venv build/fuzz && build/fuzz/bin/pip install --quiet schemathesis==4.32.5; }
	$(BIN)/python -m tests.fuzz build/fuzz/bin/st

lock: ## resolve anew and write both locks, each for every Python and platform
	@test -x build/uv/bin/uv || { $(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv==0.13.9; }
	$(RESOLVE) --extra dev -o requirements-dev.lock
	$(RESOLVE) -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) protos/gen build *.egg-info
