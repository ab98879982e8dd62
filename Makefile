# The few commands one must know. Each builds what it needs; none asks anything.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:  # each step uses all cores itself
.SECONDARY:  # the steps named by patterns are no files to be removed

jobs := $(shell nproc)
# Debian's own interpreter: the one for which tools/install brings pytest.
python := /usr/bin/python3
# Where threads share state, the thread sanitizer pays; it slows programs down tenfold, so not elsewhere.
tsan_tests := phlox_push_test phlox_http_test phlox_storage_test
tsan_labels := ^(push|http|storage)$$

# What `make fuzz` runs, and for how long each.
fuzzers := stack_reader_fuzz elf_image_fuzz prologue_fuzz pprof_fuzz pprof_oracle_fuzz folded_fuzz node_tree_fuzz speedscope_fuzz firefox_profile_fuzz python_collapsed_fuzz austin_fuzz perf_script_fuzz selector_fuzz cell_fuzz otlp_fuzz
seconds ?= 60

# What `make tidy` and `make format` look at: what differs from this commit or is new.
since ?= HEAD
changed = { git diff --name-only --diff-filter=d $(since) -- $(1); git ls-files --others --exclude-standard -- $(1); }
sources := 'src/*.cc' 'apps/*.cc'
headers := 'src/*.h' 'apps/*.h'
run_tidy := xargs --no-run-if-empty --max-procs=$(jobs) --max-args=1 clang-tidy-19 --quiet -p build/dev
# In tests an optional without a value is a failure, products of literals are small, and chance is the same each time.
not_of_tests := -bugprone-unchecked-optional-access,-bugprone-implicit-widening-*,-performance-inefficient-*,-cert-msc32-c,-cert-msc51-cpp

.PHONY: help build demo test install test-tsan test-web tidy format fuzz bench kill-test bench-sampler bench-web

help:
	@echo 'make build         build what users run, into build/release/bin; installs missing packages'
	@echo 'make demo          build, then profile an example before and after a change, and compare'
	@echo 'make demo ONCE=1   the same, but ends by itself and fails if a number is not as it should be'
	@echo 'make test          build and run every test'
	@echo 'make fuzz          fuzz the decoders for a minute each; seconds=N for longer'
	@echo 'make kill-test     kill the server fifty times while profiles come in; nothing may be lost or doubled'
	@echo 'make bench         measure ingest, queries and parts of the server, beside the figures of a peer'
	@echo 'make bench-sampler compare the sampler with others on the same targets; some minutes'
	@echo 'make bench-web     measure the page on a million nodes beside speedscope and Grafana, on five million, and on 30 days; some minutes'
	@echo 'make tidy          clang-tidy on what changed since HEAD; since=COMMIT for another start'
	@echo 'make format        clang-format on the same'

build: build-release
	@echo 'built: build/release/bin/phlox'

demo: build-release
	@ONCE=$(ONCE) examples/demo

test: ctest-dev ctest-asan test-tsan test-web build-release
	@echo '== tests of the built programs'
	@$(python) -m pytest tests

install:
	@tools/install

# Several sources in one take a third of the time, but all of it again for each change. So only where nothing is changed: presets
# that users and tests build, and on a machine that builds once, dev too; elsewhere dev keeps showing that each file is whole.
unity := $(if $(CI),-DCMAKE_UNITY_BUILD=ON)

configure-%: install
	@cmake --preset $* --log-level=NOTICE $(unity) >/dev/null

build-%: configure-%
	@echo '== build, preset $*'
	@cmake --build --preset $* --parallel $(jobs)

ctest-%: build-%
	@echo '== unit tests, preset $*'
	@ctest --preset $* --parallel $(jobs) --progress --no-label-summary

test-tsan: configure-tsan
	@echo '== unit tests, preset tsan'
	@cmake --build --preset tsan --parallel $(jobs) --target $(tsan_tests)
	@ctest --preset tsan --parallel $(jobs) --progress --no-label-summary --label-regex '$(tsan_labels)'

test-web: web/node_modules/.package-lock.json
	@echo '== unit tests of the page'
	@cd web && npm run --silent check && npm test --silent

# npm writes this file when it has installed what the lock says.
web/node_modules/.package-lock.json: web/package-lock.json | install
	@npm --prefix web ci --silent

# Of the peers, those that PyPI has for this machine; result in docs/bench-sampler.md.
bench-sampler: build-release
	@tools/install tools/packages-bench.txt
	@tools/install tools/packages-bench-sampler.txt
	@cmake --preset bench --log-level=NOTICE >/dev/null
	@cmake --build --preset bench --parallel $(jobs) --target phlox-timer
	@$(python) bench/sampler/run.py --output docs/bench-sampler.md $(options)

# The peers come from npm, pinned by a lock file of their own; result in docs/bench-web.md.
bench-web: build-release web/node_modules/.package-lock.json
	@npm --prefix bench/web ci --silent --ignore-scripts --legacy-peer-deps
	@tools/install tools/packages-bench.txt
	@cmake --preset bench --log-level=NOTICE >/dev/null
	@cmake --build --preset bench --parallel $(jobs) --target phlox-fill
	@node bench/web/run.mjs --output docs/bench-web.md $(options)

fuzz:
	@tools/install tools/packages-fuzz.txt
	@cmake --preset fuzz --log-level=NOTICE >/dev/null
	@cmake --build --preset fuzz --parallel $(jobs) --target $(fuzzers)
	@for target in $(fuzzers); do \
	  mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/bin/$$target -max_total_time=$(seconds) -timeout=10 build/fuzz/corpus/$$target tests/fuzz/$$target; \
	done

kill-test: build-release
	@PHLOX_KILLS=50 $(python) -m pytest tests/integration/test_server_crash.py

bench: install
	@tools/install tools/packages-bench.txt
	@cmake --preset bench --log-level=NOTICE >/dev/null
	@cmake --build --preset bench --parallel $(jobs)
	@build/bench/bin/phlox-micro-bench
	@bench/run

tidy: configure-dev
	@tools/install tools/packages-tidy.txt
	@$(call changed,$(sources)) | grep -v '_test\.cc$$' | $(run_tidy)
	@$(call changed,$(sources)) | grep '_test\.cc$$' | $(run_tidy) --checks='$(not_of_tests)'

format:
	@tools/install tools/packages-tidy.txt
	@$(call changed,$(sources) $(headers)) | xargs --no-run-if-empty clang-format-19 -i
