#!/bin/bash
# The whole loop on a mail server of its own: sample mails become notes in demo-vault/, you approve one draft
# by editing it, and the reply arrives in its thread.
#
#   scripts/demo.sh             waits while you edit the draft
#   scripts/demo.sh --auto      edits the draft itself
#   scripts/demo.sh --release   builds with optimizations (slower to build)
#   scripts/demo.sh --run CMD   sets all of it up, runs CMD with postnote on its PATH, and ends (scripts/shots.sh)
#
# Everything it writes is in demo-vault/ and .demo/ of this clone; your own mail, notes and settings stay
# untouched. The server listens on 127.0.0.1 only and sends nothing anywhere. GREENMAIL_PORT_OFFSET=1000 moves its ports.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
cd "$root"

auto=no
run=
profile=debug
build=(cargo build --locked --quiet --bin postnote)
while [ $# -gt 0 ]; do
    case $1 in
    --auto) auto=yes ;;
    --release) profile=release build+=(--release) ;;
    --run) run=${2:-} && [ -n "$run" ] || die "--run needs a command" && shift ;;
    *) sed -n '2,12p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
    esac
    shift
done
if [ "$auto" = no ] && [ -z "$run" ] && [ ! -t 0 ]; then
    die "there is no terminal to wait at. Use scripts/demo.sh --auto."
fi

demo=$root/.demo
vault=$root/demo-vault
config=$demo/postnote.toml
parent='<storage-plan-2@mobile.example.com>'

title() { printf '\n== %s\n' "$*"; }
value() { sed -n "s/^$1=//p" "$demo/greenmail/info"; }

"$root/scripts/install.sh" demo

title "Building postnote"
"${build[@]}"
postnote=${CARGO_TARGET_DIR:-$root/target}/$profile/postnote

# A vault with a person's notes in it is never emptied: only one that an earlier demo made.
if [ -e "$vault" ]; then
    [ -e "$demo/made-the-vault" ] || die "demo-vault/ is there, and this demo did not make it. Move it away and run this again."
    rm -rf "$vault"
fi
rm -rf "$demo/state" "$config"
mkdir -p "$demo/state" "$vault"
chmod 700 "$demo" "$demo/state"
: >"$demo/made-the-vault"

title "Starting a mail server (GreenMail, 127.0.0.1)"
trap '"$root/scripts/greenmail.sh" stop "$demo/greenmail" || true' EXIT
"$root/scripts/greenmail.sh" start "$demo/greenmail" >/dev/null
"$root/scripts/deliver.sh" "$demo/greenmail"

(umask 077 && cat >"$config") <<CONFIG
# Written by scripts/demo.sh. The state folder is the demo's own: your postnote is never touched.
vault = '$vault'
state = '$demo/state'

[send]
delay = "0s"

[[accounts]]
name = "demo"
email = "sam@example.org"
display_name = "Sam Reed"
aliases = ["sam.reed@example.net"]

[accounts.imap]
host = "127.0.0.1"
port = $(value imap)
security = "plaintext"

[accounts.smtp]
host = "127.0.0.1"
port = $(value smtp)
security = "plaintext"

[accounts.auth]
password = { env = "POSTNOTE_DEMO_PASSWORD" }
CONFIG
export POSTNOTE_DEMO_PASSWORD=secret-sam

if [ -n "$run" ]; then
    PATH=$(dirname "$postnote"):$PATH POSTNOTE_CONFIG=$config DEMO_VAULT=$vault bash -c "$run"
    exit
fi

sync() { "$postnote" --config "$config" sync; }

# The folder's files, indented; no program needed that a fresh machine lacks.
tree_of() { (cd "$1" && find . -name '.?*' -prune -o -type f -print | sed 's#^\./##' | LC_ALL=C sort | sed 's/^/  /'); }

# note_with TEXT FOLDER: the one Markdown file below FOLDER whose lines hold TEXT.
note_with() { grep -rlF --include='*.md' -- "$1" "$2" 2>/dev/null | LC_ALL=C sort | head -n 1; }

# frontmatter NOTE: its first lines, up to the second ---.
frontmatter() { awk '{ print } NR > 1 && /^---/ { exit }' "$1"; }

# status_of DRAFT: the word after `status:` in its frontmatter.
status_of() { awk 'NR > 1 && /^---/ { exit } /^status:/ { gsub(/["'\'']/, ""); print $2 }' "$1"; }

title "postnote sync: mail becomes notes"
sync

