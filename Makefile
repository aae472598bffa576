# The front door: each of these works on a fresh clone of the repository.

.PHONY: build demo test test-all bench check fmt setup man package install uninstall

# The program, in target/release.
build:
	scripts/setup.sh build
	cargo build --release --locked

# scx_domains at work on a real kernel, in an emulated machine.
demo:
	scripts/demo.sh

# The tests. Those of tests/guest boot real kernels in QEMU, as many at a time as there are CPUs.
test: setup
	cargo test --locked

# With those that do on other kernels what `make test` does on one, do it more often, or wait for long: a quarter of an hour more.
test-all: setup
	cargo test --locked -- --include-ignored

# The lab: schedulers side by side on modelled machines (benches/lab/README.md). It takes hours, may be ended at any
# time, and goes on where it was. A part of it: make bench ONLY=hogs MACHINE=8c2n VS=scx_rusty SEEDS=1
bench: setup
	cargo bench --locked --bench lab -- $(if $(ONLY),--only '$(ONLY)') $(if $(MACHINE),--machine '$(MACHINE)') \
		$(if $(VS),--vs '$(VS)') $(if $(KERNEL),--kernel '$(KERNEL)') $(if $(SEEDS),--seeds '$(SEEDS)') --report docs/lab $(ARGS)

# What needs no kernel: formatting, lints, the direction of imports, licences and sources of dependencies.
check: setup
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --test imports
	scripts/cargo-tool.sh deny check licenses bans sources

fmt:
	cargo fmt

# The manual pages and the completions, anew from the command line; after any change of it.
man:
	UPDATE_MANUAL=1 cargo test --locked --test manual pages_and_completions

# A .deb and an .rpm, in target/packages.
package: build
	scripts/package.sh

# What `make build` made, to PREFIX (/usr/local), below DESTDIR if given. uninstall leaves /etc alone.
install uninstall:
	PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install.sh $@

PREFIX = /usr/local

# What the tests and the build need from the distribution; asks for root only if something is missing.
setup:
	scripts/setup.sh test
