#!/bin/bash
# Measures postnote against mbsync (isync), side by side, on a private Dovecot; prints Markdown tables.
#
#   scripts/bench.sh [OPTIONS] [large|empty|memory|growth|all ...]      (all is the default)
#
#   large     full sync of 10,000 messages (411 MB): wall time, CPU, memory, and the share of each stage
#   empty     sync of that mailbox with nothing new
#   memory    peak memory, on `large` and on 200 messages of 10 to 25 MB (3.5 GB)
#   growth    full and empty sync of 1,000 and 10,000 messages
#
#   --quick          1,000 messages instead of 10,000, 20 large ones, 3 runs: to see that everything works
#   --runs N         pairs of runs (default 5); the medians are printed
#   --huge N         so many messages of 10 to 25 MB for `memory` (default 200; 0: none)
#   --to N           the largest mailbox of `growth` (default 10000; 100000 wants 20 GB of disk and a while)
#   --dir DIR        where to work (default /var/tmp): on a real disk, open to other users above it
#   --postnote FILE  the program to measure (default: a release build of this clone)
#   --keep           leave the folder with the server's mail, the vaults and the logs
#
# Exits 1 when postnote's notes are not what the mailbox's manifest says: a wrong result has no speed.
# The aims (0.45 of mbsync's time, 0.6 with nothing new, 150 MB) are printed, and fail nothing.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin:${CARGO_HOME:-$HOME/.cargo}/bin

case " $* " in *" --help "* | *" -h "*) sed -n '2,22p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
"$root/scripts/install.sh" bench
case " $* " in
*" --postnote"*) ;;
*)
    say "building postnote for release"
    (cd "$root" && cargo build --release --locked --quiet --bin postnote)
    set -- --postnote "${CARGO_TARGET_DIR:-$root/target}/release/postnote" "$@"
    ;;
esac
exec python3 "$root/scripts/bench.py" "$@"
