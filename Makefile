# irqpath: run `make` to see what there is. GNU make 4.3 or newer.

.DEFAULT_GOAL := help
.NOTPARALLEL:

# The Python that .venv was made from, unless another is asked for.
PYTHON ?= $(shell test -x .venv/bin/python && echo .venv/bin/python || echo python3)
PYTEST_WORKERS ?= auto
SECONDS ?= 60

# What each target takes of the command line. Anything else there is refused before anything runs: make itself would ignore it
# in silence, or, as PATH=sgi, hand it to every program.
TAKES_sim := SIM PATHS SEED N WAVES KEEP JOBS ARGS
TAKES_calibrate := ARGS
TAKES_regress := PLAN SEEDS PATHS SIM JOBS RESUME ARGS
TAKES_test := PYTEST_WORKERS ARGS
TAKES_oracle := SEED N ARGS
TAKES_fuzz := SECONDS ARGS
TAKES_synth := ARGS
TAKES_formal := ARGS
TAKES_mutate := ARGS
TAKES_regs := ARGS
TAKES_conformance := ARGS
TAKES_bench := ARGS
TAKES_evolution := PACKETS SEED VCPUS PES GUESTS RATE BURST RING JOBS ARGS
TAKES_interop := ARGS
TAKES_NOTHING := help setup doctor lint docs figures lock clean distclean
LINTS := lint-ruff lint-format lint-mypy lint-imports lint-spelling lint-hdl
TAKEN_EVERYWHERE := IRQPATH_SYSTEM_PACKAGES IRQPATH_DEBUG IRQPATH_MODEL_FAULT

GOALS := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
TARGETS := $(TAKES_NOTHING) $(patsubst TAKES_%,%,$(filter-out TAKES_NOTHING,$(filter TAKES_%,$(.VARIABLES))))
GIVEN := $(foreach v,$(.VARIABLES),$(if $(findstring command line,$(origin $v)),$v))
TAKEN := $(foreach goal,$(GOALS),$(TAKES_$(goal))) PYTHON
comma := ,
listed = $(subst $() ,$(comma) ,$(strip $(1)))
# The nearest of the words $(2) to $(1), if there is Python to find it. PATH may be what was mistyped.
near = $(shell PATH="/usr/local/bin:/usr/bin:/bin:$$PATH" $(firstword $(wildcard .venv/bin/python) python3) -S -c \
	'import difflib as d, sys; a, *b = sys.argv[1:]; c = {x.upper(): x for x in reversed(b)}; \
	n = d.get_close_matches(a.upper(), c, 1, 0.5); print(*(f": did you mean {c[x]}?" for x in n))' '$(1)' $(2) 2>/dev/null)
refused = $(error $(1)$(or $(call near,$(2),$(3) $(5)),;) $(4): $(call listed,$(3)))
$(foreach goal,$(filter-out $(TARGETS) $(LINTS),$(GOALS)),\
	$(call refused,make has no target $(goal),$(goal),$(TARGETS),there are))
$(foreach v,$(filter-out $(TAKEN) $(TAKEN_EVERYWHERE),$(GIVEN)),\
	$(call refused,make $(GOALS) takes no variable $v,$v,$(TAKEN),it takes,$(TAKEN_EVERYWHERE)))

$(foreach v,$(filter WAVES KEEP RESUME,$(TAKEN)),$(if $(filter-out 0 1 yes no,$($v)),\
	$(error make $(GOALS): $v=$($v) is neither 1 nor 0; write $v=1 or leave it out)))

# Neither make's own variables nor ours may reach cocotb and the makefiles that Verilator writes.
CLEAN_ENV := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u SIM -u PATHS -u SEED -u N -u WAVES -u KEEP -u PLAN -u SEEDS \
	-u JOBS -u RESUME -u PACKETS -u VCPUS -u PES -u GUESTS -u RATE -u BURST -u RING -u ARGS \
	IRQPATH_END_WITH_PARENT=1
VENV_PYTHON := $(CLEAN_ENV) .venv/bin/python
IRQPATH := $(VENV_PYTHON) -m irqpath_testbench

