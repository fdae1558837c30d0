# make demo: install, build the demo corpus, open the workbench.   make test: everything that CI checks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-corpus
PORT ?= 8501

.PHONY: demo install test lint check clean screenshots

demo: $(VENV)/.installed $(VENV)/.map
	$(BIN)/winnow -w $(DEMO) demo --port $(PORT)

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit("Winnow needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	# A CPU build of torch first, when pip knows one that fits: the registry's newest may bring gigabytes of CUDA.
	$(BIN)/python -m pip install --quiet 'torch==2.13.0' || true
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@

# The map's bundle, built anew when its sources are newer.
$(VENV)/.map: $(VENV)/.installed $(wildcard app/scatter_map_source/src/*) $(wildcard app/scatter_map_source/*.json)
	$(BIN)/python hatch_build.py
	touch $@

test: $(VENV)/.tested $(VENV)/.map lint
	sh .ci/audit $(BIN)/pip-audit
	sh .ci/chromium
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: $(VENV)/.tested $(VENV)/.map
	$(BIN)/python tests/app/screenshots.py assets/screenshots

clean:
	rm -rf $(VENV) $(DEMO) test-artifacts
