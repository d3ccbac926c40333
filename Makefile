# SPDX-License-Identifier: MIT
# One Makefile, non-recursive.  `make help` lists what it offers.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := 0.1.0
BUILD   ?= build
CC      ?= cc
ifeq ($(origin CC),default)
CC      := cc
endif
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

# SAN=address,undefined or SAN=thread: the sanitizer builds, each in a folder of its own.
ifneq ($(SAN),)
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -O1
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wno-unused-parameter -Wno-missing-field-initializers
ifeq ($(DEV),1)
WARN += -Werror
endif
ALL_CPPFLAGS := -I. -D_GNU_SOURCE -DPOOLSCOPE_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS   := -std=gnu11 $(WARN) -fno-strict-aliasing -pthread $(CFLAGS) $(SANFLAGS)
ALL_LDFLAGS  := -pthread $(LDFLAGS) $(SANFLAGS)

# The driver believes that it is built against published headers: ndis.h and poolscope.h.
$(BUILD)/driver/%.o $(BUILD)/tests/driver/%.o $(BUILD)/tests/faulty/%.o: \
	ALL_CPPFLAGS += -Idriver/ndis -Itracer
# Faulty miniports, several in one test: each has its DriverEntry under a name of its own.
# They say their version as any miniport's source does.
$(BUILD)/tests/faulty/faulty%.o: ALL_CPPFLAGS += -DDriverEntry=$(notdir $*)_entry
$(BUILD)/tests/faulty/faulty6.o: ALL_CPPFLAGS += -DNDIS60_MINIPORT=1
$(BUILD)/tests/faulty/faulty5.o: ALL_CPPFLAGS += -DNDIS51_MINIPORT=1
$(BUILD)/tests/faulty/test_faulty: $(BUILD)/tests/faulty/faulty6.o $(BUILD)/tests/faulty/faulty5.o

# What fails inside the decoder is told from what fails in Babeltrace (tests/tools/hostile_trace.h).
WRAP_DECODER := -Wl,--wrap=decoder_read
$(BUILD)/tests/tracer/test_hostile_trace: ALL_LDFLAGS += $(WRAP_DECODER)

# Every byte of every frame is written once and checked twice: those loops are worth vectors.
$(BUILD)/driver/traffic/frame.o: ALL_CFLAGS += $(if $(SAN),,-O3)
# Sixteen settings at once are loops over sixteen numbers.
$(patsubst %.c,$(BUILD)/%.o,$(wildcard tuner/lockstep_*.c)): ALL_CFLAGS += $(if $(SAN),,-O3)

