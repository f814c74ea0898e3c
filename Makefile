# Two commands do all the set-up: `make build` runs the main job, `make test` runs every test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TRAINER := $(VENV)/.trainer
OUT ?= data/builds/demo
DOMAINS ?= all
TASKS ?= 500
VLLM_PYTHON ?= python3.12
INTEROP_PYTHON ?= python3.12
PORT ?= 4200
# PyTorch to install. Where pip would bring the CUDA build and the machine has no GPU, a smaller one:
# make install TORCH='--extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu'
TORCH ?= torch==2.13.0
SMALL ?= data/builds/train-small

.PHONY: help install build test test-vllm test-interop lint format schemas rules ui bench train-small lock wheel clean

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'toolscale needs Python 3.11 or newer; set PYTHON=...'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(TRAINER): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH) -e '.[dev,train]'
	@touch $@

install: $(TRAINER)  ## Make the virtual environment, the trainer's packages included

build: $(STAMP)  ## Build the demo dataset into data/builds/demo
	$(BIN)/toolscale build --domains $(DOMAINS) --tasks $(TASKS) --seed 7 --out $(OUT) --force

test: $(TRAINER)  ## Run every test
	$(BIN)/python -m pytest -n auto

test-vllm:  ## Run the vLLM backend with a tiny model on the CPU (Python 3.12, some 5 GB)
	test -x .venv-vllm/bin/python || $(VLLM_PYTHON) tests/vllm/install.py .venv-vllm
	VLLM_CPU_KVCACHE_SPACE=1 .venv-vllm/bin/python -m pytest -n0 tests/vllm

test-interop:  ## Run the tests of formats against libraries whose pins differ from ours (TAU2_BENCH=checkout)
	$(INTEROP_PYTHON) -m tests.interop.environments $(if $(TAU2_BENCH),--tau2-bench $(TAU2_BENCH))

lint: $(TRAINER)  ## Run ruff, mypy, the schema check, the rule page's and the domain checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/toolscale schemas
	$(BIN)/toolscale rules --check docs/rules.md
	$(BIN)/toolscale check

format: $(STAMP)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(STAMP)  ## Write the JSON Schemas
	$(BIN)/toolscale schemas --write

rules: $(STAMP)  ## Write docs/rules.md
	$(BIN)/toolscale rules --write docs/rules.md

ui: $(STAMP)  ## Run Prefect's server, its UI and a worker with the deployments of prefect.yaml
	$(BIN)/python -m toolscale.flows.local_service --port $(PORT)

bench: $(TRAINER)  ## Measure, and print the tables of docs/benchmarks.md
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_release

lock:  ## Write constraints.txt from a fresh environment
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet $(TORCH) -e '.[dev,train]'
	$(VENV)-lock/bin/python -m pip freeze --exclude-editable | grep -vE '^(toolscale|torch|triton|nvidia-|cuda-)' > constraints.txt
	rm -rf $(VENV)-lock

train-small: $(TRAINER)  ## Train a small model from nothing on a CPU: before, after SFT, after RL
	BIN=$(BIN) trainer/train_small.sh $(SMALL)

wheel: $(STAMP)  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist .

clean:  ## Remove what was made
	rm -rf $(VENV) .venv-interop dist data/builds .mypy_cache .ruff_cache .pytest_cache .hypothesis
