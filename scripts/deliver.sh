#!/bin/sh
# Delivers samples/*.eml to a GreenMail that scripts/greenmail.sh started: over SMTP to Sam's INBOX, and the
# files named sent-* by IMAP APPEND into Sam's Sent mailbox.
#
#   deliver.sh [DIR]     DIR as for greenmail.sh (default: .demo/greenmail in the clone)
#
# The Date of each mail becomes a recent one, in the order of their numbers, and the invite's meeting is a week
# from now; all other bytes go as they are, with CRLF line ends. Return-Path is the
# envelope's sender, from which GreenMail writes that line again.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"

dir=${1:-$root/.demo/greenmail}
[ -f "$dir/info" ] || die "GreenMail was not started from $dir. Run scripts/greenmail.sh start first."
have curl || die "curl is missing. Run scripts/install.sh demo, or install curl."
value() { sed -n "s/^$1=//p" "$dir/info"; }
smtp=smtp://127.0.0.1:$(value smtp)
imap=imap://127.0.0.1:$(value imap)
login=sam@example.org:secret-sam

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# at SECONDS FORMAT: that moment in UTC, with GNU or BSD date.
at() { LC_ALL=C date -u -d "@$1" "$2" 2>/dev/null || LC_ALL=C date -u -r "$1" "$2"; }

# prepared FILE SECONDS: the mail's bytes as they go over the wire.
prepared() {
    LC_ALL=C awk -v date="$(at "$2" '+%a, %d %b %Y %H:%M:%S +0000')" -v meeting="$(at "$((now + 604800))" '+%Y%m%d')" '
        NR == 1 && /^Return-Path:/ { next }
        !body && /^Date:/ { print "Date: " date "\r"; next }
        /^$/ { body = 1 }
        /^DT(START|END);TZID=[^:]*:/ { sub(/:[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]/, ":" meeting) }
        { sub(/\r$/, ""); print $0 "\r" }' "$1"
}

now=$(date +%s)
hours=$(($(ls "$root"/samples/*.eml | wc -l) * 5))
count=0

# sent-* first, then by number: the order in which the mails were written.
for mail in "$root"/samples/sent-*.eml "$root"/samples/[0-9]*.eml; do
    prepared "$mail" "$((now - hours * 3600))" >"$work/mail"
    hours=$((hours - 5))
    case ${mail##*/} in
    sent-*)
        # It may be there already, from an earlier delivery.
        curl -s -m 30 -o /dev/null --user "$login" "$imap/" -X 'CREATE Sent' || true
        curl -sS -m 30 -o /dev/null --user "$login" "$imap/Sent" -T "$work/mail" ||
            die "could not append ${mail##*/} to the Sent mailbox"
        ;;
    *)
        sender=$(sed -n '1s/^Return-Path: <\(.*\)>.*/\1/p' "$mail")
        # GreenMail takes a null sender and then refuses the recipient: reports come from a daemon's address.
        [ -n "$sender" ] || sender=MAILER-DAEMON@mx.example.net
        curl -sS -m 30 -o /dev/null "$smtp/mail.example.org" --mail-from "$sender" --mail-rcpt sam@example.org -T "$work/mail" ||
            die "could not deliver ${mail##*/}"
        ;;
    esac
    count=$((count + 1))
done
say "delivered $count sample mails"
