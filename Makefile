# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors
#
# make help lists the targets. Everything is installed into .venv; a second call installs nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# make verify IP=mvtu SIM=icarus SEED=7 WAVES=1
IP ?=
# Other machines, for formal, mutate, soak and bench (docs/cluster.md): SCHEDULER=tcp://HOST:PORT
SCHEDULER ?=
ELSEWHERE = $(if $(SCHEDULER),--scheduler $(SCHEDULER))
# IPs whose tests have other names.
TESTS_axi_host := axi_host accelerator
TESTS_dma_job := dma_mm2s dma_s2mm
TESTS_icebreaker := serial_boards
TESTS_tangnano9k := serial_boards
TESTS_tangnano20k := serial_boards
TESTS_gatemate_evb := serial_boards
# Only what was given: an empty variable is no seed.
$(foreach name,SIM SEED WAVES,$(if $($(name)),$(eval export $(name))))

.DEFAULT_GOAL := help
.PHONY: help setup demo verify formal coverage mutate soak lint bench figures docs clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10
	@echo
	@echo "make verify IP=mvtu SIM=icarus SEED=7 WAVES=1   one IP, one simulator, a seed of your own, with waves"
	@echo "make formal SCHEDULER=tcp://HOST:8786           on many machines: also mutate, soak, bench (docs/cluster.md)"

setup: $(STAMP) ## virtual environment with every tool (done by the others when needed)

$(STAMP): pyproject.toml requirements.lock scripts/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh scripts/setup.sh
	@touch $@

demo: $(STAMP) ## real digits through the RTL: accuracy, cycles, a picture, a page on the design
	$(BIN)/finn-rtl demo -o build/demo

verify: $(STAMP) ## all tests, on both simulators
	@command -v iverilog >/dev/null || echo "Icarus not found: its half of the tests is not run"
	$(BIN)/python -m pytest $(addprefix verif/test_,$(addsuffix .py,$(or $(TESTS_$(IP)),$(IP)))) -n 2 \
		--dist worksteal --durations=5 --junitxml=build/verify.xml

formal: $(STAMP) ## formal proofs of the IPs (FAST=1 for the quick ones, IP=axis_fifo for one)
	$(BIN)/python -m finn_verif.formal $(if $(FAST),--fast) $(if $(IP),--only $(IP)) $(ELSEWHERE)

coverage: $(STAMP) ## lines, branches and toggles that the tests reach, as HTML
	rm -rf build/coverage; mkdir -p build/verif
	find build/verif \( -name coverage.dat -o -name streams.jsonl \) -delete
	SIM=verilator RTL_COVERAGE=1 $(BIN)/python -m pytest verif -m "not slow" -n 2 -q -k "not shipped and not full_speed" \
		$(addprefix --ignore=verif/test_,$(addsuffix .py,formal boards examples parameters mutate harness))
	$(BIN)/python -m finn_verif.coverage

mutate: $(STAMP) ## plant faults in the RTL and see that the tests find them (IP=axis_fifo for one)
	$(BIN)/python -m finn_verif.mutate $(if $(IP),--ip $(IP)) --update $(ELSEWHERE)

soak: $(STAMP) ## random networks until told to stop (HOURS=2, SEED=7, REPLAY=FILE for one failure)
	$(BIN)/python -m finn_verif.soak --hours $(or $(HOURS),1) $(if $(SEED),--seed $(SEED)) \
		$(if $(REPLAY),--replay $(REPLAY)) $(ELSEWHERE)

lint: $(STAMP) ## ruff, mypy, import layers, verible, Verilator -Wall, slang, Yosys
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 gen/finn_rtl/driver gen/finn_rtl/common/errors.py
	$(BIN)/lint-imports
	$(BIN)/verible-verilog-lint --rules_config .verible-rules rtl/*/*.sv examples/*/*.sv
	$(BIN)/python -m finn_verif.lint

bench: $(STAMP) ## cycles, LUTs and accuracy of every network (FINN_DATA=DIR for MNIST)
	$(BIN)/python bench/run.py $(ELSEWHERE)

figures: $(STAMP) ## the figures of some networks are no worse than those that are committed
	$(BIN)/python bench/run.py --check --only sfc/fix --only digits/max --only digits/fit

docs: $(STAMP) ## the pages as a site, below build/site (build/site/index.html)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "build/site/index.html"

clean: ## remove what was built (not .venv)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
