# Everything a newcomer needs: `make demo` to see it work, `make test` to run every check.
# .venv is made here, again only when pyproject.toml or the constraints changed.

VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

# Some images switch it off that Python keeps what it compiled. The tests start hundreds of processes,
# and each would compile everything again, which takes as long as all the rest of its start.
unexport PYTHONDONTWRITEBYTECODE

QUIET_PIP := --quiet --disable-pip-version-check

.PHONY: help demo test check unit peers coverage test-deep test-cluster compliance images mutants bench bench-full fmt constraints clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Headcount needs Python 3.11 or newer; install it and try again."; exit 1; }
ifdef UV
	@$(UV) venv --quiet --python $(PYTHON) $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
endif

define install
	@echo "Installing into $(VENV) ..."
	@if [ -n "$(UV)" ]; then VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes --no-deps -r $(1) \
	  && VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation -e .; \
	else $(BIN)/python -m pip install $(QUIET_PIP) --require-hashes --no-deps -r $(1) \
	  && $(BIN)/python -m pip install $(QUIET_PIP) --no-deps --no-build-isolation -e .; fi
	@touch $@
endef

$(VENV)/.runtime: pyproject.toml constraints/runtime.txt | $(VENV)/bin/python
	$(call install,constraints/runtime.txt)

$(VENV)/.dev: pyproject.toml constraints/dev.txt | $(VENV)/bin/python
	$(call install,constraints/dev.txt)
	@touch $(VENV)/.runtime

$(VENV)/.bench: pyproject.toml constraints/bench.txt | $(VENV)/bin/python
	$(call install,constraints/bench.txt)
	@touch $(VENV)/.runtime

demo: $(VENV)/.runtime ## a server, an organisation, and Okta running its accounts
	@$(BIN)/headcount demo

test: $(VENV)/.dev .peers/synapse/.done ## every check: format, lint, types, import contracts, tests
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check unit

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.dev .peers/synapse/.done
	$(BIN)/python -m pytest -n 3 --dist worksteal

# Others that the tests need, each in a place of its own: nothing of it comes into ours.
.peers/synapse/.done: constraints/synapse.txt
	@test -n "$(PYTHON)" || { echo "Headcount needs Python 3.11 or newer; install it and try again."; exit 1; }
	@echo "Installing a Synapse for the tests into .peers/synapse ..."
	@rm -rf .peers/synapse
	@if [ -n "$(UV)" ]; then $(UV) venv --quiet --python $(PYTHON) .peers/synapse \
	  && VIRTUAL_ENV=.peers/synapse $(UV) pip install --quiet --require-hashes --no-deps -r $<; \
	else $(PYTHON) -m venv .peers/synapse \
	  && .peers/synapse/bin/python -m pip install $(QUIET_PIP) --no-compile --only-binary :all: --require-hashes --no-deps -r $<; fi
	@touch $@

peers: .peers/synapse/.done ## a Synapse, into which the tests write accounts

coverage: $(VENV)/.dev .peers/synapse/.done ## the tests again, slower, and the branches that none of them takes
	$(BIN)/python -m pytest -n 3 --dist worksteal --cov --cov-report=term

test-deep: $(VENV)/.dev ## every law with 10,000 examples, every killing a hundred times; takes a while
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=deep
	HEADCOUNT_TEST_ROUNDS=100 $(BIN)/python -m pytest tests/embedding/test_killing.py tests/ways/test_killing.py

test-cluster: $(VENV)/.dev ## kill PostgreSQL under load, and see that nothing answered is lost
	$(BIN)/python -m pytest -m cluster tests/cluster

compliance: $(VENV)/.dev ## docs/compliance.md, from what the tests show
	$(BIN)/python scripts/compliance.py

images: $(VENV)/.dev $(VENV)/.bench ## docs/images/console-*.png: the console of a company that is played
	$(BIN)/python -m scripts.images

mutants: $(VENV)/.dev ## break the code on purpose, and see which test notices
	$(BIN)/python scripts/mutants.py

bench: $(VENV)/.bench ## requests per second, beside other servers and an empty answer
	@$(BIN)/python -m bench

bench-full: $(VENV)/.bench ## docs/performance.md: up to 1,000,000 accounts; takes some hours
	@$(BIN)/python -m bench --full --write

fmt: $(VENV)/.dev ## format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE_ALONE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
COMPILE = $(COMPILE_ALONE) pyproject.toml constraints/build.in

constraints: ## newest versions of everything that is used (needs uv)
	$(COMPILE) --upgrade --extra test -o constraints/dev.txt
	$(COMPILE) --upgrade --extra postgres --extra oidc -c constraints/dev.txt -o constraints/runtime.txt
	$(COMPILE) --upgrade --extra bench -c constraints/dev.txt -o constraints/bench.txt
	$(COMPILE_ALONE) --upgrade constraints/synapse.in -o constraints/synapse.txt

clean: ## remove what was made
	rm -rf $(VENV) .bench .peers .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
