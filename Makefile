# `make demo` and `make test` do everything on a fresh machine: they make .venv and install what
# requirements/ pins. Paths are relative, so that a folder with spaces in its name works too.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?=
TORCH_INDEX ?=
BIN := .venv/bin
WORKERS ?= 2

# The browser's tests are a run of their own: Playwright's event loop stays in the thread it started in.
.PHONY: help demo docs notebook test test-slow test-train test-lives test-money test-batches test-crashes fuzz audit sbom check bench bench-annotate bench-lead soak bench-browse bench-routing bench-quality bench-attacks bench-reward lock clean setup setup-demo setup-docs setup-train

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | awk -F ':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

setup:
	@PYTHON="$(PYTHON)" bash tools/setup.sh dev

setup-demo: setup
	@bash tools/setup.sh demo

setup-docs: setup
	@bash tools/setup.sh docs

# TORCH_INDEX names an index with the build you want, as PyTorch's own page says: CPU, or your GPU's.
setup-train: setup ## what training reward models needs (1.5 GB); TORCH_INDEX=URL picks the build of torch
	@TORCH_INDEX="$(TORCH_INDEX)" bash tools/setup.sh train

demo: setup-demo ## real pairs, a real small model, end to end: leaves a dataset and a report in demo/
	@$(BIN)/python -m pairwright.demo demo

docs: setup-docs ## the docs as a site, in site/; a broken link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --clean

notebook: setup-docs setup-train ## run examples/*.py and keep them as notebooks, with what they print
	@$(BIN)/python tools/notebook.py

test: check ## set up, check style and types, run the fast tests
	@$(BIN)/python -m pytest -n $(WORKERS) -rs --ignore=tests/slow --ignore=tests/browser
	@$(BIN)/python -m pytest -n $(WORKERS) -rs tests/browser

test-slow: setup-demo setup-docs ## tests that take minutes or need the local model; those that need TRL say so
	@$(BIN)/python -m pytest -rs --ignore=tests/browser tests
	@$(BIN)/python -m pytest -rs tests/browser

test-train: setup-demo setup-docs setup-train ## tests that train real models: reward models by TRL, what trainers read, the notebook
	@$(BIN)/python -m pytest -rs tests/slow

LIVES ?= 20
STEPS ?= 40
SEED ?=
test-lives: setup ## LIVES projects of STEPS steps each, beside a twin, killed now and then; SEED=N chooses which
	@LIVES=$(LIVES) STEPS=$(STEPS) $(BIN)/python -m pytest -rs tests/living $(if $(SEED),--hypothesis-seed=$(SEED))

test-money: setup ## 10,000 faulty calls and budgets held against a stand-in's bill; prints what was booked (minutes)
	@$(BIN)/python -m pytest -q -n0 -s tests/slow/test_money.py

test-batches: setup ## 200 kills around batches, and PAIRS=5000 pairs in them: billed, booked, labelled (minutes)
	@$(BIN)/python -m pytest -q -n0 -s tests/slow/test_batch_kills.py tests/slow/test_batch_of_50000.py

KILLS ?= 12
test-crashes: setup ## every step killed KILLS=12 times on either store, the page and the database too; prints what came of it
	@KILLS=$(KILLS) $(BIN)/python -m pytest -q -n0 -s tests/slow/test_crashes.py

SECONDS ?= 60
fuzz: setup ## fuzzing guided by coverage: TARGET=verdict SECONDS=60; TARGET=all for each (needs atheris)
	@for target in $(if $(filter all,$(TARGET)),$$($(BIN)/python fuzz list),$(TARGET)); do $(BIN)/python fuzz $$target $(SECONDS); done

audit: setup ## known vulnerabilities of what requirements/ pins, by PyPI's advisories (needs pip-audit and the network)
	@command -v pip-audit >/dev/null || { echo "needs pip-audit: pip install pip-audit"; exit 1; }
	@for file in run demo dev docs train; do echo "$$file.txt"; pip-audit --strict --require-hashes --disable-pip -r requirements/$$file.txt || exit 1; done

sbom: ## the dependencies as CycloneDX, in dist/sbom.json (needs cyclonedx-py)
	@command -v cyclonedx-py >/dev/null || { echo "needs cyclonedx-py: pip install cyclonedx-bom"; exit 1; }
	@mkdir -p dist && cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml --output-reproducible -o dist/sbom.json && echo dist/sbom.json

check: setup ## ruff and mypy
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/python -m mypy --no-error-summary

bench: setup ## speed and memory, beside what else one would use
	@$(BIN)/python benchmarks/judge.py
	@$(BIN)/python benchmarks/client.py
	@$(BIN)/python benchmarks/million.py

bench-annotate: setup ## the annotation page under load (STORE=postgresql://... for PostgreSQL)
	@$(BIN)/python benchmarks/annotate.py $(if $(STORE),--store $(STORE))

bench-lead: setup ## the lead's pages and `status` at a million votes (STORE=postgresql://... for PostgreSQL)
	@$(BIN)/python benchmarks/lead.py $(if $(STORE),--store $(STORE))

MINUTES ?= 60
soak: setup ## people, a judge, exports and reports at once for MINUTES=60 (STORE=postgresql://... for PostgreSQL)
	@$(BIN)/python benchmarks/soak.py --minutes $(MINUTES) $(if $(STORE),--store $(STORE))

bench-browse: setup ## pages of the pairs and the report, on 120,000 pairs
	@$(BIN)/python benchmarks/browse.py

bench-routing: setup ## what judges' verdicts are worth, on recorded sets (PAIRWRIGHT_DATA)
	@$(BIN)/python benchmarks/routing

bench-quality: setup ## what the checks find, on real sets and planted faults, and how fast (PAIRWRIGHT_DATA)
	@$(BIN)/python benchmarks/quality

PART ?= flips
bench-attacks: setup-demo ## PART=flips: a judge's verdicts under attack; PART=found: what `injection` finds (PAIRWRIGHT_DATA)
	@$(BIN)/python benchmarks/attacks $(PART) $(if $(URL),--url $(URL) --model $(MODEL) $(if $(KEY_ENV),--key-env $(KEY_ENV)))

bench-reward: setup ## whether a reward model finds wrong labels, on real sets with labels flipped (PAIRWRIGHT_DATA)
	@$(BIN)/python benchmarks/reward

# Needs uv. No index is named in the files: pip uses whichever it is set up for.
UV ?= uv
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: ## pin all dependencies anew (needs uv)
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	@$(COMPILE) --group demo --no-deps -o requirements/demo.txt
	@$(COMPILE) --group docs -c requirements/dev.txt -o requirements/docs.txt
	@$(COMPILE) pyproject.toml --extra train --override requirements/no-torch.txt --no-emit-package torch -c requirements/dev.txt -o requirements/train.txt

clean: ## remove what the targets made
	@rm -rf .venv demo dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