# --- what is built from what ----------------------------------------------------------------------
# libpoolscope is what a driver links: the instrumentation API and its LTTng-UST back end.
POOLSCOPE_SRC := $(wildcard tracer/poolscope/*.c)
TRACER_SRC    := $(wildcard tracer/*.c)
DB_SRC        := $(wildcard db/*.c)
TUNER_SRC     := $(wildcard tuner/*.c)
VIEWER_SRC    := $(wildcard viewer/*.c)
CLI_SRC       := $(filter-out cli/main.c,$(wildcard cli/*.c))
DRIVER_SRC    := $(wildcard driver/*/*.c)
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
# What of the driver the tuner runs, too: its policy, and the notation of its options.
SHARED_OBJ    := $(call obj,driver/miniport/policy.c $(wildcard driver/spec/*.c))

LIBS := $(BUILD)/libdriver.a $(BUILD)/libpoolscope.a $(BUILD)/libcli.a $(BUILD)/libviewer.a \
	$(BUILD)/libtuner.a $(BUILD)/libtracer.a $(BUILD)/libdb.a
$(BUILD)/libpoolscope.a: $(call obj,$(POOLSCOPE_SRC))
$(BUILD)/libtracer.a:    $(call obj,$(TRACER_SRC))
$(BUILD)/libdb.a:        $(call obj,$(DB_SRC)) $(BUILD)/db/schema_sql.o
$(BUILD)/libtuner.a:     $(call obj,$(TUNER_SRC))
$(BUILD)/libviewer.a:    $(call obj,$(VIEWER_SRC))
$(BUILD)/libcli.a:       $(call obj,$(CLI_SRC))
$(BUILD)/libdriver.a:    $(call obj,$(DRIVER_SRC))

POOLSCOPE_LIBS := -llttng-ust -llttng-ust-common -ldl
DRIVER_LIBS    := $(POOLSCOPE_LIBS) -lpcap -lm
TOOL_LIBS      := -llttng-ctl -lbabeltrace2 -lsqlite3 -lncursesw -ltinfo -ljansson -lpcap -lm

PROGRAMS := $(BUILD)/refnic $(BUILD)/poolscope
TESTS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/test_*.c))
TOOLS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c tests/bench/*.c))

.PHONY: all
all: $(PROGRAMS) ## build refnic and poolscope

# The driver itself needs libpoolscope alone; -o FILE brings the store.
REFNIC_MAIN := $(patsubst %.c,$(BUILD)/%.o,$(wildcard driver/*.c))
# All of ndis.h is linked, used or not, and exported: miniports that are loaded call it.
NDIS_EXPORTS := driver/ndis/exports.list
$(BUILD)/refnic: $(REFNIC_MAIN) $(BUILD)/libdriver.a $(BUILD)/libpoolscope.a \
		$(BUILD)/libtracer.a $(BUILD)/libtuner.a $(BUILD)/libdb.a $(NDIS_EXPORTS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--dynamic-list=$(NDIS_EXPORTS) -o $@ $(REFNIC_MAIN) \
		-Wl,--whole-archive $(BUILD)/libdriver.a $(BUILD)/libpoolscope.a -Wl,--no-whole-archive \
		-Wl,--start-group $(BUILD)/libtracer.a $(BUILD)/libtuner.a $(BUILD)/libdb.a \
		-Wl,--end-group $(DRIVER_LIBS) -lsqlite3

$(BUILD)/poolscope: $(if $(filter thread,$(SAN)),$(BUILD)/tests/tsan.o)
$(BUILD)/poolscope: $(BUILD)/cli/main.o $(BUILD)/libcli.a $(BUILD)/libviewer.a \
		$(BUILD)/libtuner.a $(BUILD)/libtracer.a $(BUILD)/libdb.a \
		$(SHARED_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(TOOL_LIBS)

$(TESTS) $(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(LIBS) -Wl,--end-group \
		$(TOOL_LIBS) $(DRIVER_LIBS) -lcmocka

# A test in which memory runs out decides when.
$(BUILD)/tests/tuner/test_short: ALL_LDFLAGS += \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc

$(BUILD)/%.a:
	$(say) AR $@
	$(Q)rm -f $@ && ar crs $@ $^

$(BUILD)/%.o: %.c | $(BUILD)/.packages
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# schema.sql is the only schema; the program carries it as a string.
$(BUILD)/db/schema_sql.c: db/schema.sql
	$(say) GEN $@
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char db_schema_sql[]; const char db_schema_sql[] ='; \
	     sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $<; echo ';'; } > $@
$(BUILD)/db/schema_sql.o: $(BUILD)/db/schema_sql.c
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# `make demo` and `make check` install what is missing; every other goal only says what is.
PACKAGES_MODE := $(if $(filter demo check check-asan check-tsan,$(MAKECMDGOALS)),--install,--require)
$(BUILD)/.packages: packages.txt packages.sh
	@mkdir -p $(@D)
	$(Q)./packages.sh $(PACKAGES_MODE) build
	@touch $@
$(BUILD)/.packages-check: packages.txt packages.sh
	@mkdir -p $(@D)
	$(Q)./packages.sh $(PACKAGES_MODE) build check
	@touch $@
$(TESTS:=.o) $(TOOLS:=.o): | $(BUILD)/.packages-check

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)

# --- what people do with it -----------------------------------------------------------------------
.PHONY: demo check check-built tests
demo: $(PROGRAMS) ## install what is missing, build, run the demo with its live view
	@$(BUILD)/poolscope demo

tests: $(PROGRAMS) $(TESTS) $(TOOLS) ## build the tests without running them

check: tests ## install what is missing, build, run all tests (T=name for some)
	@BUILD=$(BUILD) T='$(T)' tests/run.sh

.PHONY: soak
SOAK_RUNS ?= 1000000
SOAK_MUTANTS ?= 10000
SOAK_HOSTILE ?= 5000
SOAK_KILLS   ?= 200
SOAK_ATTACHED ?= 100
SOAK_KEYS    ?= 100000
SOAK_WORLDS  ?= 500
SOAK_LOOPS   ?= 60
soak: $(BUILD)/tests/driver/test_property $(BUILD)/tests/db/test_continue $(BUILD)/tests/tracer/test_hostile_trace $(PROGRAMS) $(BUILD)/tests/tools/emit $(BUILD)/tests/cli/test_hostile $(BUILD)/tests/viewer/test_keys_fuzz $(BUILD)/tests/tuner/test_coverage ## property tests for longer (SOAK_RUNS=1000000), from a seed nobody chose; 200 kills of a recorder and 100 of attach, 10,000 damaged traces, 5000 damaged files, 100,000 random keys, 500 worlds of tune, 60 re-runs, and 432 with other seeds
	@seed=$$(date +%s); echo "PROPERTY_SEED=$$seed PROPERTY_RUNS=$(SOAK_RUNS)"; \
	PROPERTY_SEED=$$seed PROPERTY_RUNS=$(SOAK_RUNS) $< && \
	CONTINUE_SEED=$$seed CONTINUE_KILLS=200 $(BUILD)/tests/db/test_continue && \
	HOSTILE_SEED=$$seed HOSTILE_RUNS=$(SOAK_HOSTILE) $(BUILD)/tests/cli/test_hostile && \
	HOSTILE_SEED=$$seed HOSTILE_RUNS=$(SOAK_HOSTILE) $(BUILD)/tests/tracer/test_hostile_trace && \
	KEYS_SEED=$$seed KEYS_RUNS=$(SOAK_KEYS) $(BUILD)/tests/viewer/test_keys_fuzz && \
	COVERAGE_WORLDS=$(SOAK_WORLDS) $(BUILD)/tests/tuner/test_coverage && \
	BUILD=$(BUILD) SEED=$$seed ATTACH_KILLS=$(SOAK_ATTACHED) bats tests/cli/local.bats && \
	BUILD=$(BUILD) MUTANTS_SEED=$$seed MUTANTS=$(SOAK_MUTANTS) bats -f damaged tests/cli/import.bats && \
	dir=$$(mktemp -d) && tests/tools/closed_loop.py $(BUILD)/poolscope $(BUILD)/refnic $$dir $(SOAK_LOOPS) && \
	BUILD=$(BUILD) tests/tools/advice.py --seeds 2 --first $$seed --by-traffic && \
	SEED=$$seed tests/tools/kill_recorder.sh $(abspath $(BUILD)/poolscope) \
		$(abspath $(BUILD)/refnic) $$dir $(SOAK_KILLS) && rm -rf $$dir

# The fuzzer: clang's, with its sanitizers.  What it finds stays in FUZZ_CORPUS.
.PHONY: fuzz fuzz-built
FUZZ_SECONDS ?= 300
FUZZ_CORPUS  ?= $(BUILD)/corpus
fuzz: $(BUILD)/tests/tools/makedb ## fuzz the readers of database files, and those of traces (FUZZ_SECONDS=300 each)
	$(Q)./packages.sh --install build check fuzz
	@mkdir -p $(FUZZ_CORPUS)/database $(FUZZ_CORPUS)/trace
	$(Q)for seed in 1 2 3; do $< $(FUZZ_CORPUS)/database/seed$$seed --seed $$seed --seconds 0.05 \
		--rate 4000 --pools $$seed --loss || exit 1; done
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-fuzz CC=clang \
		SAN=fuzzer-no-link,address,undefined CFLAGS='-g -fno-sanitize-recover=all' \
		FUZZ_CORPUS='$(abspath $(FUZZ_CORPUS))' fuzz-built

# Babeltrace keeps what it had when it gives up on a trace: fuzz_trace works in children, which may run
# out of memory.
FUZZ_FLAGS = -max_total_time=$(FUZZ_SECONDS) -timeout=60 -rss_limit_mb=2048 -print_final_stats=1
# In memory, and gone at the end however it ends.
FUZZ_FOLDER = dir=$$(mktemp -d /dev/shm/poolscope-fuzz-XXXXXX) && trap 'rm -rf "$$dir"' EXIT && \
	trap 'exit 1' INT TERM && TMPDIR=$$dir
fuzz-built: $(BUILD)/tests/fuzz/fuzz_database $(BUILD)/tests/fuzz/fuzz_trace
	$(Q)$(BUILD)/tests/fuzz/fuzz_trace -seeds $(FUZZ_CORPUS)/trace
	$(Q)$(FUZZ_FOLDER) $(BUILD)/tests/fuzz/fuzz_trace $(FUZZ_FLAGS) -max_len=40000 -fork=1 -ignore_ooms=1 -detect_leaks=0 \
		-artifact_prefix=$(FUZZ_CORPUS)/trace- $(FUZZ_CORPUS)/trace
	$(Q)$(FUZZ_FOLDER) $(BUILD)/tests/fuzz/fuzz_database $(FUZZ_FLAGS) -max_len=400000 \
		-artifact_prefix=$(FUZZ_CORPUS)/database- $(FUZZ_CORPUS)/database

$(BUILD)/tests/fuzz/fuzz_trace: ALL_LDFLAGS += $(WRAP_DECODER)
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libcli.a $(BUILD)/libviewer.a \
		$(BUILD)/libtuner.a $(BUILD)/libtracer.a $(BUILD)/libdb.a $(SHARED_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ -Wl,--start-group $^ -Wl,--end-group $(TOOL_LIBS)

# --- checks beside the tests ----------------------------------------------------------------------
C_FILES  = $(shell git ls-files 'driver/*.[ch]' 'db/*.[ch]' 'tracer/*.[ch]' 'tuner/*.[ch]' \
	'viewer/*.[ch]' 'cli/*.[ch]' 'tests/*.[ch]')
SH_FILES = $(shell git ls-files '*.sh' '*.bats' '*.bash') .ci/run

.PHONY: rules
rules: ## docs/ndis-rules.md anew, from the rules and the tests that name them
	@tests/tools/rules.py

.PHONY: check-includes check-headers check-asan check-tsan lint
check-includes: ## every include goes along the arrows of docs/architecture.md
	@tests/check-includes.sh

check-headers: | $(BUILD)/.packages ## every header compiles alone
	$(Q)for h in $(filter-out %provider.h,$(filter %.h,$(C_FILES))); do \
		echo "#include \"$$h\"" | $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -Werror -Idriver/ndis \
			-Itracer -Wno-unused-function -x c -fsyntax-only - || exit 1; \
	done
	@echo "all headers compile alone"

check-asan: ## the tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-asan SAN=address,undefined check

check-tsan: ## the tests of threaded code under ThreadSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)-tsan SAN=thread check

# clang-tidy reads .clang-tidy; LTTng's macro file is not ours to judge.
TIDY_FILES = $(filter-out tracer/poolscope/provider.c tests/%,$(filter %.c,$(C_FILES)))
lint: check-includes check-headers ## clang-tidy, cppcheck, shellcheck, layout
	$(Q)./packages.sh --install build check lint
	$(say) LINT shellcheck
	$(Q)shellcheck -x $(SH_FILES)
	$(say) LINT clang-format
	$(Q)clang-format --dry-run --Werror $(filter-out %provider.h,$(C_FILES))
	$(say) LINT cppcheck
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j2 \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=unknownMacro -I. -Idriver/ndis -Itracer -D_GNU_SOURCE \
		$(filter-out tracer/poolscope/provider.c,$(filter %.c,$(C_FILES)))
	$(say) LINT clang-tidy
	$(Q)printf '%s\n' $(TIDY_FILES) | xargs -P2 -I{} clang-tidy --quiet {} -- \
		$(ALL_CPPFLAGS) -std=gnu11 -Idriver/ndis -Itracer 2>/dev/null
	@echo "lint: clean"

.PHONY: format compdb
format: ## lay the code out with clang-format
	$(Q)clang-format -i $(filter-out %provider.h,$(C_FILES))

compdb: ## compile_commands.json for editors
	$(Q)$(MAKE) --no-print-directory -nB V=1 tests | \
		sed -n "s/.* -c -o [^ ]* \([^ ]*\.c\)$$/\1\t&/p" | \
		awk -F '\t' -v d="$(CURDIR)" 'BEGIN { print "[" } { gsub(/"/, "\\\"", $$2); \
		printf "%s{\"directory\":\"%s\",\"file\":\"%s\",\"command\":\"%s\"}", n++ ? ",\n" : "", d, $$1, $$2 } \
		END { print "]" }' > compile_commands.json

.PHONY: bench
bench: tests ## measure speed and memory; docs/benchmarks.md has the figures of one machine
	@BUILD=$(BUILD) tests/bench/bench.py $(PARTS)

# Manual pages and completions come from the programs' own tables.
COMMANDS = $(shell sed -n 's/^\t{"\([a-z]*\)", cli_[a-z]*,.*/\1/p' cli/commands.c)
MAN_PAGES = $(BUILD)/man/poolscope.1 $(BUILD)/man/refnic.1 $(COMMANDS:%=$(BUILD)/man/poolscope-%.1)
.PHONY: man
man: $(MAN_PAGES) ## the manual pages, below build/man
$(BUILD)/man/poolscope.1: $(BUILD)/poolscope
	@mkdir -p $(@D)
	$(Q)$< help --man > $@
$(BUILD)/man/poolscope-%.1: $(BUILD)/poolscope
	@mkdir -p $(@D)
	$(Q)$< help --man $* > $@
$(BUILD)/man/refnic.1: $(BUILD)/refnic
	@mkdir -p $(@D)
	$(Q)$< --man > $@

# For a driver that uses poolscope.h: pkg-config --cflags --libs poolscope
$(BUILD)/poolscope.pc: FORCE
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' \
		'Name: poolscope' 'Description: tells how a DMA buffer pool lives, through LTTng' \
		'Version: $(VERSION)' 'Cflags: -I$${includedir}' \
		'Libs: -L$${libdir} -lpoolscope $(POOLSCOPE_LIBS) -pthread' > $@
FORCE:

# What a miniport includes, without the tree: cc -I$(PREFIX)/include/poolscope/ndis
NDIS_HEADERS := $(wildcard driver/ndis/ndis.h driver/ndis/ndis_*.h driver/ndis/ndis5_*.h)
SHARE = $(DESTDIR)$(PREFIX)/share
.PHONY: install
install: $(PROGRAMS) $(MAN_PAGES) $(BUILD)/poolscope.pc ## programs, library, headers, manual, completions below PREFIX
	$(Q)install -D -t '$(DESTDIR)$(PREFIX)/bin' $(PROGRAMS)
	$(Q)install -D -m 644 -t '$(DESTDIR)$(PREFIX)/include' tracer/poolscope.h
	$(Q)install -D -m 644 -t '$(DESTDIR)$(PREFIX)/include/poolscope/ndis' $(NDIS_HEADERS)
	$(Q)install -D -m 644 -t '$(DESTDIR)$(PREFIX)/lib' $(BUILD)/libpoolscope.a
	$(Q)install -D -m 644 -t '$(DESTDIR)$(PREFIX)/lib/pkgconfig' $(BUILD)/poolscope.pc
	$(Q)install -D -m 644 -t '$(SHARE)/man/man1' $(MAN_PAGES)
	$(Q)install -D -m 644 -t '$(SHARE)/doc/poolscope' README.md docs/*.md
	$(Q)install -d '$(SHARE)/bash-completion/completions' '$(SHARE)/zsh/site-functions' \
		'$(SHARE)/fish/vendor_completions.d'
	$(Q)$(BUILD)/poolscope completion bash > '$(SHARE)/bash-completion/completions/poolscope'
	$(Q)$(BUILD)/poolscope completion zsh > '$(SHARE)/zsh/site-functions/_poolscope'
	$(Q)$(BUILD)/poolscope completion fish > '$(SHARE)/fish/vendor_completions.d/poolscope.fish'
	@echo "installed below $(DESTDIR)$(PREFIX)"

.PHONY: deb
deb: $(PROGRAMS) ## a Debian package, below build
	$(Q)./packages.sh --install deb
	$(Q)BUILD=$(BUILD) VERSION=$(VERSION) MAKE="$(MAKE)" ./debian.sh

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz compile_commands.json
