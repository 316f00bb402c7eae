# The project's commands. A user needs Python 3.11 to 3.14 and make; all else is installed into .venv.
# Which Python it is made with; without a name, the first that fits.
PYTHON ?=
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

.PHONY: up build dev test lint breaking format bench node faults postman clients fuzz lock clean

up: build ## start the whole stack; Ctrl-C stops it
	@exec $(BIN)/stellr up

# Whether the environment is whole is seen by looking at it, so make asks only then what is out of date.
build: ## install the locked packages, generate stubs and descriptors
	@sh edge/bootstrap.sh $(VENV) requirements.lock "$(PYTHON)"
	@$(MAKE) --silent --no-print-directory $(VENV)/.installed protos/gen/.built

# What only developers need is in a lock of its own, which has all of the other too.
dev: build
	@sh edge/bootstrap.sh $(VENV) requirements-dev.lock "$(PYTHON)"

protos/gen/.built: $(PROTOS) $(PUBLISHED) edge/contracts.py envoy.yaml $(VENV)/requirements.lock
	@echo "  generating the contracts' stubs and documents"
	@$(BIN)/python -m edge.contracts
	@touch $@

# The stubs are packages of the project, so they are there before it is installed.
$(VENV)/.installed: pyproject.toml setup.py $(VENV)/requirements.lock | protos/gen/.built
	@echo "  installing the stellr command"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

test: dev ## all tests, in four processes on one embedded stack
	$(BIN)/python -m pytest tests -n 4 --dist loadfile --no-loadscope-reorder

lint: dev ## style, types, contracts, import rules, Envoy's configuration
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy services edge
	$(BIN)/python -m edge.contracts --lint
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/stellr envoy --validate
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.staging.yml
	$(BIN)/python -m edge.deploying.manifests
	@if docker compose version > /dev/null 2>&1; then $(COMPOSE_CONFIG); else echo "no docker: compose files are checked by their schema alone"; fi

breaking: dev ## what the contracts break for clients of AGAINST, a commit
	$(BIN)/python -m edge.contracts --breaking "$${AGAINST:-origin/main}"

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: dev ## CPU per request against an echo, as ratios
	$(BIN)/python -m tests.bench

faults: dev ## faults under load: what is lost, doubled, fails, and how soon all is well; FAULTS="--repeats 1"
	$(BIN)/python -m tests.bench.faults $(FAULTS)

# What Node makes is committed, so only who makes it anew needs Node.
node: ## install what makes and tries the Postman collection and the TypeScript client
	npm ci --prefix edge --ignore-scripts --no-audit --no-fund

postman: build node ## make the Postman collection anew, and walk its journey at the running stack
	$(BIN)/python -m edge.postman

clients: dev node ## typed clients of the REST API, in TypeScript and Python, to build/clients
	$(BIN)/python -m edge.clients

fuzz: dev ## schemathesis tries every operation of the running stack (a venv of its own, build/fuzz)
	@test -x build/fuzz/bin/st || { $(BIN)/python -m venv build/fuzz && build/fuzz/bin/pip install --quiet schemathesis==4.32.5; }
	$(BIN)/python -m tests.fuzz build/fuzz/bin/st

lock: ## write both locks, each for every Python and platform; UPGRADE=--upgrade: the newest versions
	@test -x build/uv/bin/uv || { $(or $(PYTHON),python3) -m venv build/uv && build/uv/bin/pip install --quiet uv==0.13.9; }
	$(RESOLVE) $(UPGRADE) --extra dev -o requirements-dev.lock
	$(RESOLVE) -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) protos/gen build *.egg-info
