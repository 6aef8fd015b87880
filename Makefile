# Needs Python 3.11 or newer, its venv module, and make. Everything else comes with `make setup`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup reports lab notebooks-zh site check readme example lint test wheel bench clean

help:  ## Show what make can do
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  ##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

# The stamp is newer than pyproject.toml when the environment is current, so nothing is installed twice.
$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,all,browser]'
	@touch $(STAMP)

setup: $(STAMP)  ## Create .venv and install what is needed, once

reports: $(STAMP)  ## Render the reports of all five cities, and their comparison, into outputs/
	$(BIN)/yilao report --all --out outputs
	$(BIN)/yilao report china --out outputs

lab: notebooks-zh  ## Open the notebooks in JupyterLab, those in Chinese under notebooks/zh
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks

notebooks-zh: $(STAMP)  ## Write the notebooks in Chinese into notebooks/zh
	$(BIN)/python notebooks/zh/build.py

$(VENV)/.site: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[site]'
	@touch $@

site: $(VENV)/.site  ## Build the site into build/site/html (the first time it runs all notebooks, ten minutes)
	$(BIN)/python docs/build.py

check: $(STAMP)  ## Check the data tables
	$(BIN)/yilao check

readme: $(STAMP)  ## Write data/README.md and data/COVERAGE.md anew after a change of the tables
	$(BIN)/python data/builders/readme.py
	$(BIN)/python data/builders/coverage.py

example: $(STAMP)  ## Draw the pictures of the README anew
	$(BIN)/python tests/make_example.py

lint: $(STAMP)  ## Check style of code and notebooks, and type hints
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

test: lint check  ## Lint, check the data, run all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

wheel: $(STAMP)  ## Build the wheel and use it in an empty environment (some minutes)
	$(BIN)/python tests/check_wheel.py

bench: $(STAMP)  ## Measure speed and memory (half an hour)
	$(BIN)/python benchmarks/bench_reports.py 40 --slow 8
	$(BIN)/python benchmarks/bench_reports.py 40 --city --slow 3
	$(BIN)/python benchmarks/bench_memory.py 500
	$(BIN)/python benchmarks/bench_projection.py

clean:  ## Delete the environment, caches and rendered reports
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find outputs -mindepth 1 -maxdepth 1 ! -name README.md ! -name example -exec rm -rf {} +
