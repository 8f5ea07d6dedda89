# Every verb of this repository. `make` alone prints them.
PYTHON_IN := .venv/bin/python
TEST_WORKERS ?= 2
SOURCES := shared functions local scripts
# A test run starts both emulators once, here, and not once per worker.
WITH_EMULATORS := $(PYTHON_IN) -m tests.support.emulators --
PYTEST := $(PYTHON_IN) -m pytest
NPM := $(PYTHON_IN) -m scripts.frontend npm

unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONHOME
unexport PYTHONPATH
.DEFAULT_GOAL := help
.PHONY: help dev test test-faults bench web-figures screenshots format lint types frontend architecture openapi infra clean setup-run setup-dev

help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: setup-run ## Set up what is needed and serve the product at http://localhost:8080 (PORT, REGGIE_HOME)
	@exec $(PYTHON_IN) -m local

test: setup-dev ## Set up what is needed and run every quick check: lint, types, web app, architecture, tests, infra
	@status=0; \
	$(MAKE) --no-print-directory --keep-going lint types frontend infra || status=1; \
	echo "== tests (TESTS= to choose, PYTEST_ARGS= to add)"; \
	$(WITH_EMULATORS) $(PYTEST) -n $(TEST_WORKERS) --dist loadgroup -m "not faults and not localmodel" $(PYTEST_ARGS) $(TESTS) || status=1; \
	echo "== tests with the local model, alone: it takes both cores"; \
	$(PYTEST) -m localmodel $(PYTEST_ARGS) $(TESTS); code=$$?; if [ $$code != 0 ] && [ $$code != 5 ]; then status=1; fi; \
	if [ $$status != 0 ]; then echo "make test: something above failed" >&2; fi; exit $$status

test-faults: setup-dev ## Run the long tests, which kill real processes
	@echo "== fault tests"
	@$(WITH_EMULATORS) $(PYTEST) -m faults $(PYTEST_ARGS) $(TESTS); status=$$?; \
	if [ $$status = 5 ]; then echo "no test is marked faults"; exit 0; fi; exit $$status

bench: setup-dev ## Measure this product beside agno's AgentOS; writes docs/benchmarks.md
	@$(PYTHON_IN) -m scripts.bench $(BENCH_ARGS)

web-figures: setup-dev ## Measure the web app in Chromium; writes docs/web-app.md
	@$(PYTHON_IN) -m tests.e2e.web.figures

screenshots: setup-dev ## Take the pictures in docs/screenshots anew (needs Chromium)
	@$(PYTHON_IN) -m tests.e2e.web.screenshots

format: setup-dev ## Format the Python sources and sort their imports
	@$(PYTHON_IN) -m ruff check --quiet --fix --select I .
	@$(PYTHON_IN) -m ruff format .
	@if command -v terraform >/dev/null 2>&1; then terraform fmt -recursive infra/terraform; fi

lint: setup-dev ## Check style and formatting
	@echo "== lint"
	@$(PYTHON_IN) -m ruff check .
	@$(PYTHON_IN) -m ruff format --check --quiet . || { echo "not formatted: run make format" >&2; exit 1; }
	@$(NPM) lint

types: setup-dev ## Check types, strictly
	@echo "== types"
	@$(PYTHON_IN) -m mypy $(SOURCES) tests
	@$(NPM) types

frontend: setup-dev ## Check the web app: its types of the API, its logic, the weight of its pages
	@echo "== web app"
	@$(NPM) api:check
	@$(NPM) test
	@$(NPM) budget

architecture: setup-dev ## Check only the house's rules: imports, sizes, names, routes, cold starts
	@$(PYTEST) -q tests/architecture

openapi: setup-dev ## Write functions/openapi.json from functions/routes.yaml and the handlers
	@$(PYTHON_IN) -m scripts.openapi

infra: setup-dev ## Check cloudbuild.yaml and the format of infra/terraform
	@echo "== infra"
	@$(PYTHON_IN) -m check_jsonschema --quiet --builtin-schema vendor.cloudbuild cloudbuild.yaml
	@if command -v terraform >/dev/null 2>&1; then terraform fmt -check -recursive infra/terraform; \
	else echo "terraform is not installed: its format is not checked here"; fi

clean: ## Remove what tools have written; keeps .venv and .local
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

setup-run:
	@scripts/setup run
	@$(PYTHON_IN) -m scripts.frontend run

setup-dev:
	@scripts/setup dev
	@$(PYTHON_IN) -m scripts.frontend dev
