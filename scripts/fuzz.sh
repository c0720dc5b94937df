#!/bin/bash
# Fuzzes what reads foreign bytes: each target of fuzz/ for a while. A finding is kept in fuzz/artifacts/, and fails.
#
#   scripts/fuzz.sh [SECONDS [TARGET ...]]    (20 seconds each, all targets, unless told otherwise)
#
# It needs no nightly toolchain: a panic, a hang of 20 seconds and 2 GB of memory are what is looked for, and in safe Rust
# a sanitizer finds little besides. It begins with the golden mails and what was found on the way before (fuzz/corpus/).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
cd "$root"

seconds=${1:-20}
shift || true
if [ $# -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do set -- "$@" "$(basename "$file" .rs)"; done
fi
"$root/scripts/install.sh" test
mkdir -p target
# The same versions as everywhere else.
cp Cargo.lock fuzz/Cargo.lock
python3 scripts/fuzz_seeds.py target/fuzz-seeds
failed=()
for target in "$@"; do
    say "fuzzing $target for $seconds s"
    mkdir -p "fuzz/corpus/$target" "target/fuzz-seeds/$target"
    cargo fuzz run --sanitizer none --target-dir target/fuzz "$target" "fuzz/corpus/$target" "target/fuzz-seeds/$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=20000 -print_final_stats=1 2>"target/fuzz-$target.log" ||
        { failed+=("$target"); tail -40 "target/fuzz-$target.log" >&2; continue; }
    grep -E "stat::(number_of_executed_units|slowest_unit_time_sec)" "target/fuzz-$target.log" >&2 || true
done
if [ "${#failed[@]}" -gt 0 ]; then die "findings in: ${failed[*]}"; fi
say "no findings"
