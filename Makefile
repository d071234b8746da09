# Havre. `make help` lists the targets.
PREFIX ?= /usr/local
DESTDIR ?=
# Extra words for `swift test`, as in: make test TESTFLAGS='--filter HavreCryptoTests'
TESTFLAGS ?=
RELEASE = .build-release
# The files whose length and shape `make lint` looks at.
SOURCES = Sources Tests Package.swift

.DEFAULT_GOAL := help
.PHONY: help setup build demo test soak bench release install lint

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing to build and test (apt, and pip into .venv)
	@scripts/setup

build: setup
	swift build --product havre

demo: build ## a whole migration on this machine, in under three minutes after the build
	scripts/demo

test: setup ## every test, against really started servers
	swift build --build-tests
	swift test --skip-build --disable-xctest $(TESTFLAGS)

soak: setup ## the same tests, the random ones ten times as long; their seeds are printed
	swift build --build-tests
	HAVRE_SOAK=1 swift test --skip-build --disable-xctest $(TESTFLAGS)

release: setup
	swift build -c release --static-swift-stdlib --product havre --scratch-path $(RELEASE)

bench: release ## CPU and memory beside a floor of our own, rclone and juicefs
	bench/run --havre $(RELEASE)/release/havre

install: release ## one binary with the Swift runtime inside, to PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(RELEASE)/release/havre $(DESTDIR)$(PREFIX)/bin/havre

lint: ## format, import direction, length of files, syntax of scripts
	swift format lint --strict --recursive $(SOURCES)
	scripts/check-imports
	scripts/check-imports-test
	scripts/check-shape
