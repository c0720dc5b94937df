#!/bin/sh
# A private Dovecot 2.3 test server on 127.0.0.1, with its own configuration and base directory.
# It never reads or writes the system's Dovecot configuration, and ends only the process it started.
#
#   dovecot.sh start DIR [PORT]      plain IMAP (+STARTTLS) on PORT, IMAPS on PORT+1 (default 31143, or $LAB_PORT)
#   dovecot.sh stop DIR              ends that server (by DIR's pid file, checked against its command line)
#   dovecot.sh info DIR              prints the key=value lines again
#   dovecot.sh import DIR USER SRC   copies the Maildir SRC into USER's mailboxes (needed with LAB_FORMAT=sdbox)
#   dovecot.sh warm DIR USER [BOX]   builds BOX's index and header/structure cache (default INBOX); before measuring
#   dovecot.sh own DIR               as root only: after writing mail straight into DIR/users while it runs
#   dovecot.sh admin DIR ARGS...     doveadm with this server's configuration
#
# Every user name is accepted with the one password. A user's mail is in DIR/users/USER/Maildir
# (or /sdbox): a Maildir written there before the first login is served as it is.
#
# Environment (all optional; read by start):
#   LAB_USER=alice  LAB_PASS=secret   what start prints, and the one password
#   LAB_FORMAT=maildir|sdbox          storage
#   LAB_COMPRESS=1|0                  offer COMPRESS=DEFLATE (default 1)
#   LAB_EXTRA=FILE                    more configuration lines, read last
#   LAB_DOVECOT / LAB_DOVEADM         programs (default: found on PATH or in the sbin folders)
#
# Needs: dovecot-core, dovecot-imapd (2.3.x), openssl. Runs as a plain user; as root the mail processes run as
# nobody, so every folder above DIR must then be open to others (mode x).
set -eu
umask 077
PATH=$PATH:/usr/sbin:/usr/local/sbin

usage() { sed -n '2,24p' "$0" | sed 's/^# \{0,1\}//'; exit 2; }
die() { echo "dovecot.sh: $*" >&2; exit 1; }

[ $# -ge 2 ] || usage
cmd=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
shift 2
conf=$dir/dovecot.conf
dovecot=${LAB_DOVECOT:-dovecot}
doveadm=${LAB_DOVEADM:-doveadm}

base_dir() { cat "$dir/base_dir"; }
pid_of() { cat "$(base_dir)/master.pid" 2>/dev/null || true; }

# True when the pid file names a living process that was started with our configuration file.
is_ours() {
    [ -n "$1" ] || return 1
    kill -0 "$1" 2>/dev/null || return 1
    tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "-c $conf " || return 1
}

# As root: hand the mail to the user that the mail processes run as, and let it reach DIR.
own() {
    [ "$(id -u)" = 0 ] || return 0
    chmod 711 "$dir"
    mkdir -p "$dir/users"
    chown -R "nobody:$(id -g nobody)" "$dir/users"
}

make_tls() {
    t=$dir/tls
    [ -s "$t/server.crt" ] && openssl x509 -checkend 86400 -noout -in "$t/server.crt" >/dev/null 2>&1 && return 0
    mkdir -p "$t"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -subj "/CN=postnote test CA" -addext "basicConstraints=critical,CA:TRUE" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$t/ca.key" -out "$t/ca.crt" >/dev/null 2>&1
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
        -keyout "$t/server.key" -out "$t/server.csr" >/dev/null 2>&1
    printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1' 'basicConstraints=critical,CA:FALSE' \
        'extendedKeyUsage=serverAuth' 'keyUsage=critical,digitalSignature' >"$t/ext"
    openssl x509 -req -in "$t/server.csr" -CA "$t/ca.crt" -CAkey "$t/ca.key" -CAcreateserial \
        -days 30 -extfile "$t/ext" -out "$t/server.crt" >/dev/null 2>&1
    rm -f "$t/server.csr" "$t/ext"
}

make_conf() {
    port=$1
    me=$(id -un); grp=$(id -gn); uid=$(id -u); gid=$(id -g)
    # Dovecot serves no mail as root: then login and mail processes run as nobody, and nobody owns DIR/users.
    if [ "$uid" = 0 ]; then
        login=nobody; jail=login; uid=$(id -u nobody); gid=$(id -g nobody)
    else
        login=$me; jail=
    fi
    case ${LAB_FORMAT:-maildir} in
        maildir) location='maildir:~/Maildir' ;;
        sdbox) location='sdbox:~/sdbox' ;;
        *) die "LAB_FORMAT must be maildir or sdbox" ;;
    esac
    plugins=; imap_plugins=
    if [ "${LAB_COMPRESS:-1}" = 1 ]; then plugins=zlib; imap_plugins='zlib imap_zlib'; fi
    # A unix socket's path is limited to about 107 bytes: a long DIR gets a short base folder elsewhere.
    if [ "${#dir}" -le 60 ]; then base=$dir/run
    elif [ -s "$dir/base_dir" ]; then base=$(base_dir)
    else base=$(mktemp -d "${TMPDIR:-/tmp}/maillab.XXXXXX"); fi
    mkdir -p "$base" "$dir/users" "$dir/state"
    chmod 755 "$base"
    own
    printf '%s\n' "$base" >"$dir/base_dir"
    cat >"$conf" <<CONF
