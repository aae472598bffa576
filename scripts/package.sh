#!/usr/bin/env bash
# Make a .deb and an .rpm of what `make build` made (make package). What is in them is in Cargo.toml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=${CARGO_TARGET_DIR:-target}/packages
mkdir -p "$packages"
scripts/cargo-tool.sh deb --no-build --strip --locked --output "$packages/"
scripts/cargo-tool.sh generate-rpm --output "$packages/"
ls -l "$packages"