title "The vault, demo-vault/"
tree_of "$vault"

source_note=$(note_with "message_id: \"$parent\"" "$vault/Sources")
[ -n "$source_note" ] || die "no source note for Ada's mail ($parent) below demo-vault/Sources"
title "A source note: ${source_note#"$root"/}"
cat "$source_note"

draft=$(note_with "in_reply_to: \"$parent\"" "$vault/Outbox")
[ -n "$draft" ] || die "no draft that answers Ada's mail ($parent) in demo-vault/Outbox"
title "The draft that answers it: ${draft#"$root"/}"
cat "$draft"

# Every […] between "## Draft Response" and the next heading gets an answer; the status becomes approved.
approve() {
    awk '
        BEGIN { answer[1] = "Yes, it is encrypted, with a key that two of us hold."
                answer[2] = "We expect about forty terabytes."
                answer[3] = "Noor will run it, and I will help."
                rest = "I will write to you about this tomorrow." }
        NR == 1 && /^---/ { front = 1; print; next }
        front && /^---/ { front = 0 }
        front && /^status:/ { print "status: approved"; next }
        /^## / { reply = /^## Draft Response/ }
        reply { while ((at = index($0, "[…]")) > 0) {
                    n++
                    $0 = substr($0, 1, at - 1) (n in answer ? answer[n] : rest) substr($0, at + length("[…]")) } }
        { print }' "$1" >"$demo/approved.md"
    cat "$demo/approved.md" >"$1"
    rm -f "$demo/approved.md"
}

if [ "$auto" = yes ]; then
    title "Approving it (--auto): each […] filled in, status: approved"
    approve "$draft"
else
    title "Your turn"
    echo "Open this file in any editor:"
    echo "  $draft"
    echo "  1. Below \"## Draft Response\", replace each […] with your answer."
    echo "  2. At the top, change \"status: pending\" to \"status: approved\", and save."
fi

# Sends what is approved. A reader who left something open is told by postnote what it is, and tries again.
while :; do
    if [ "$auto" = no ]; then
        read -r -p "Then press Enter here (or type q to stop). " answer || exit 1
        if [ "$answer" = q ]; then exit 0; fi
        if [ "$(status_of "$draft")" != approved ]; then
            echo "The status is \"$(status_of "$draft")\"; to send the draft, make it \"approved\" and save."
            continue
        fi
    fi
    title "postnote sync: what is approved is sent"
    sync || say "postnote reported a problem, above"
    if [ "$auto" = yes ] || [ "$(status_of "$draft")" = sent ]; then break; fi
done
if [ "$(status_of "$draft")" != sent ]; then
    frontmatter "$draft" >&2
    die "the draft was not sent: its status is \"$(status_of "$draft")\". ${draft#"$root"/} says why."
fi

title "The draft's frontmatter now"
frontmatter "$draft"

title "The reply, as Ada's mailbox holds it"
ada() { curl -sS -m 30 --user ada@example.com:secret-ada "imap://127.0.0.1:$(value imap)/INBOX$1" "${@:2}"; }
held=$(ada "" -X 'STATUS INBOX (MESSAGES)' | tr -d '\r' | sed -n 's/.*MESSAGES \([0-9]*\)).*/\1/p')
[ "$held" = 1 ] || die "Ada's mailbox holds ${held:-no answer for the number of} messages, and it should be one"
reply=$(ada ';MAILINDEX=1' | tr -d '\r')
printf '%s\n' "$reply"

# expect FIELD TEXT: the reply's header field holds TEXT; a field on several lines counts as one.
expect() {
    local found
    found=$(printf '%s\n' "$reply" | awk -v field="$1" '
        /^$/ { exit }
        /^[ \t]/ { if (ours) printf "%s", $0; next }
        { ours = index(tolower($0), tolower(field) ":") == 1 }
        ours { printf "%s", substr($0, length(field) + 2) }')
    case $found in
    *"$2"*) ;;
    *) die "the reply's $1 is \"$found\", and should hold $2" ;;
    esac
}
expect In-Reply-To "$parent"
expect To ada@example.com
expect From sam.reed@example.net

title "Done in ${SECONDS}s"
echo "Ada's mailbox holds one message; its In-Reply-To is $parent, her mail."
echo "It went to her Reply-To address, from the address that she had written to."
echo "Look around: demo-vault/ is an ordinary folder of notes; open it in Obsidian or any editor."
echo "The settings of this run are in .demo/postnote.toml. To begin anew, run scripts/demo.sh again."
