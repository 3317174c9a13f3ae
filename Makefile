# `make demo` and `make test` are all that a newcomer needs: both first install what they use into .venv.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

# The kernel's Rust, if it is on the PATH and new enough; without it verification runs on libsodium, several times slower.
RUST_NEEDED := $(shell sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' kernel/Cargo.toml)
RUST := $(shell cargo --version 2>/dev/null | awk '{ split($$2, v, "."); if (v[1] > 1 || v[2] >= $(RUST_NEEDED)) print $$2 }')
ARITHMETIC := $(if $(RUST),.venv/kernel,.venv/libsodium)
KERNEL := $(wildcard kernel/Cargo.toml kernel/crates.txt kernel/pyproject.toml kernel/.cargo/config.toml \
	kernel/src/*.rs kernel/src/*/*.rs)
# A processor without an engine of its own (specs/decisions/lanes.md), for which the kernel is only checked.
OTHER := aarch64-unknown-linux-gnu

export MATURIN_NO_INSTALL_RUST := 1
export UV_PYTHON_DOWNLOADS := never

.PHONY: help install demo rehearse test quick check lint format bench national crash mutants mutmut fuzz release pins clean

help:  ## says what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

install: $(ARITHMETIC) .venv/web  ## installs the commands into .venv/bin, and nothing else

demo: $(ARITHMETIC) .venv/web  ## plays a whole election here and audits it; ARGS=--serve leaves its board up to look at
	$(BIN)/python -m demo $(ARGS)

rehearse: $(ARITHMETIC)  ## plays the papers of a national election with all faults; ARGS="--precincts 24" plays fewer
	$(BIN)/aikyn-board rehearse president-2017 --seed 1 --faults all --out build/rehearsal $(ARGS)

test: $(ARITHMETIC) .venv/web $(if $(shell command -v go),.venv/go)  ## runs every test: make test ARGS="-k shuffle"
	$(BIN)/python -m pytest -q -n 2 $(ARGS)

quick: $(ARITHMETIC)  ## runs the unit tests, which start no process and are not slow, in less than a minute
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n 2 -m "not process and not slow" --ignore=tests/house $(ARGS)

check: lint test  ## runs lint and test, which every change must pass

lint: $(ARITHMETIC)  ## checks form, types and walls, and runs the kernel's own tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
ifneq ($(and $(RUST),$(KERNEL)),)
	cd kernel && cargo fmt --check
	cd kernel && cargo clippy --locked --quiet --all-targets -- -D warnings
	@if [ -d "$$(rustc --print target-libdir --target $(OTHER))" ] || rustup --quiet target add $(OTHER) 2>/dev/null; then \
		cd kernel && echo "cargo clippy --locked --target $(OTHER)" && \
		cargo clippy --locked --quiet --all-targets --target $(OTHER) -- -D warnings; \
	else \
		echo "Rust's library for $(OTHER) cannot be fetched: the kernel is not checked for it"; [ -z "$$CI" ]; \
	fi
	cd kernel && cargo test --locked --quiet
endif

format: .venv/ok  ## puts the sources into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(ARITHMETIC) .venv/web  ## measures what specs/measurements.md states
	$(BIN)/python -m demo.bench $(ARGS)
	$(BIN)/python -m tests.benchmarks.scale
	$(BIN)/python -m tests.benchmarks.folding
	$(BIN)/python -m tests.benchmarks.linear
	$(BIN)/python -m tests.benchmarks.board
	$(BIN)/python -m tests.benchmarks.logs
	$(BIN)/python -m tests.benchmarks.papers
	$(BIN)/python -m tests.benchmarks.results
	$(BIN)/python -m tests.benchmarks.evening
	$(BIN)/python -m tests.benchmarks.layers
	$(BIN)/python -m tests.benchmarks.desk
	$(BIN)/python -m tests.benchmarks.sealing
	$(BIN)/python -m tests.benchmarks.first_mark

national: $(ARITHMETIC)  ## makes and verifies a national election, for hours; ARGS="--part 100" plays a hundredth
	$(BIN)/python -m tests.benchmarks.national $(ARGS)

crash: $(ARITHMETIC)  ## kills boards under load, and looks at their promises: make crash ARGS="--times 20 --seed 7"
	$(BIN)/python -m tests.crash $(ARGS)
	$(BIN)/python -m tests.crash --shared $(ARGS)

mutants: $(ARITHMETIC)  ## breaks each check in turn, which a test must notice
	$(BIN)/python -m tests.mutation $(ARGS)

release: .venv/kernel  ## builds both wheels twice and compares them; with bill, checksums and page, in build/release
	$(BIN)/python -m release $(ARGS)

# Wants mutmut, which nothing else here uses: .venv/bin/pip install mutmut==3.8.1; a minute or some a module.
mutmut: $(ARITHMETIC)  ## bends single operators, numbers and arguments: make mutmut ARGS="tree tiles"
	$(BIN)/python -m tests.mutation.survivors $(ARGS)

# Coverage guides a third of it where atheris has a wheel; everything else needs nothing more than the tests.
ATHERIS := --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/fuzz.txt
fuzz: $(ARITHMETIC)  ## feeds hostile bytes: make fuzz ARGS="--seconds 3600 --seed 7 --only ballot"
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/pip install $(ATHERIS) 2>/dev/null || true
	$(BIN)/python -m tests.fuzzing $(ARGS)

# Adds what pyproject.toml and kernel/Cargo.toml ask for and keeps the rest; `make pins ARGS=--upgrade` takes the newest.
PIN = $(BIN)/uv --no-config pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make pins" --no-emit-package aikyn pyproject.toml
pins:  ## writes requirements/ and kernel/crates.txt anew after a change of dependencies; ARGS=--upgrade takes the newest
	$(PIN) $(ARGS) --extra dev --output-file requirements/dev.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --output-file requirements/base.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra board --output-file requirements/board.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra dask --output-file requirements/dask.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra libsodium --output-file requirements/libsodium.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra pdf --output-file requirements/pdf.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra fuzz --output-file requirements/fuzz.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra scale --output-file requirements/scale.txt
	$(PIN) $(ARGS) --constraint requirements/dev.txt --extra token --output-file requirements/token.txt
	$(PIN) $(ARGS) --resolution lowest-direct --extra libsodium --output-file requirements/oldest.txt
ifneq ($(RUST),)
	$(BIN)/python kernel/crates.py --pin $(ARGS)
endif

.venv/go: $(wildcard tests/interop/go.* tests/interop/*/go.* tests/house/go.*) .venv/ok
	@cd tests/interop && go mod download && cd network && go mod download && cd ../../house && go mod download || \
		echo "Go's modules cannot be fetched: their tests are skipped"
	@touch $@

# The voter's app; without npm there is only the board's page for browsers without JavaScript.
WEB := $(wildcard web/package*.json web/*.js web/app/*.html web/src/*.js web/src/*/*.js bulletin/http/words/*.toml bulletin/http/templates/page.css)
.venv/web: $(WEB) .venv/ok
	@echo "installing  the voter's app, with what web/package-lock.json pins"
	@if ! command -v npm >/dev/null; then \
		echo "no npm: the voter's app is not built, and its tests in a browser are skipped"; \
	elif (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null); then \
		cd web && node build.js; \
	else \
		echo "npm's packages cannot be fetched: the voter's app is not built"; \
	fi
	@touch $@

clean:  ## removes what was installed and built
	rm -rf .venv bulletin/http/built web/node_modules kernel/target .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

.venv/ok: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Aikyn needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv is missing; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "installing  $$(grep -c '==' requirements/dev.txt) Python packages into .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

define USE_LIBSODIUM
{ \
	echo "installing  libsodium, which is slower: $(if $(RUST),crates cannot be fetched,no Rust 1.$(RUST_NEEDED) or newer)"; \
	$(BIN)/python -c 'import ctypes, ctypes.util as u; ctypes.CDLL(u.find_library("sodium")).crypto_core_ristretto255_add' \
		2>/dev/null || $(BIN)/pip install --quiet --require-hashes -r requirements/libsodium.txt || \
		{ echo "libsodium is missing; on Debian and Ubuntu: sudo apt install libsodium23" >&2; exit 1; }; \
}
endef

# Only fetching may fail (offline, an unreachable mirror): what has been fetched must build.
.venv/kernel: .venv/ok $(KERNEL)
	@echo "installing  the kernel, compiled by Rust $(RUST)"
	@if $(BIN)/python kernel/crates.py && (cd kernel && cargo fetch --locked --quiet); then \
		cd kernel && VIRTUAL_ENV=$(CURDIR)/.venv ../$(BIN)/maturin develop --release --locked --quiet && touch ../$@; \
	else $(USE_LIBSODIUM); fi

.venv/libsodium: .venv/ok
	@$(USE_LIBSODIUM)
	@touch $@
