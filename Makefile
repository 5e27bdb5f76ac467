# `make` alone lists what there is. Every target sets up what it needs first.
.DEFAULT_GOAL := help
SHELL := /bin/sh
EXAMPLE ?= digits
JOBS ?= 2
BIN := .venv/bin

.PHONY: help setup run test lint bench flink spark clean

help: ## this list
	@echo "Graduate: a deep-learning pipeline that watches its own gradients."
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/.ready ## installs uv where it is missing, Python 3.11 and the locked dependencies, all inside this clone

.venv/.ready: pyproject.toml uv.lock .python-version tools/setup.sh
	@tools/setup.sh

run: setup ## runs examples/digits.yaml to a pushed model (another one: EXAMPLE=name; options: ARGS="--set training.steps=300")
	@$(BIN)/graduate run examples/$(EXAMPLE).yaml $(ARGS)

test: setup ## runs the tests, two processes at a time (a quick answer: ARGS='-m "not slow"')
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## checks style, types and the import arrow
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python -m pytest tests/contract

bench: setup ## prints the figures of benchmarks/ (some three hours; one alone: .venv/bin/python benchmarks/NAME.py)
	@for file in $(filter-out benchmarks/plain_keras.py benchmarks/detection_%.py benchmarks/lineage_%.py benchmarks/tasks_%.py benchmarks/scale_%.py,$(wildcard benchmarks/*.py)); do echo "$$file"; $(BIN)/python $$file || exit 1; done

flink: setup ## fetches Flink and Beam's job server and runs them until Ctrl-C, for beam.runner: flink (fetch alone: ARGS=jar)
	@$(BIN)/python tools/engine.py flink $(or $(ARGS),start)

spark: setup ## the same for Spark 3, for beam.runner: spark
	@$(BIN)/python tools/engine.py spark $(or $(ARGS),start)

clean: ## removes the environment, the work folder and all caches; pushed models in .graduate go too
	@rm -rf .venv .bootstrap .graduate .pytest_cache .mypy_cache .ruff_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
