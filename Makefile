# Every target sets up what it needs: `make demo` and `make test` work on a fresh clone with Python 3.11+ alone.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# uv trusts the certificates of the system, as pip does: a proxy that opens TLS has its own there.
export UV_NATIVE_TLS := 1
export UV_SYSTEM_CERTS := 1
LOCKS  := requirements/uv.txt requirements/dev.txt

.PHONY: help demo test soak fuzz faults bench mutants lint format conformance browser pictures lock schema dist audit clean reliability
.DEFAULT_GOAL := help

help:  ## what can be made here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 20

$(VENV)/.ready: $(LOCKS) pyproject.toml
	@echo "setting up $(VENV) from the hash-locked requirements (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11")'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes $(LOCKS)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/.ready  ## the main job on the embedded sandbox: plan, reports, apply, empty second plan
	@$(BIN)/reconciler demo

# The stories of tests/end_to_end run untraced: coverage doubles their time and adds no line that tests/apply has not.
# Those about the commands themselves are traced. Then every line and branch of PURE, and 95 % of all, has to have run.
COMMANDS := $(patsubst %,tests/end_to_end/test_%.py,edits github options saved_readings)
PURE     := reconciler/errors.py,reconciler/model/*,reconciler/planning/*,reconciler/render/*,reconciler/apply/*
test: $(VENV)/.ready  ## every test that needs only Python; then all of the pure parts and 95 % of the rest must have run
	@$(BIN)/python -m pytest -q -n auto --ignore=tests/end_to_end --cov --cov-report=
	@$(BIN)/python -m pytest -q -n auto $(COMMANDS) --cov --cov-append --cov-report=
	@$(BIN)/python -m pytest -q -n auto tests/end_to_end $(COMMANDS:%=--ignore=%)
	@$(BIN)/coverage report --fail-under=95
	@$(BIN)/coverage report --fail-under=100 --include='$(PURE)'

# Each history is eight steps; SOAK=2000 is a night's work. What fails is shrunk and printed with how to repeat it.
SOAK ?= 250
soak: $(VENV)/.ready  ## thousands of random steps of a company (SOAK=250 histories); counts in build/reliability
	@SOAK_HISTORIES=$(SOAK) $(BIN)/python -m pytest -q -p no:logging tests/end_to_end/test_histories.py tests/end_to_end/test_undo_forged.py
	@SOAK_HISTORIES=$(SOAK) $(BIN)/python -m pytest -q -n auto -m hypothesis tests/planning

# Every call of a run that writes everything, and every fault there is: most of an hour on two busy cores.
faults: $(VENV)/.ready  ## every fault at every call of a run, some 2,300 cases; counts in build/reliability
	@FAULTS=all $(BIN)/python -m pytest -q -n auto -p no:logging tests/end_to_end/test_sweep.py tests/end_to_end/test_at_once.py

# BENCH=small takes seconds, BENCH="startup usual" those two; bench/__init__.py says what there is and how to add to it.
bench: $(VENV)/.ready  ## time and memory in ratios, up to 999 groups of 999; a table, and build/bench.json (15 min)
	@$(BIN)/python -m bench

# Coverage-guided where atheris installs, beside mutations of a corpus; FUZZ is in minutes, for all targets together.
FUZZ ?= 10
build/fuzz/lib/.ready: $(VENV)/.ready tests/fuzz/requirements-atheris.txt
	@rm -rf build/fuzz/lib
	@mkdir -p build/fuzz
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --target build/fuzz/lib --require-hashes \
	    -r tests/fuzz/requirements-atheris.txt && touch $@ || echo "fuzz: atheris does not install here, going on without"

fuzz: build/fuzz/lib/.ready  ## every reader of foreign text on inputs that are others each time (FUZZ=10 minutes)
	@$(BIN)/python -m tests.fuzz.campaign --minutes $(FUZZ)

# Both tools have an environment of their own. A run that was ended goes on where it was; a whole one takes a night.
MUTATE := .venv-mutants
$(MUTATE)/.ready: requirements/mutants.txt requirements/dev.txt $(VENV)/.ready
	@rm -rf $(MUTATE)
	@$(BIN)/uv venv --quiet --python $(BIN)/python $(MUTATE)
	@VIRTUAL_ENV=$(MUTATE) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes $(LOCKS) requirements/mutants.txt
	@touch $@

MUTANTS ?=
mutants: $(MUTATE)/.ready  ## is every line of the pure and of the wire code held by a test? (MUTANTS="planning/guards.py")
	@$(MUTATE)/bin/python -m tests.mutants.run $(MUTANTS)

reliability: $(VENV)/.ready  ## write the figures of faults, soak, fuzz and mutants into docs/reliability.md
	@$(BIN)/python -m tests.reliability.figures

# actionlint looks for shellcheck on the path.
lint: $(VENV)/.ready  ## ruff, mypy, and what judges the workflows and the action
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -p reconciler -p bench
	@PATH="$(CURDIR)/$(BIN):$$PATH" actionlint .github/workflows/*.yml
	@$(BIN)/zizmor --offline --quiet --no-progress .github action.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml

format: $(VENV)/.ready  ## let ruff rewrite what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

conformance: $(VENV)/.ready  ## the sandbox judged by clients written elsewhere (own environments, downloads about 60 MB)
	@bash tests/conformance/run

browser: $(VENV)/.ready  ## the report in a real Chromium (Debian: apt-get install chromium); pictures in build/browser
	@$(BIN)/python -m pytest -q tests/browser/check_report.py

# Tools of the release and of the audit have an environment of their own, locked like everything else.
SUPPLY := .venv-supply
$(SUPPLY)/.ready: requirements/supply.txt $(VENV)/.ready
	@rm -rf $(SUPPLY)
	@$(BIN)/uv venv --quiet --python $(BIN)/python $(SUPPLY)
	@VIRTUAL_ENV=$(SUPPLY) $(BIN)/uv pip sync --quiet --require-hashes requirements/supply.txt
	@touch $@

# TAG=v1.2.3 checks that the version is that of the tag.
dist: $(SUPPLY)/.ready  ## wheel and sdist of HEAD, built three times and equal, list of parts and sums in dist/
	@rm -rf dist
	@$(BIN)/python -m supply.release dist --cyclonedx $(SUPPLY)/bin/cyclonedx-py $(if $(TAG),--tag $(TAG))

audit: $(SUPPLY)/.ready  ## pip-audit over every lock; what it did not look up is a failure
	@$(SUPPLY)/bin/python -m supply.audit requirements/*.txt

pictures: $(VENV)/.ready  ## the pictures of the docs, from real runs (Debian: apt-get install chromium)
	@$(BIN)/python -m docs.make.pictures

schema: $(VENV)/.ready  ## write schema/, docs/file.md and docs/commands.md anew from models and commands
	@$(BIN)/python -m reconciler.config.schema schema
	@$(BIN)/python docs/make/file_page.py
	@$(BIN)/python docs/make/commands_page.py

lock: $(VENV)/.ready  ## pin every dependency anew, with hashes
	@echo uv | $(BIN)/uv pip compile - --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --universal -o requirements/uv.txt
	@$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --all-extras --group dev --python-version 3.11 --universal -o requirements/dev.txt
	@$(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --all-extras --constraints requirements/dev.txt --python-version 3.11 --universal -o requirements/runtime.txt
	@printf 'pip-audit\ncyclonedx-bom\n' | $(BIN)/uv pip compile - --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal -o requirements/supply.txt
	@printf 'mutmut\ncosmic-ray\n' | $(BIN)/uv pip compile - --quiet --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --constraints requirements/dev.txt --python-version 3.11 --universal -o requirements/mutants.txt
	@echo pypi-attestations | $(BIN)/uv pip compile - --quiet --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal -o requirements/publish.txt

clean:  ## remove what make made
	@rm -rf $(VENV) $(SUPPLY) $(MUTATE) .pytest_cache .mypy_cache .ruff_cache .coverage build dist
