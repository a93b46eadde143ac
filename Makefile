# make train      install into .venv, then train both models; an interrupted run resumes
# make test       lint, types, layers and the fast tests
# make test-fast  the fast tests only
# make test-slow  the tests that take minutes
# make test-slurm the tests on a private SLURM; as root, with the packages slurm-wlm and munge
# make test-mutations  take one protection after the other away; a test must notice each
# make lint       lint, types and layers only
# make format     put the code into the common format
# make accuracy   train both models in all ways that docs/accuracy.md tabulates; goes on where it was
# make docs       generate the references, the page of errors and the notebook of the tour again
# make site       the pages as a site in build/site; a warning is an error
# make clean      remove the environment and the caches, keep the results

BASE_PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPING := $(VENV)/.installed-dev
# Byte code is made of what is imported, not of all that PyTorch holds: a minute less.
PIP := $(BIN)/python -m pip install --quiet --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
SHELL := bash
# Without byte code every process would compile PyTorch anew, for five seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: train standard hamiltonian test test-fast test-slow test-slurm test-mutations lint format accuracy docs site clean
.DEFAULT_GOAL := train

train: $(INSTALLED)
	@$(MAKE) --no-print-directory --jobs 2 standard hamiltonian

# A Ctrl+C is for the training, which says what it has saved.
standard hamiltonian: $(INSTALLED)
	@set -o pipefail; $(BIN)/python main.py --model_type $@ --checkpoint_dir outputs/$@/checkpoints 2>&1 \
		| (trap '' INT TERM HUP; sed -u 's/^/$@: /')

# mypy keeps one processor busy for half a minute; the tests begin meanwhile.
test: $(DEVELOPING)
	@$(MAKE) --no-print-directory --jobs 2 lint test-fast

test-fast: $(DEVELOPING)
	$(BIN)/python -m pytest -m "not slow and not slurm" -n auto --dist worksteal

test-slow: $(DEVELOPING)
	$(BIN)/python -m pytest -m slow --timeout 0

test-slurm: $(DEVELOPING)
	@$(BIN)/python tests/slurm/cluster.py --check
	$(BIN)/python -m pytest -m slurm --timeout 0 --durations=0 tests/slurm

test-mutations: $(DEVELOPING)
	$(BIN)/python -m tests.mutate

lint: $(DEVELOPING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEVELOPING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

accuracy: $(DEVELOPING)
	$(BIN)/python benchmarks/accuracy.py

docs: $(DEVELOPING)
	$(BIN)/python docs/generate_command_line.py
	$(BIN)/python docs/generate_python_reference.py
	$(BIN)/python docs/generate_errors.py
	$(BIN)/python docs/generate_tour.py

site: $(DEVELOPING)
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs build/site --doctree-dir build/doctrees

# torch goes first and alone: where a CPU build of the pinned version is offered, pip takes it.
$(INSTALLED): pyproject.toml constraints.txt
	@echo "installing into $(VENV), half a minute or more"
	test -d $(VENV) || $(BASE_PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable .
	touch $@

$(DEVELOPING): $(INSTALLED)
	$(PIP) --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
