# inventory-manager: one non-recursive Makefile.
#
#   make            build bin/inventory-manager
#   make test       everything: unit tests, the fleet, a real sshd, the commands of the guide
#   make demo       install what is missing, build, deploy to nine servers on this machine
#   make help       the rest
#
# Objects live in $(BUILD); BUILD=build/asan SAN=1 builds beside with ASan and UBSan.

BUILD   ?= build/release
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
WERROR  ?=

LAYERS  := base core proc config ssh probe store ui app cli front

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wformat=2 -Wstrict-prototypes \
        -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wcast-qual -Wconversion \
        -Wswitch-enum
ifeq ($(FUZZ),1)
HARDEN := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
          -fno-omit-frame-pointer
LINKH  := -fsanitize=fuzzer,address,undefined
else ifeq ($(SAN),1)
HARDEN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINKH  := -fsanitize=address,undefined
else ifeq ($(COVER),1)
HARDEN := -O0 -g --coverage
LINKH  := --coverage
else ifeq ($(DEBUG),1)
HARDEN := -O1 -g
LINKH  :=
else
HARDEN := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
          -fcf-protection=full -fPIE
LINKH  := -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif

CPPFLAGS_ALL := -Iinclude -D_GNU_SOURCE -DIM_PREFIX='"$(PREFIX)"' $(CPPFLAGS)
CFLAGS_ALL   := -std=c17 $(WARN) $(WERROR) $(HARDEN) -MMD -MP $(CFLAGS)
LDFLAGS_ALL  := -Wl,--as-needed $(LINKH) $(LDFLAGS)
LDLIBS_ALL   := -lssh -lcurl -levent_core -lyaml -lpcre2-8 -lsqlite3 -ljansson -larchive -lcrypto -lncursesw -ltinfo $(LDLIBS)

BIN  := bin/inventory-manager
ifneq ($(BUILD),build/release)
BIN  := $(BUILD)/inventory-manager
endif

