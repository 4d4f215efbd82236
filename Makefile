# Two commands do everything: `make demo` and `make test`. .ci/prepare.sh says what it installs before it does.

PREPARE = sh .ci/prepare.sh
BIN = .venv/bin
# Work-stealing, as tests on real VMs and tests of pure functions differ a thousandfold in length.
PYTEST = $(BIN)/python -m pytest -q -n auto --dist worksteal

.PHONY: help demo test test-all lint bench clean

help:
	@echo "make demo      the shell on a small real VM (installs what is missing)"
	@echo "make test      style, types and all tests on this machine's QEMU"
	@echo "make test-all  the same on every QEMU version that can be had, and the long tests"
	@echo "make lint      style and types only"
	@echo "make bench     speed beside other tools, as ratios"
	@echo "make clean     remove what the above made in this folder"

# Without a terminal there is nobody to talk to: one command shows that all of it works, and its status is ours.
demo:
	@$(PREPARE) demo
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/qmonsh demo; else exec $(BIN)/qmonsh demo info status </dev/null; fi

lint:
	@$(PREPARE) dev
	$(BIN)/ruff check qmonsh tests
	$(BIN)/mypy --strict qmonsh

test:
	@$(PREPARE) test
	$(BIN)/ruff check qmonsh tests
	$(BIN)/mypy --strict qmonsh
	$(PYTEST)

test-all:
	@$(PREPARE) test versions fuzz reach
	$(BIN)/ruff check qmonsh tests
	$(BIN)/mypy --strict qmonsh
	QMONSH_RANDOM=1 $(PYTEST) -m ""

bench:
	@$(PREPARE) test bench
	$(BIN)/python -m tests.bench

clean:
	rm -rf .venv .qemu .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
