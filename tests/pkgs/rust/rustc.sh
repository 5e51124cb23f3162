#!/bin/bash
# What cargo runs in the place of rustc: paths of the build get fixed names, as
# they differ from one build to the next. RUSTFLAGS is no place for them, since
# cargo compiles everything again when these change. Bash, as dash would drop the
# variables of cargo's that have a hyphen in their names (CARGO_BIN_EXE_…).
exec "$@" \
  --remap-path-prefix "$NIX_BUILD_TOP=/build" \
  --remap-path-prefix "${vendor:-$CARGO_HOME}=/vendor"