src_of = $(wildcard src/$(1)/*.c)
obj_of = $(patsubst %.c,$(BUILD)/%.o,$(call src_of,$(1)))
lib_of = $(BUILD)/lib$(1).a

# Which archives a layer's unit tests link: itself and what it may include (ARCHITECTURE.md).
need_base   := base
need_core   := core base
need_proc   := proc base
need_config := config core base
need_ssh    := ssh proc core base
need_probe  := probe proc core base
need_store  := store core base
need_ui     := ui core base
need_app    := app config ssh probe store ui proc core base
need_cli    := cli app config ssh probe store ui proc core base
need_front  := front cli app config ssh probe store ui proc core base

comma := ,
LIBS := $(foreach l,$(LAYERS),$(if $(call src_of,$(l)),$(call lib_of,$(l))))

.PHONY: all
all: $(BIN)

define LAYER
$(call lib_of,$(1)): $(call obj_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcsD $$@ $$^
test_$(1)_bins := $$(patsubst test/unit/$(1)/%.c,$(BUILD)/test/$(1)/%,$$(wildcard test/unit/$(1)/test_*.c))
$$(test_$(1)_bins): $(BUILD)/test/$(1)/%: $(BUILD)/test/unit/$(1)/%.o $$(foreach l,$$(need_$(1)),$$(if $$(call src_of,$$(l)),$$(call lib_of,$$(l))))
	@mkdir -p $$(@D)
	@echo '  LD $$@'
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(LDLIBS_ALL) -lcmocka
UNIT_BINS += $$(test_$(1)_bins)
.PHONY: unit-$(1)
unit-$(1): $$(test_$(1)_bins)
	@test/check/run unit $$^
endef
$(foreach l,$(LAYERS),$(eval $(call LAYER,$(l))))
# The simulator's checker, held to scripts that are wrong in one place.
CHECK_TESTS := $(patsubst test/sim/%.c,$(BUILD)/test/sim/%,$(wildcard test/sim/test_*.c))
UNIT_BINS   += $(CHECK_TESTS)
$(BUILD)/test/core/test_strategies: $(BUILD)/test/strategies/world.o $(BUILD)/test/strategies/trail.o
$(BUILD)/test/ssh/test_ahead: | $(BUILD)/test/fleet/fleet
$(BUILD)/test/ssh/test_cut: $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/cut/*.c))

$(BUILD)/src/%.o: src/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

$(BUILD)/test/%.o: test/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CPPFLAGS_ALL) -Itest $(CFLAGS_ALL) -Wno-missing-prototypes -c -o $@ $<

# Archives in order from front down to base, twice nothing: each layer only uses those below it.
MAIN_LIBS := $(foreach l,$(need_front),$(if $(call src_of,$(l)),$(call lib_of,$(l))))
$(BIN): $(BUILD)/src/main.o $(MAIN_LIBS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

.SECONDARY:

# ---------------------------------------------------------------- tests

FLEET := $(BUILD)/test/fleet/fleet
fleet_objs := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/fleet/*.c))
.PHONY: fleet
fleet: $(FLEET)
$(FLEET): $(fleet_objs) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lssh -levent_core -lcrypto $(LDLIBS)

# The pictures of docs/strategies.md: the real core against hosts that do not exist.
DRAW := $(BUILD)/test/strategies/draw
$(DRAW): $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/strategies/*.c)) $(call lib_of,core) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)
.PHONY: strategies strategies-check strategies-ansible
strategies: $(DRAW)
	@mkdir -p docs/strategies
	@$(DRAW) docs/strategies
strategies-check: $(DRAW)
	@$(DRAW) --check docs/strategies
# What docs/strategies.md says of Ansible, measured; by hand.
strategies-ansible:
	@test/strategies/ansible

.PHONY: unit
unit: $(UNIT_BINS)
	@test/check/run unit $(UNIT_BINS)

# The layers whose libraries read memory that is ours, where ASan does not see it; the others are ASan's alone
# (SAN=1).  VALGRIND_LAYERS='proc ssh probe store app' for a campaign.
VALGRIND_LAYERS ?= proc ssh probe
VALGRIND := valgrind -q --suppressions=test/check/valgrind.supp --error-exitcode=9 --leak-check=full --child-silent-after-fork=yes
.PHONY: valgrind
valgrind: unit-bins
	@RUNNER='$(VALGRIND)' test/check/run unit $(foreach l,$(VALGRIND_LAYERS),$(test_$(l)_bins))

# unit tests, then what runs against real servers; the sum last
.PHONY: test
test: deps $(if $(wildcard src/main.c),all) $(if $(wildcard test/fleet/*.c),fleet) chaos term unit-bins
	@test/check/run-all $(UNIT_BINS)

# The e2e tests that exercise SSH, against dropbear, asyncssh and libssh's server: docs/servers.md.
.PHONY: servers
servers: deps all fleet
	@test/check/run servers

.PHONY: unit-bins
unit-bins: $(UNIT_BINS)

# Fuzzing needs clang; its objects live beside the others.  FUZZ_SECONDS=600 for a campaign.
FUZZ_NAMES := $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/fuzz_*.c))
FUZZ_BINS  := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%)
.PHONY: fuzz fuzz-bins fuzz-merge
fuzz:
	@$(MAKE) --no-print-directory CC=clang FUZZ=1 BUILD=build/fuzz fuzz-bins
	@test/fuzz/run build/fuzz/fuzz $(FUZZ_NAMES)
fuzz-bins: $(FUZZ_BINS)
$(FUZZ_BINS): $(BUILD)/fuzz/%: $(BUILD)/test/fuzz/%.o $(foreach l,$(need_app),$(if $(call src_of,$(l)),$(call lib_of,$(l))))
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)
# What a campaign found that covers more goes into the repository's corpus.
fuzz-merge:
	@test/fuzz/merge build/fuzz/fuzz $(FUZZ_NAMES)

# What Ansible and ClusterShell answer, and what we answer: each test/diff/*.py drives a program
# answer_* that speaks for us, and prints "N passed, N failed" last.
DIFF_BINS := $(patsubst test/diff/%.c,$(BUILD)/test/diff/%,$(wildcard test/diff/*.c))
.PHONY: diff
diff: deps all $(DIFF_BINS)
	@test/check/run-diff $(BUILD)/test/diff test/diff/diff_*.py
$(DIFF_BINS): $(BUILD)/test/diff/%: $(BUILD)/test/diff/%.o $(MAIN_LIBS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

# A terminal that obeys, for the tests of the full screen: docs/tui.md is made with it.
TERMINAL := $(BUILD)/test/tui/term
KEYTABLE := $(BUILD)/test/tui/keytable
.PHONY: term
term: $(TERMINAL) $(KEYTABLE)
$(TERMINAL): $(patsubst %.c,$(BUILD)/%.o,$(filter-out test/tui/keytable.c,$(wildcard test/tui/*.c))) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lvterm -lutil -ltinfo $(LDLIBS)
$(KEYTABLE): $(BUILD)/test/tui/keytable.o $(call lib_of,ui) $(call lib_of,base)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

# The program with a second look at each run when it is over: test/e2e/t-chaos.sh.
CHAOS := $(BUILD)/test/chaos/inventory-manager
.PHONY: chaos
chaos: $(CHAOS)
$(CHAOS): $(BUILD)/src/main.o $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/chaos/*.c)) $(MAIN_LIBS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -Wl,--wrap=history_prune -o $@ $^ $(LDLIBS_ALL)

# The core alone, in a world that does not exist: docs/simulation.md.  SEEDS=N FROM=M for campaigns.
SIM      := $(BUILD)/test/sim/sim
sim_objs := $(patsubst %.c,$(BUILD)/%.o,$(filter-out test/sim/test_%.c test/sim/play.c test/sim/rows.c test/sim/exhaust%.c,$(wildcard test/sim/*.c)))
SEEDS    ?= 100000
FROM     ?= 1
JOBS     ?= $(shell nproc)
.PHONY: sim sim-bin
sim-bin: $(SIM)
sim: $(SIM)
	@test/sim/run $(SIM) $(SEEDS) $(FROM) $(JOBS)
$(SIM): $(sim_objs) $(call lib_of,core) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcrypto $(LDLIBS)

.PHONY: unit-sim
unit-sim: $(CHECK_TESTS)
	@test/check/run unit $^
$(CHECK_TESTS): $(BUILD)/test/sim/%: $(BUILD)/test/sim/%.o $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/sim/check*.c) test/sim/case.c test/sim/play.c test/sim/rows.c) $(call lib_of,core) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcrypto $(LDLIBS) -lcmocka

# Every state of small runs; EXHAUST=long for larger ones.  Memory comes from a block that can be copied.
EXHAUST_BIN := $(BUILD)/test/sim/exhaust
EXHAUST_WRAP := -Wl,--wrap=xcalloc,--wrap=xreallocarray,--wrap=xgrow,--wrap=xmemdup,--wrap=free
.PHONY: exhaust
exhaust: $(EXHAUST_BIN)
	@$(EXHAUST_BIN)
$(EXHAUST_BIN): $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/sim/exhaust*.c) $(wildcard test/sim/check*.c) $(wildcard test/sim/script*.c) test/sim/case.c test/sim/say.c test/sim/guard.c) $(call lib_of,core) $(call lib_of,base)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) $(EXHAUST_WRAP) -o $@ $^ -lcrypto $(LDLIBS)

# The same with faults in the core, each of which must be caught: docs/sensitivity.md.
PLANTED := build/planted/test/sim/sim
.PHONY: planted-bin sensitivity sensitivity-check
planted-bin:
	@$(MAKE) --no-print-directory BUILD=build/planted CPPFLAGS='$(CPPFLAGS) -DPLANTED_FAULTS' sim-bin
sensitivity: planted-bin
	@test/sim/sensitivity $(PLANTED) write
sensitivity-check: planted-bin
	@test/sim/sensitivity $(PLANTED) check

# Every line and branch of core/ is run by its unit tests: fails where one is not.  gcov is gcc's.
# COVER_SEEDS=N runs the simulator, too.
.PHONY: coverage coverage-run
coverage: deps
	@$(MAKE) --no-print-directory CC=gcc COVER=1 BUILD=build/coverage coverage-run
cover_bins = $(test_core_bins) $(BUILD)/test/base/test_heap
coverage-run: $(cover_bins) $(if $(COVER_SEEDS),$(SIM))
	@test/check/coverage $(BUILD) $(cover_bins)

# A program that does nothing with the libraries of ours: what a start costs at least.
bench-tools: $(BUILD)/bench/empty
$(BUILD)/bench/empty: $(BUILD)/bench/empty.o
	@echo '  LD $@'
	@$(CC) $(filter-out -Wl$(comma)--as-needed,$(LDFLAGS_ALL)) -Wl,--no-as-needed -o $@ $< $(LDLIBS_ALL)

# Numbers for people: nothing passes or fails by them.  About ten minutes, the whole matrix, seconds; bench/README.md.
# What only it needs is installed when it is missing (bench/deps); no service is.
.PHONY: bench bench-long bench-smoke bench-tools
bench: bench-tools
	@[ ! -x bench/deps ] || bench/deps
	@bench/run
bench-long: bench-tools
	@[ ! -x bench/deps ] || bench/deps
	@bench/run --long
bench-smoke: bench-tools
	@bench/run --smoke
bench-tools: all fleet term bench-micro $(BUILD)/bench/stall.so
$(BUILD)/bench/stall.so: bench/stall.c
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -O2 -Wall -Wextra -shared -fPIC -o $@ $<

# Single layers beside floors: bench/suites/micro.py.
MICRO := $(BUILD)/bench/micro/micro
.PHONY: bench-micro
bench-micro: $(MICRO)
$(MICRO): $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/micro/*.c)) $(MAIN_LIBS)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)
$(BUILD)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# ---------------------------------------------------------------- gates

C_FILES := $(wildcard src/*.c src/*/*.c test/*/*.c test/unit/*/*.c bench/*.c bench/micro/*.c)
H_FILES := $(wildcard include/*/*.h test/*/*.h bench/micro/*.h)

.PHONY: gates layers headers format-check format tidy analyze faults faults-doc
gates: layers headers format-check tidy analyze faults strategies-check

layers: $(LIBS)
	@test/check/layers $(BUILD)

headers:
	@test/check/headers $(CC) $(CPPFLAGS_ALL) -std=c17 $(WARN)

format-check:
	@clang-format --dry-run -Werror $(C_FILES) $(H_FILES)

format:
	clang-format -i $(C_FILES) $(H_FILES)

# A file is checked again only when it, or a header it includes, has changed.
TIDY_STAMPS := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(wildcard src/*.c src/*/*.c))
# A third of the states that clang's analyzer looks at by itself: slot.c takes 5 s instead of 16.
TIDY_DEPTH := --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=max-nodes=75000
tidy: $(TIDY_STAMPS)
$(BUILD)/tidy/%.ok: %.c $(BUILD)/%.o .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $(TIDY_DEPTH) $< -- $(CPPFLAGS_ALL) -std=c17 2>/dev/null
	@touch $@

