# make train      install into .venv, then train both models; an interrupted run resumes
# make test       lint, types, layers and the fast tests
# make test-slow  the tests that take minutes
# make test-slurm the tests on a private SLURM; as root, with the packages slurm-wlm and munge
# make test-mutations  take one protection after the other away; a test must notice each
# make lint       lint, types and layers only
# make format     put the code into the common format
# make accuracy   train both models in all ways that docs/accuracy.md tabulates; goes on where it was
# make docs       generate the reference of the command line again
# make clean      remove the environment and the caches, keep the results

BASE_PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: train test test-slow test-slurm test-mutations lint format accuracy docs clean
.DEFAULT_GOAL := train

train: $(INSTALLED)
	$(BIN)/python main.py --model_type standard --checkpoint_dir outputs/standard/checkpoints
	$(BIN)/python main.py --model_type hamiltonian --checkpoint_dir outputs/hamiltonian/checkpoints

test: lint
	$(BIN)/python -m pytest -m "not slow and not slurm" -n auto --dist worksteal

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -m slow --timeout 0

test-slurm: $(INSTALLED)
	@$(BIN)/python tests/slurm/cluster.py --check
	$(BIN)/python -m pytest -m slurm --timeout 0 --durations=0 tests/slurm

test-mutations: $(INSTALLED)
	$(BIN)/python -m tests.mutate

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

accuracy: $(INSTALLED)
	$(BIN)/python benchmarks/accuracy.py

docs: $(INSTALLED)
	$(BIN)/python docs/generate_command_line.py

# torch goes first and alone: where a CPU build of the pinned version is offered, pip takes it.
$(INSTALLED): pyproject.toml constraints.txt
	test -d $(VENV) || $(BASE_PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
