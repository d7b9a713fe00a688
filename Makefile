# Everything here works in a fresh clone; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled modules are kept, whatever the environment says: every command starts twice as fast.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-distributed run test check bench servers servers-stop lock clean

# The runtime from the hashed lock; enough for demo and run.
$(VENV)/runtime: requirements/runtime.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dafangtan needs Python 3.11 or newer; say: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# What tests, checks and benches need as well.
$(VENV)/dev: requirements/dev.lock $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	touch $@

demo: $(VENV)/runtime
	$(BIN)/dafangtan demo

run: $(VENV)/runtime
	$(BIN)/dafangtan up

servers: $(VENV)/runtime
	$(BIN)/python -m deploy.local start

servers-stop: $(VENV)/runtime
	$(BIN)/python -m deploy.local stop

demo-distributed: servers
	env $$($(BIN)/python -m deploy.local environment) $(BIN)/dafangtan demo --distributed

test: $(VENV)/dev
	$(BIN)/python -m pytest --numprocesses 5 --dist worksteal

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev
	$(BIN)/python -m bench

# Needs uv; run it after a change of requirements/*.in.
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --no-emit-index-url
lock:
	$(UV_COMPILE) requirements/runtime.in --output-file requirements/runtime.lock
	$(UV_COMPILE) --constraints requirements/runtime.lock requirements/dev.in --output-file requirements/dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
