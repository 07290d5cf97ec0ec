# Everything that a checkout can do. `make` alone lists it; nothing but make and Python 3.11 or newer is needed.

VENV := .venv
BIN := $(VENV)/bin

# What `make emulate` may be given; passed on through the environment, so that no quote or $ of it is lost.
export EMULATE_INPUT := $(value INPUT)
export EMULATE_DEFINITION := $(value DEFINITION)

.DEFAULT_GOAL := help
.PHONY: help emulate serve test localstack localstack-without-docker test-localstack test-ministack check format bench clean

help: ## List the targets
	@echo "make emulate                         run the example: a background task, from its event to its last child"
	@echo "make emulate TASK=id FROM=my.module  run a background task of yours (APP=my.module:make_app, INPUT='{...}')"
	@echo "make emulate DEFINITION=my.asl.json  run a state machine of yours (HANDLERS=my.module, INPUT='{...}')"
	@echo "make emulate BACKEND=localstack      with its buses, queues and tables there (BACKEND='URL dynamodb=moto', ...)"
	@echo "                                     more of \`emulate run --help\` with ARGS, for example ARGS=--json"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

emulate: $(VENV)/installed$(if $(findstring localstack,$(BACKEND)),-localstack) ## Run the example, or what DEFINITION or TASK names
	@$(BIN)/emulate \
	  $(if $(value DEFINITION),run "$$EMULATE_DEFINITION",task $(TASK)) \
	  $(if $(value INPUT),--input "$$EMULATE_INPUT") \
	  $(foreach spec,$(HANDLERS),--handlers '$(spec)') \
	  $(if $(FROM),--from '$(FROM)') $(if $(APP),--app '$(APP)') \
	  $(foreach place,$(BACKEND),--backend '$(place)') \
	  $(if $(START),--start '$(START)') $(if $(SEED),--seed '$(SEED)') $(ARGS)

serve: $(VENV)/installed-server ## Answer AWS clients over HTTP (PORT=8083 TIME=skip|real HANDLERS=my.module DEFINITION=my.asl.json TASKS=my.tasks)
	@$(BIN)/emulate serve $(if $(PORT),--port '$(PORT)') $(if $(HOST),--host '$(HOST)') $(if $(TIME),--time '$(TIME)') \
	  $(if $(value DEFINITION),--state-machine "$$EMULATE_DEFINITION") \
	  $(foreach spec,$(HANDLERS),--handlers '$(spec)') \
	  $(foreach spec,$(TASKS),--tasks '$(spec)') $(if $(APP),--app '$(APP)') \
	  $(foreach place,$(BACKEND),--backend '$(place)') \
	  $(if $(START),--start '$(START)') $(if $(SEED),--seed '$(SEED)') $(ARGS)

test: $(VENV)/installed-dev ## Run the tests (ARGS="-k name" and the like)
	$(BIN)/pytest -q -n auto $(ARGS)

localstack: ## Start LocalStack, ready on port 4566: by Docker, else from the package index until Ctrl-C
	@if docker compose version >/dev/null 2>&1; then \
	  docker compose --file docker-compose.localstack.yml up --detach --wait && echo "LocalStack is ready on http://localhost:4566"; \
	else $(MAKE) --no-print-directory localstack-without-docker; fi

localstack-without-docker: $(VENV)/installed-dev
	@echo "there is no Docker: LocalStack comes from the package index, without DynamoDB (BACKEND='localstack dynamodb=moto')" >&2
	@$(BIN)/python -m scripts.backends run localstack

test-localstack: $(VENV)/installed-dev ## Run what has to pass at every backend against a LocalStack of its own
	$(BIN)/python -m scripts.backends test localstack -- $(ARGS)

test-ministack: $(VENV)/installed-dev ## The same against MiniStack
	$(BIN)/python -m scripts.backends test ministack -- $(ARGS)

check: $(VENV)/installed-dev ## Format, lint, types, import contracts: what has to be clean besides the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev ## Format the code, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/installed-dev ## Measure, and compare with the bars and with peers (ARGS="--peers moto,ministack")
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]' >&2
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## Delete the virtual environment and what tools leave behind
	rm -rf $(VENV) .backends .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov *.egg-info

# The virtual environment: made once, brought up to date when pyproject.toml changes, otherwise left alone (no network).

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "installing asl-emulator into $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . >&2
	@touch $@

$(VENV)/installed-server: pyproject.toml | $(BIN)/python
	@echo "installing asl-emulator with its HTTP server into $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[graphql,server]' >&2
	@touch $(VENV)/installed $@

$(VENV)/installed-localstack: pyproject.toml | $(BIN)/python
	@echo "installing asl-emulator with localstack-client into $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[localstack]' >&2
	@touch $(VENV)/installed $@

$(VENV)/installed-dev: pyproject.toml | $(BIN)/python
	@echo "installing asl-emulator with its development tools into $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' >&2
	@touch $(VENV)/installed $(VENV)/installed-server $(VENV)/installed-localstack $@

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "making $(VENV) with `$$python --version` ..." >&2; \
	    $$python -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
	    exit 0; \
	  fi; \
	done; \
	echo "error: no Python 3.11 or newer with its venv module was found (python3 is: `python3 --version 2>&1`)." >&2; \
	echo "    Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)," >&2; \
	echo "    or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1