protocols = imap
listen = 127.0.0.1
base_dir = $base
state_dir = $dir/state
log_path = $dir/dovecot.log
info_log_path = $dir/dovecot.log
instance_name = maillab
default_internal_user = $me
default_internal_group = $grp
default_login_user = $login
default_vsz_limit = 0
first_valid_uid = $uid
first_valid_gid = $gid
shutdown_clients = yes
verbose_proctitle = no

ssl = yes
ssl_min_protocol = TLSv1.2
ssl_cert = <$dir/tls/server.crt
ssl_key = <$dir/tls/server.key
ssl_dh =

disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = static
  args = password=${LAB_PASS:-secret}
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$dir/users/%u allow_all_users=yes
}

mail_location = $location
mail_plugins = $plugins
mailbox_list_index = yes
mail_always_cache_fields =
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \\Drafts
    auto = subscribe
  }
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox Archive {
    special_use = \\Archive
    auto = subscribe
  }
  mailbox Junk {
    special_use = \\Junk
    auto = subscribe
  }
  mailbox Trash {
    special_use = \\Trash
    auto = subscribe
  }
}

protocol imap {
  mail_plugins = $imap_plugins
  mail_max_userip_connections = 0
  imap_idle_notify_interval = 30s
}
service imap-login {
  chroot = $jail
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    address = 127.0.0.1
    port = $port
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = $((port + 1))
    ssl = yes
  }
}
service anvil {
  chroot =
}
CONF
    if [ -n "${LAB_EXTRA:-}" ]; then
        cat "$LAB_EXTRA" >>"$conf"
    fi
    cat >"$dir/info" <<INFO
host=127.0.0.1
port=$port
tls_port=$((port + 1))
user=${LAB_USER:-alice}
password=${LAB_PASS:-secret}
ca=$dir/tls/ca.crt
maildir=$dir/users/${LAB_USER:-alice}/Maildir
log=$dir/dovecot.log
INFO
}

case $cmd in
start)
    port=${1:-${LAB_PORT:-31143}}
    case $port in *[!0-9]* | '') die "PORT must be a number" ;; esac
    if [ -s "$dir/base_dir" ] && is_ours "$(pid_of)"; then
        echo "already running, pid $(pid_of)" >&2
        cat "$dir/info"
        exit 0
    fi
    command -v "$dovecot" >/dev/null || die "dovecot not found (install dovecot-imapd)"
    make_tls
    make_conf "$port"
    : >"$dir/dovecot.log"
    "$dovecot" -c "$conf" >/dev/null 2>"$dir/start.err" </dev/null || { cat "$dir/start.err" >&2; die "dovecot did not start; see $dir/dovecot.log"; }
    i=0
    until is_ours "$(pid_of)" &&
        timeout 3 openssl s_client -connect "127.0.0.1:$((port + 1))" </dev/null >/dev/null 2>&1; do
        i=$((i + 1))
        if [ "$i" -ge 50 ] || grep -q 'Fatal:' "$dir/dovecot.log"; then
            tail -n 5 "$dir/dovecot.log" >&2
            die "no answer on port $((port + 1)); run stop, see $dir/dovecot.log"
        fi
        sleep 0.1
    done
    echo "pid=$(pid_of)"
    cat "$dir/info"
    ;;
stop)
    [ -s "$dir/base_dir" ] || { echo "not started here"; exit 0; }
    pid=$(pid_of)
    if is_ours "$pid"; then
        kill -TERM "$pid"
        i=0
        while is_ours "$pid" && [ "$i" -lt 100 ]; do i=$((i + 1)); sleep 0.1; done
        if is_ours "$pid"; then kill -KILL "$pid"; fi
        echo "stopped $pid"
    else
        echo "not running"
    fi
    base=$(base_dir)
    case $base in
        "$dir"/*) ;;
        */maillab.*) rm -rf "$base"; rm -f "$dir/base_dir" ;;
    esac
    ;;
info) cat "$dir/info" ;;
import)
    [ $# = 2 ] || usage
    src=$(cd "$2" && pwd -P)
    # SRC is only read: its control files and index go elsewhere (as root, nobody must be able to read SRC).
    mkdir -p "$dir/users/$1" "$dir/users/import.tmp"
    own
    "$doveadm" -c "$conf" import -u "$1" "maildir:$src:INDEX=MEMORY:CONTROL=$dir/users/import.tmp" "" all
    rm -rf "$dir/users/import.tmp"
    ;;
warm)
    [ $# -ge 1 ] || usage
    box=${2:-INBOX}
    "$doveadm" -c "$conf" fetch -u "$1" "uid flags size.virtual date.received imap.envelope \
        imap.bodystructure hdr.references hdr.in-reply-to" mailbox "$box" all >/dev/null
    ;;
own) own ;;
admin) exec "$doveadm" -c "$conf" "$@" ;;
*) usage ;;
esac
