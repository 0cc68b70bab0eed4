# The commands of this checkout. Each of them makes or updates .venv first, which costs nothing when nothing changed.
# Set-up speaks on stderr: stdout is the command's own (make demo ARGS="--for 20 --json" > demo.json).

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# The steps of `check` go from cheap to dear and end with the tests, also under -j.
.NOTPARALLEL:

# T: what to test (a path, or path::name). JOBS: processes to share the tests among (2, or none for a T). ARGS: options handed on.
T ?=
JOBS ?= $(if $(T),,2)
ARGS ?=
# SEED: the simulated day to play.
SEED ?= 1

BIN := .venv/bin
CODE := src tests bench

.PHONY: help
help: ## List these commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make or update .venv and the web console (PYTHON=python3.12 chooses the interpreter)
	@tools/setup.sh
	@tools/console.sh

.PHONY: console
console: ## Build the web console out of console/, or say why it cannot be built
	@tools/setup.sh
	@OUTDIAL_CONSOLE=require tools/console.sh

.PHONY: demo
demo: setup ## Dial the example list with simulated agents and a simulated carrier (ARGS="--for 20 --json")
	@$(BIN)/outdial demo $(ARGS)

.PHONY: test
test: setup ## Run the tests (T=tests/domain/test_retry.py, JOBS=2, ARGS="-x -k busy")
	@tools/test-packages.sh
	@# Tests that are slow to begin are a group each (xdist_group): one process has all of them.
	@$(BIN)/python -m pytest $(if $(JOBS),-n $(JOBS) --dist loadgroup) $(ARGS) $(T)

.PHONY: sim
sim: setup ## Play a simulated day on which everything goes wrong again (SEED=8231)
	@OUTDIAL_TEST_SEED=$(SEED) $(BIN)/python -m pytest tests/simulation/test_faults.py -k "promises_hold" $(ARGS)

.PHONY: conformance
conformance: setup ## Start a server and run the conformance kit of the protocol against it (ARGS="-k paged")
	@$(BIN)/python -m tests.acceptance.conformance $(ARGS)

.PHONY: bench-api
bench-api: setup ## Compare hot routes with a bare route that returns the same bytes (a minute; ARGS="--rounds 3")
	@$(BIN)/python bench/api.py $(ARGS)

.PHONY: bench-stream
bench-stream: setup ## What the console's stream costs: encoding, and pages that one core carries (half a minute)
	@$(BIN)/python bench/stream.py $(ARGS)

.PHONY: bench-console
bench-console: setup ## What a dashboard of 500 agents costs its browser (two minutes; ARGS="--ticks 600"; needs Chromium)
	@tools/test-packages.sh
	@$(BIN)/python -m bench.console $(ARGS)

.PHONY: bench-pacing
bench-pacing: setup ## Compare our pacer with others' on the same simulated shifts (minutes; ARGS="--form full": hours)
	@$(BIN)/python -m bench.pacing $(ARGS)

.PHONY: bench-sip
bench-sip: setup ## Measure what calls over SIP cost, with sipp as carrier and phones (two minutes; ARGS="--levels 20:100")
	@tools/test-packages.sh
	@$(BIN)/python -m bench.sip $(ARGS)

.PHONY: bench-detection
bench-detection: setup ## Measure how well people are told from machines, on greetings spoken for it (a minute)
	@tools/test-packages.sh
	@$(BIN)/python -m bench.detection $(ARGS)

.PHONY: check
check: format-check lint types imports deps spelling console-check test ## What a merge must pass: all of the checks below, then the tests

.PHONY: format
format: setup ## Lay out the code, and mend what the linter can mend by itself
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: format-check
format-check: setup
	@$(BIN)/ruff format --check $(CODE)

.PHONY: lint
lint: setup ## Look for mistakes with ruff
	@$(BIN)/ruff check $(CODE)

.PHONY: types
types: setup ## Check the types with mypy --strict
	@$(BIN)/mypy

.PHONY: imports
imports: setup ## Check that imports point inwards
	@$(BIN)/lint-imports --no-logo

.PHONY: deps
deps: setup ## Compare what is imported with what pyproject.toml asks for
	@$(BIN)/deptry src

.PHONY: spelling
spelling: setup ## Look for misspelled words
	@$(BIN)/codespell

.PHONY: console-check
console-check: setup ## Check the console: ESLint, types made anew from docs/openapi.json, unit tests (left out without Node, but not in CI)
	@$(BIN)/python tools/console.py check

.PHONY: screenshots
screenshots: setup ## Take pictures of every page of the console, light and dark (ARGS="FOLDER --readme"; needs Chromium)
	@tools/test-packages.sh
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

.PHONY: console-types
console-types: ## Write the types of the API for an editor (they are never committed, so they cannot be stale)
	@cd console && npm run --silent types

.PHONY: lock
lock: setup ## Compile requirements/*.txt anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@tools/lock.sh $(ARGS)

.PHONY: openapi
openapi: setup ## Write the API's description anew into docs/openapi.json (a test fails while that is out of date)
	@$(BIN)/outdial openapi --out docs/openapi.json

.PHONY: clean
clean: ## Remove .venv and the tools' caches
	@rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist src/outdial/static console/node_modules console/dist console/.types
