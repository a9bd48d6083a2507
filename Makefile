# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO ?= demo

.PHONY: demo numbers test check format docs wheel clean

# pip, not uv or poetry: pip takes the wheels of torch that a machine may hold locally.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[offline,teacher,experiments,dev]"
	touch $@

demo: $(VENV)/.installed
	$(BIN)/pawvit demo $(DEMO)

test: $(VENV)/.installed
	$(BIN)/python -m pytest

check: $(VENV)/.installed
	$(BIN)/ruff format --check src tests benchmarks experiments tools
	$(BIN)/ruff check src tests benchmarks experiments tools
	$(BIN)/mypy

format: $(VENV)/.installed
	$(BIN)/ruff format src tests benchmarks experiments tools
	$(BIN)/ruff check --fix src tests benchmarks experiments tools

# A page with a broken link or without its source is an error.
docs: $(VENV)/.docs
	$(BIN)/python tools/reference.py docs/reference
	$(BIN)/zensical build --clean --strict

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[docs]"
	touch $@

numbers: $(VENV)/.installed
	$(BIN)/python benchmarks/demo_numbers.py demos --write README.md

wheel: $(VENV)/.installed
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist .

clean:
	rm -rf $(VENV) dist build site docs/reference .cache .pytest_cache .mypy_cache .ruff_cache $(DEMO) demos
