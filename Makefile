# make demo     see what it does, in twenty seconds
# make test     everything: tests, lint, types, contracts, generated files
# make quick    the quick part of the tests
# make harm     kill, fail and cut the power of every command at every call, where the tests take a sample: hours
# make coverage the domain's own tests, and which of its lines and branches they miss
# make check    lint, format, types, import contracts
# make docs     renew the generated files
# make bench    the speed table, beside what else one could use
#
# Each makes .venv in this directory when it is missing or out of date; Python 3.11 or newer is all it takes.

# The first Python that is new enough; make PYTHON=… names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
# A Python that was named is the one to use, even where .venv was made with another.
EXACTLY := $(if $(filter command environment,$(origin PYTHON)),exactly)
PY := .venv/bin/python
# Workers of the tests: one a processor.
JOBS ?= auto

.PHONY: help demo test quick harm coverage check docs bench venv venv-run fmt lock clean
.NOTPARALLEL:

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: venv-run
	@$(PY) -m modelkeep demo

test: check
	$(PY) -m pytest -n $(JOBS) --dist worksteal

quick: venv
	$(PY) -m pytest -n $(JOBS) --dist worksteal -m "not slow and not shell and not linux"

harm: venv
	$(PY) -m pytest -n $(JOBS) --dist worksteal --full -m full tests/harm $(ARGS)

coverage: venv
	@rm -f .coverage .coverage.*
	$(PY) -m coverage run -m pytest -q -n $(JOBS) tests/domain tests/policy tests/changes tests/reads tests/maintenance tests/test_laws.py
	@$(PY) -m coverage combine -q
	$(PY) -m coverage report

check: venv
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -c 'import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())'

docs: venv
	$(PY) -m tools

bench: venv
	$(PY) -m benchmarks $(ARGS)

fmt: venv
	$(PY) -m ruff check --fix-only --exit-zero
	$(PY) -m ruff format

lock:
	.ci/lock

venv: python
	@"$(PYTHON)" .ci/env.py test $(EXACTLY)

venv-run: python
	@"$(PYTHON)" .ci/env.py run $(EXACTLY)

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "modelkeep needs Python 3.11 or newer, and found none; make PYTHON=/path/to/python3 names one" >&2; exit 2; }

clean:
	rm -rf .venv build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