# One word for the shell, whatever it holds.
quote = '$(subst ','\'',$(1))'
EVOLUTION_OPTIONS = $(if $(PACKETS),--packets $(call quote,$(PACKETS))) $(if $(SEED),--seed $(call quote,$(SEED))) \
	$(if $(VCPUS),--vcpus $(call quote,$(VCPUS))) $(if $(PES),--pes $(call quote,$(PES))) \
	$(if $(GUESTS),--guests $(call quote,$(GUESTS))) \
	$(if $(RATE),--rate $(call quote,$(RATE))) $(if $(BURST),--burst $(call quote,$(BURST))) \
	$(if $(RING),--ring $(call quote,$(RING))) $(if $(JOBS),--jobs $(call quote,$(JOBS)))
SIM_OPTIONS = $(if $(SIM),--sim $(call quote,$(SIM))) $(if $(PATHS),--paths $(call quote,$(PATHS))) \
	$(if $(SEED),--seed $(call quote,$(SEED))) $(if $(N),-n $(call quote,$(N))) $(if $(filter-out 0 no,$(WAVES)),--waves) \
	$(if $(filter-out 0 no,$(KEEP)),--keep) $(if $(JOBS),--jobs $(call quote,$(JOBS)))
REGRESS_OPTIONS = $(if $(PLAN),$(call quote,$(PLAN))) $(if $(SEEDS),--seeds $(call quote,$(SEEDS))) \
	$(if $(PATHS),--paths $(call quote,$(PATHS))) $(if $(SIM),--sim $(call quote,$(SIM))) \
	$(if $(JOBS),--jobs $(call quote,$(JOBS))) $(if $(filter-out 0 no,$(RESUME)),--resume)

.PHONY: help
help: ## show this text
	@echo "usage: make TARGET [VARIABLE=value ...]"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' '$(lastword $(MAKEFILE_LIST))'
	@echo
	@echo "variables (default):"
	@echo "  SIM        verilator or icarus; for sim (verilator), regress (as planned), which takes both too"
	@echo "  PATHS      interrupt paths, separated by commas: spi,sgi,lpi,...; for sim (all, and recordings), regress (as planned)"
	@echo "  SEED       seed of the random choices; for sim, oracle (a new one, which is printed), evolution (1)"
	@echo "  N          number of interrupts or operations; for sim, oracle (what their --help says)"
	@echo "  WAVES      1 writes waves; for sim (off)"
	@echo "  KEEP       1 keeps the transactions of runs that pass too; for sim (off)"
	@echo "  PLAN       a plan's name, or a file NAME.toml; for regress (smoke)"
	@echo "  SEEDS      20 (1 to 20), 7-12, or 3,9; for regress (as planned)"
	@echo "  JOBS       jobs at a time; for sim, regress, evolution (as many as processors)"
	@echo "  RESUME     1 goes on with what was begun; for regress (off: it begins anew)"
	@echo "  PACKETS    packets that each guest sends in a row; for evolution (1,000)"
	@echo "  GUESTS     of a machine; for evolution (1)"
	@echo "  VCPUS      of a guest; for evolution (1)"
	@echo "  PES        of a machine; for evolution (one more than vCPUs, at most 8)"
	@echo "  RATE       packets offered in a million cycles; for evolution (0: with pauses of up to 8,000 cycles)"
	@echo "  BURST      packets that are sent at once; for evolution (4)"
	@echo "  RING       split or packed virtqueues; for evolution (split)"
	@echo "  SECONDS    how long; for fuzz (60)"
	@echo "  ARGS       more arguments for sim, calibrate, regress, test, oracle, conformance, bench, evolution, regs, interop, fuzz, formal, synth, mutate (none)"
	@echo "  PYTHON     Python 3.11 or newer that .venv is made from (python3, or as before)"
	@echo "  IRQPATH_SYSTEM_PACKAGES=no keeps set-up from installing system packages"

