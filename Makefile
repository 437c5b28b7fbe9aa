# Needs Python 3.11 or newer and make; everything else is installed into $(VENV).
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(VENV)/bin
RAW ?= data/raw
CONFIG ?= configs/release.yaml
ACCELERATE ?= configs/accelerate/cpu.yaml
RUN := runs/$(basename $(notdir $(CONFIG)))
RESULT := results/$(basename $(notdir $(CONFIG)))
EXTRAS ?= train,offline,openvino,dev
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: demo model benchmark test soak format clean help

help: ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

demo: $(BIN)/.installed ## Train, calibrate, export and use a demonstration model: about ten minutes on two cores.
	HF_HUB_OFFLINE=1 $(BIN)/accelerate launch --config_file configs/accelerate/cpu.yaml \
		train/train.py --config configs/demo.yaml --run demo/run --overwrite
	HF_HUB_OFFLINE=1 $(BIN)/scamclf export demo/run demo/bundle --overwrite
	HF_HUB_OFFLINE=1 $(BIN)/scamclf evaluate --bundle demo/bundle --data demo/run/data
	rm -rf demo/scores
	$(BIN)/scamclf score data/samples.jsonl --bundle demo/bundle --out demo/scores --format jsonl --top 4

model: $(BIN)/.installed ## Train CONFIG on the corpora in RAW, calibrate, export, evaluate: an hour on two cores. Goes on where it was stopped.
	HF_HUB_OFFLINE=1 $(BIN)/accelerate launch --config_file $(ACCELERATE) train/train.py --config $(CONFIG) --raw $(RAW) --run $(RUN) --resume
	HF_HUB_OFFLINE=1 $(BIN)/scamclf export $(RUN) $(RUN)-bundle --overwrite
	HF_HUB_OFFLINE=1 $(BIN)/scamclf evaluate --bundle $(RUN)-bundle --data $(RUN)/data --out $(RESULT).json
	$(BIN)/scamclf report $(RESULT).json $(RESULT).html
	$(BIN)/scamclf report $(RESULT).json $(RESULT).svg

benchmark: $(BIN)/.installed ## Leave each source of CONFIG out in turn, then look closely at its bundle: a training for every source. Goes on where it was stopped.
	HF_HUB_OFFLINE=1 $(BIN)/scamclf benchmark --config $(CONFIG) --raw $(RAW) --run $(RUN)-benchmark --out $(RESULT)-benchmark.json
	if [ -d $(RUN)-bundle ]; then HF_HUB_OFFLINE=1 $(BIN)/scamclf benchmark --bundle $(RUN)-bundle --data $(RUN)/data --out $(RESULT)-closer.json; fi

test: $(BIN)/.installed ## Lint, types and the whole test suite; of the engines that EXTRAS names (ray, spark).
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	HF_HUB_OFFLINE=1 $(BIN)/pytest --numprocesses 2 --dist loadfile

soak: $(BIN)/.installed ## Kill jobs 1,000 times and read 1,000,000 broken files: an hour on two idle cores.
	HF_HUB_OFFLINE=1 $(BIN)/scamclf train --config configs/smoke.yaml --run demo/soak-run --overwrite
	HF_HUB_OFFLINE=1 $(BIN)/scamclf export demo/soak-run demo/soak-bundle --overwrite
	$(BIN)/python scripts/soak.py --bundle demo/soak-bundle --out results/soak.json

format: $(BIN)/.installed ## Format the code and mend what lint can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environment and everything that the two commands made.
	rm -rf $(VENV) demo .pytest_cache .ruff_cache .mypy_cache
