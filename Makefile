# SPDX-License-Identifier: MIT
# One Makefile, non-recursive.  `make help` lists what it offers.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

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
$(BUILD)/driver/%.o $(BUILD)/tests/driver/%.o: ALL_CPPFLAGS += -Idriver/ndis -Itracer

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
DRIVER_LIBS    := $(POOLSCOPE_LIBS) -lm
TOOL_LIBS      := -llttng-ctl -lbabeltrace2 -lsqlite3 -lncursesw -ltinfo -ljansson -lm

PROGRAMS := $(BUILD)/refnic $(BUILD)/poolscope
TESTS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/test_*.c))
TOOLS    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c tests/bench/*.c))

.PHONY: all
all: $(PROGRAMS) ## build refnic and poolscope

$(BUILD)/refnic: $(BUILD)/driver/refnic.o $(BUILD)/libdriver.a $(BUILD)/libpoolscope.a
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic -o $@ $^ $(DRIVER_LIBS)

$(BUILD)/poolscope: $(BUILD)/cli/main.o $(BUILD)/libcli.a $(BUILD)/libviewer.a \
		$(BUILD)/libtuner.a $(BUILD)/libtracer.a $(BUILD)/libdb.a \
		$(BUILD)/driver/miniport/policy.o
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(TOOL_LIBS)

$(TESTS) $(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group \
		$(TOOL_LIBS) $(DRIVER_LIBS) -lcmocka

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
PACKAGES_MODE := $(if $(filter demo check,$(MAKECMDGOALS)),--install,--require)
PACKAGES_FOR  := build $(if $(filter check%,$(MAKECMDGOALS)),check)
$(BUILD)/.packages: packages.txt packages.sh
	@mkdir -p $(@D)
	$(Q)./packages.sh $(PACKAGES_MODE) $(PACKAGES_FOR)
	@touch $@

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- what people do with it -----------------------------------------------------------------------
.PHONY: demo check check-built tests
demo: $(PROGRAMS) ## install what is missing, build, run the demo with its live view
	@$(BUILD)/poolscope demo

tests: $(PROGRAMS) $(TESTS) $(TOOLS) ## build the tests without running them

check: $(BUILD)/.packages-check check-built ## install what is missing, build, run all tests (T=name for some)
$(BUILD)/.packages-check: packages.txt packages.sh
	@mkdir -p $(@D)
	$(Q)./packages.sh --install build check
	@touch $@
check-built: tests | $(BUILD)/.packages-check
	@BUILD=$(BUILD) T='$(T)' tests/run.sh

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan
