# Seiriken. `make help` lists the commands; what follows `##` is its text.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
SEEDS ?= 2000

.DEFAULT_GOAL := help
.PHONY: help up down secrets test audit sbom fuzz screenshots leaders chaos compose-proof simulate check bench peers costs scale performance load load-ui dashboards format lock clean
.DELETE_ON_ERROR:

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv/run-installed ## Install and run a whole demo city here (options: ARGS='--port 8080')
	@exec $(BIN)/seiriken up $(ARGS)

down: .venv/run-installed ## Stop a city that runs in the background (options: ARGS='--home DIR')
	@exec $(BIN)/seiriken down $(ARGS)

secrets: ## Make the secrets of compose.yaml, once (docs/containers.md)
	@sh deploy/container/make-secrets.sh

test: .venv/dev-installed ## Run every test (options: ARGS='tests/unit -k draw')
	@sh deploy/find-browser.sh > /dev/null
	@sh deploy/find-edge.sh > /dev/null
	@sh deploy/find-waf.sh > /dev/null
	@sh deploy/find-prometheus.sh
	@sh deploy/find-pgbackrest.sh > /dev/null || true
	@sh deploy/find-html-checker.sh > /dev/null
	$(BIN)/pytest $(if $(ARGS),$(ARGS),--cov $(SIDE_BY_SIDE) tests/unit)
	$(if $(ARGS),,$(BIN)/pytest $(SIDE_BY_SIDE) $(BEYOND_UNITS))

fuzz: .venv/dev-installed ## Send a city what nobody would write (ARGS='--minutes 10 --seed 1')
	@$(BIN)/python -m tests.security.fuzz $(ARGS)

audit: .venv/dev-installed ## Ask the advisory databases about every dependency (ARGS=--if-reachable)
	@$(BIN)/python -m tests.security.audit $(ARGS)

sbom: .venv/dev-installed ## Write a bill of materials (CycloneDX) of what runs into var/sbom.json
	@mkdir -p var
	@$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml \
	  --mc-type application --output-reproducible --of JSON --output-file var/sbom.json
	@echo 'Written: var/sbom.json'

screenshots: .venv/dev-installed ## Picture every page into var/screenshots (options: ARGS='--only error')
	@sh deploy/find-browser.sh > /dev/null
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

leaders: .venv/dev-installed ## Stop and resume the leading allocator many times (options: ARGS='--cycles 100')
	$(BIN)/python -m tests.system.leader_cycles $(ARGS)

chaos: .venv/dev-installed ## Strike a city under load with faults, check every promise (ARGS='--minutes 60')
	@$(BIN)/python -m loadtests.chaos $(ARGS)

compose-proof: .venv/dev-installed secrets ## Run compose.yaml and break it (ARGS='--people 500 --keep')
	@$(BIN)/python -m tests.system.compose_proof $(ARGS)

simulate: .venv/dev-installed ## Simulate whole histories with faults (options: SEEDS=2000 ARGS='--seed 123')
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(ARGS)

check: .venv/dev-installed ## Check format, lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

bench: .venv/dev-installed ## Measure allocator, rivals and waiting room here (ARGS='--only room')
	@$(BIN)/python -m loadtests.bench $(ARGS)

peers: .venv/dev-installed ## Measure Seiriken beside a plain site and pretix (ARGS='--only django')
	@$(BIN)/python -m loadtests.peers $(ARGS)

performance: .venv/dev-installed ## Measure everything (two hours) and write docs/performance.md
	@$(BIN)/python -m loadtests.bench --long --record
	@$(BIN)/python -m loadtests.peers --people 1000 --runs 3 --json docs/performance/peers.json
	@$(BIN)/python -m loadtests.bench.recording
	@$(BIN)/python -m loadtests.costs --json seiriken/unit-costs.json

scale: .venv/dev-installed ## Simulate 10 thousand to 100 million residents, write docs/scale.md
	@$(BIN)/python -m loadtests.simulate --scale

costs: .venv/dev-installed ## Measure what one of each thing costs, for `seiriken size`
	@$(BIN)/python -m loadtests.costs --json seiriken/unit-costs.json

load: .venv/dev-installed ## Let a crowd come to the city that `make up` runs (ARGS='--surge spike')
	$(LOCUST) --headless --only-summary --loglevel ERROR --csv var/load/locust $(ARGS)

load-ui: .venv/dev-installed ## The same from a web page on 127.0.0.1:8089
	$(LOCUST) --web-host 127.0.0.1 $(ARGS)

dashboards: .venv/dev-installed ## Write Grafana's dashboards (monitoring/grafana/json) from their Python
	@$(BIN)/python -m monitoring.grafana

format: .venv/dev-installed ## Format the code and repair what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev-installed ## Lock the dependencies again (newest releases: ARGS=--upgrade)
	$(BIN)/uv pip compile $(LOCKING) --group build --output-file requirements/run.txt
	$(BIN)/uv pip compile $(LOCKING) --group dev --constraint requirements/run.txt \
	  --output-file requirements/dev.txt
	$(BIN)/uv pip compile $(filter-out pyproject.toml,$(LOCKING)) --group locust \
	  --constraint requirements/dev.txt --output-file requirements/load.txt
	$(BIN)/uv pip compile $(filter-out pyproject.toml,$(LOCKING)) --group peers \
	  --output-file requirements/peers.txt

clean: ## Remove the virtual environment and caches (never a city's data)
	rm -rf .venv .venv-peers .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage

LOCUST = $(BIN)/locust -f loadtests/locustfile.py --home var/demo

# Most tests wait for servers: two files at a time, each with servers of its own.
SIDE_BY_SIDE = --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Unit tests alone reach every branch of the pure modules; to look at that would slow all others.
BEYOND_UNITS = tests/simulation tests/integration tests/security tests/system tests/browser

LOCKING = pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
  --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(ARGS)

# The virtual environment. A stamp is as old as the lock that was installed last.

.venv/bin/python:
	@PYTHON='$(PYTHON)' sh deploy/make-venv.sh .venv

.venv/run-installed: .venv/bin/python requirements/run.txt pyproject.toml
	@echo 'Installing (once for each change of requirements/run.txt) ...'
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@sh deploy/find-redis.sh $(BIN)/python
	@touch $@

.venv/dev-installed: .venv/run-installed requirements/dev.txt
	@echo 'Installing the tools of developers ...'
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@
