# Two commands: `make run` serves Yuntiao with a demonstration town, `make test` proves it. `make demo OUT=DIR` plays it.
HOST ?=
PORT ?= 8000
OUT ?= demo-out
PYTHON = .venv/bin/python

.PHONY: run test demo check format

run:
	@deploy/setup.sh run
	@exec $(PYTHON) -m server serve --demonstration --port $(PORT) $(if $(HOST),--host $(HOST))

demo:
	@deploy/setup.sh demo
	@exec $(PYTHON) -m server demo --out $(OUT)

test:
	@deploy/setup.sh test
	@deploy/test.sh

check:
	@$(PYTHON) -m ruff check . && $(PYTHON) -m mypy && .venv/bin/lint-imports

format:
	@$(PYTHON) -m ruff format . && $(PYTHON) -m ruff check --fix-only .
