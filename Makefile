# make train: set up, then learn a real Atari game.  make test: set up, then lint, types and fast tests.
PYTHON ?= python3
# CPU-only or CUDA builds from another index: make setup TORCH="torch==2.13.0 --index-url ADDRESS" (see pytorch.org)
TORCH ?= torch==2.13.0
BIN := .venv/bin

.PHONY: setup train test test-slow lint clean

train: setup
	$(BIN)/python train.py --config configs/quickstart.yaml

test: setup lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not slow" -n 2

test-slow: setup
	$(BIN)/python -m pytest -q -m slow

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

setup: .venv/ready

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed: apt install python3, or make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "error: Python's venv is needed: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache worldmodel.egg-info