# docs/faults.md is what the tests say, and no fault is without one.
faults:
	@test/check/faults
faults-doc:
	@test/check/faults write

analyze:
	@test/check/analyze $(CPPFLAGS_ALL) -std=c17

# ---------------------------------------------------------------- the rest

.PHONY: demo demo-screen run
demo:
	@test/check/deps build
	@$(MAKE) --no-print-directory all fleet
	@FLEET=$(FLEET) IM=$(BIN) test/demo/run
# The full screen over the same nine servers, which are there as long as it is.
demo-screen:
	@test/check/deps build
	@$(MAKE) --no-print-directory all fleet
	@FLEET=$(FLEET) IM=$(BIN) test/demo/run screen

run: all
	@$(BIN)

.PHONY: deps install clean help
deps:
	@test/check/deps

install: $(BIN)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/inventory-manager
	install -d $(DESTDIR)$(PREFIX)/share/inventory-manager/actions
	install -m 644 conf/actions/*.yml $(DESTDIR)$(PREFIX)/share/inventory-manager/actions
	install -m 644 conf/defaults.yml $(DESTDIR)$(PREFIX)/share/inventory-manager

clean:
	rm -rf build bin

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile
	@echo 'targets: all deps run demo demo-screen test unit sim sensitivity sensitivity-check servers valgrind diff fuzz coverage fleet chaos bench bench-long bench-smoke gates layers headers format-check tidy analyze faults faults-doc strategies strategies-check format install clean'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
