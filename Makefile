# Two commands: `make run` serves Yuntiao with a demonstration town, `make test` proves it. `make demo OUT=DIR` plays it.
HOST ?=
PORT ?= 8000
OUT ?= demo-out
PYTHON = .venv/bin/python

.PHONY: run test search demo check format

run:
	@deploy/setup.sh run
	@exec $(PYTHON) -m server serve --demonstration --port $(PORT) $(if $(HOST),--host $(HOST))

demo:
	@deploy/setup.sh demo
	@exec $(PYTHON) -m server demo --out $(OUT)

test:
	@deploy/setup.sh test
	@deploy/test.sh

search: # other examples for the property tests each time: what they find becomes an @example
	@SEARCHES=1 $(PYTHON) -m pytest -q -n 2 tests/property

check:
	@$(PYTHON) -m ruff check . && $(PYTHON) -m mypy && .venv/bin/lint-imports

format:
	@$(PYTHON) -m ruff format . && $(PYTHON) -m ruff check --fix-only .
