#!/bin/bash
# Sets up and runs everything that must pass: format, lints, tests against real servers, documentation,
# dependencies. CI runs exactly this. Every step runs; the last line says whether all passed.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin:${CARGO_HOME:-$HOME/.cargo}/bin
cd "$root"

failed=()
report=()

# step NAME COMMAND...: runs it, and notes its time and whether it passed.
step() {
    local name=$1 begin=$SECONDS outcome=ok
    shift
    say "== $name"
    "$@" || outcome=FAILED
    if [ "$outcome" != ok ]; then failed+=("$name"); fi
    report+=("$(printf '%-14s %5ss  %s' "$name" "$((SECONDS - begin))" "$outcome")")
}

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet; }

# The advisory database is a download: where it cannot be reached, that is said, and is no failure.
advisories() {
    if cargo deny fetch db >/dev/null 2>&1; then
        cargo deny check --disable-fetch advisories
    else
        say "NOT CHECKED: the RustSec advisory database cannot be reached from here; known advisories were not looked at."
        advisories_skipped=yes
    fi
}

# One rustls, one crypto provider (ring), and nothing of OpenSSL, native-tls or aws-lc, on any platform.
one_tls() {
    local crates versions name bad=0
    crates=$(cargo tree --locked --target all -e normal,build,dev --prefix none -f '{p}' | cut -d' ' -f1,2 | sort -u)
    for name in rustls ring; do
        versions=$(grep -c "^$name v" <<<"$crates" || true)
        if [ "$versions" != 1 ]; then
            say "there must be exactly one $name in the tree, and there are $versions: cargo tree -i $name"
            bad=1
        fi
    done
    for name in openssl openssl-sys native-tls aws-lc-rs aws-lc-sys; do
        if grep -q "^$name v" <<<"$crates"; then
            say "$name must not be in the tree: cargo tree --target all -i $name says who brings it"
            bad=1
        fi
    done
    return "$bad"
}

advisories_skipped=no
"$root/scripts/install.sh" test
step greenmail "$root/scripts/greenmail.sh" jar
step format cargo fmt --check
step clippy cargo clippy --locked --all-targets --quiet -- -D warnings
step test cargo test --locked
# 10,000 messages are too many for a debug build: this checks each of their notes, and prints how long they took.
step large "$root/scripts/bench.sh" --runs 1 large
step fuzz "$root/scripts/fuzz.sh" 15
step documentation documentation
step dependencies cargo deny --log-level error check bans licenses sources
step advisories advisories
step one-tls one_tls

printf '\n'
printf '%s\n' "${report[@]}"
note=
if [ "$advisories_skipped" = yes ]; then note=" (advisories not checked: their database cannot be reached)"; fi
if [ "${#failed[@]}" -gt 0 ]; then
    echo "FAILED after ${SECONDS}s: ${failed[*]}$note"
    exit 1
fi
echo "all passed in ${SECONDS}s$note"
