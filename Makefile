# One command for each job. The first run makes a virtual environment in .venv; set VENV to use another.
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo test test-slow fuzz lint notebooks bench maps clean

demo: $(STAMP)
	$(BIN)/watershed-cp demo --out maps/demo

# ARGS="--cov" measures coverage, for example.
test: $(STAMP)
	$(BIN)/python -m pytest -q -m "not slow and not browser" $(ARGS)

test-slow: $(STAMP)
	$(BIN)/python -m pytest -q -m "slow or browser" $(ARGS)

# ARGS="--reader xlsx csv --count 100000" reads more of them.
fuzz: $(STAMP)
	$(BIN)/python tests/fuzzing.py $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate -q watershed_cp
	$(BIN)/codespell

notebooks: $(STAMP)
	$(BIN)/python -m pytest -q --nbmake notebooks

bench: $(STAMP)
	$(BIN)/python benchmarks/startup.py

# The example page and picture that the repository keeps.
maps: demo
	cp maps/demo/index.html maps/example.html
	$(BIN)/python tests/browser/chromium.py maps/example.html maps/example.png

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev,scale,geocoding]"
	touch $@

clean:
	rm -rf maps/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