.PHONY: setup
setup: ## make .venv and install what is missing; does nothing when done
	@command -v '$(PYTHON)' >/dev/null || \
		{ echo "irqpath set-up: error: no $(PYTHON) on PATH; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@'$(PYTHON)' testbench/irqpath_testbench/tools/setup/bootstrap.py

.PHONY: doctor
doctor: setup ## show every tool found and how to get what is missing
	@$(IRQPATH) doctor

.PHONY: sim
sim: setup ## simulate interrupts and check every transaction
	@$(IRQPATH) sim $(SIM_OPTIONS) $(ARGS)

# A path fails whose time the old profile does not say: its rows are what the new one is made of.
CALIBRATE = $(IRQPATH) sim --paths sgi,ppi,spi,mbi,lpi,lpi-direct,virq-lr,virq-hw,maint,gicv2 --out build/calibrate
.PHONY: calibrate
calibrate: setup ## learn the timing profile anew, from seeds 1 to 5 of every path
	-@$(CALIBRATE) --seed 1
	-@$(CALIBRATE) --seed 2
	-@$(CALIBRATE) --seed 3
	-@$(CALIBRATE) --seed 4
	-@$(CALIBRATE) --seed 5
	@$(IRQPATH) calibrate build/calibrate --out pymodel/irqpath/sim/timing/profiles/irqpath.toml $(ARGS)

.PHONY: regress
regress: setup ## run the jobs of a plan, with one result; RESUME=1 goes on after whatever ended it
	@$(IRQPATH) regress $(REGRESS_OPTIONS) $(ARGS)

.PHONY: test
test: setup ## run the tests
	@$(VENV_PYTHON) -m pytest -n $(PYTEST_WORKERS) --dist loadfile --durations 25 --durations-min 20 $(ARGS)

.PHONY: lint
lint: setup ## check Python (ruff, mypy), Verilog (Verilator, Icarus, slang) and spelling (codespell)
	@$(MAKE) --no-print-directory --keep-going $(LINTS)

# One program each, so that a signal which make gets reaches it, and not a shell between them.
.PHONY: $(LINTS)
lint-ruff:
	@$(VENV_PYTHON) -m ruff check
lint-format:
	@$(VENV_PYTHON) -m ruff format --check
lint-mypy:
	@$(VENV_PYTHON) -m mypy --strict
lint-spelling:
	@$(VENV_PYTHON) -m codespell_lib
lint-imports:
	@$(CLEAN_ENV) .venv/bin/lint-imports --cache-dir build/import_linter_cache
lint-hdl:
	@$(VENV_PYTHON) -m irqpath_testbench.tools.toolchain.lint_hdl

.PHONY: synth
synth: setup ## synthesize each block of the Verilog with yosys and count its cells
	@$(IRQPATH) synth $(ARGS)

.PHONY: formal
formal: setup ## prove properties of the Verilog with yosys and Yices (up to 5 minutes)
	@$(IRQPATH) formal $(ARGS)

.PHONY: mutate
mutate: setup ## change gates of gicr.v one at a time and count what the checks notice (takes about half an hour)
	@$(IRQPATH) mutate $(ARGS)

.PHONY: regs
regs: setup ## write the register files anew from their description
	@$(IRQPATH) regs generate $(ARGS)

.PHONY: oracle
oracle: setup ## compare the golden models with QEMU on random sequences (a few minutes)
	@$(IRQPATH) oracle $(if $(SEED),--seed '$(SEED)') $(if $(N),--ops '$(N)') $(ARGS)

.PHONY: conformance
conformance: setup ## what of the architecture the models have, and who confirms it (a few minutes)
	@$(IRQPATH) conformance --collect $(ARGS)

.PHONY: evolution
evolution: setup ## the same packets on each generation of GIC: counts, latencies, a page (about a minute)
	@$(IRQPATH) evolution run --json build/evolution.json --html build/evolution.html $(EVOLUTION_OPTIONS) $(ARGS)

.PHONY: bench
bench: setup ## measure speed
	@$(IRQPATH) bench $(ARGS)

.PHONY: interop
interop: setup ## virtqueues against Linux's driver and DPDK's device (fetches their Debian packages)
	@$(VENV_PYTHON) -m irqpath_testbench.tools.interop.cli $(ARGS)

.PHONY: fuzz
fuzz: setup ## look for tracebacks, hangs and stray writes in virtqueues for SECONDS
	@$(VENV_PYTHON) -m irqpath_testbench.tools.fuzz.cli --seconds '$(SECONDS)' $(ARGS)

.PHONY: docs
docs: setup ## write the documentation to build/docs
	@$(VENV_PYTHON) -m mkdocs build --quiet --strict --config-file docs/site/mkdocs.yml
	@echo "irqpath docs: build/docs/index.html"

.PHONY: figures
figures: setup ## write what the documentation quotes from runs anew (some minutes)
	@$(VENV_PYTHON) -m irqpath_testbench.tools.docs

.PHONY: lock
lock: ## resolve requirements.txt anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "irqpath: error: no uv on PATH; run: pip install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --generate-hashes --upgrade --python-version 3.11 \
		--all-extras --custom-compile-command 'make lock' --output-file requirements.txt pyproject.toml

.PHONY: clean
clean: ## remove what runs have written
	rm -rf build

.PHONY: distclean
distclean: clean ## remove .venv too
	rm -rf .venv irqpath.egg-info
