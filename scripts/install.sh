#!/bin/sh
# Installs what the demo or the tests need and this machine lacks.
#
#   scripts/install.sh demo    a compiler, curl, Java 17 and Maven (for GreenMail)
#   scripts/install.sh test    the same, and Dovecot, strace, tmux, a keyring daemon, a llama.cpp server, rustfmt, clippy, cargo-deny, cargo-fuzz
#   scripts/install.sh bench   a compiler, Dovecot, mbsync and time (for scripts/bench.sh)
#   scripts/install.sh shots   what the demo needs, and Chromium, Node.js, tmux and fonts (for scripts/shots.sh)
#
# On Debian and Ubuntu it uses apt, with sudo when not root. Elsewhere it says what to install, and stops.
# The servers that the packages bring are never started or enabled: the scripts run private ones of their own.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:/usr/sbin:/usr/local/sbin:${CARGO_HOME:-$HOME/.cargo}/bin

what=${1:-test}
case $what in demo | test | bench | shots) ;; *) die "usage: scripts/install.sh demo|test|bench|shots" ;; esac

if ! have cargo; then
    die "cargo is not on PATH. Install Rust with rustup (https://rustup.rs), open a new shell, and run this again."
fi

java_is_new_enough() {
    have java || return 1
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

# A line "command|Debian packages|what it is" for each thing that is not here.
missing() {
    have c++ || echo "c++|build-essential|a C and C++ compiler"
    have pkg-config || echo "pkg-config|pkg-config|pkg-config"
    if [ "$what" != bench ]; then
        have curl || echo "curl|curl|curl with IMAP and SMTP"
        java_is_new_enough || echo "java|default-jre-headless|a Java runtime, version 17 or newer"
        have mvn || echo "mvn|maven|Apache Maven"
    fi
    if [ "$what" = shots ]; then
        python3 -c 'import ensurepip' >/dev/null 2>&1 || echo "python3|python3-venv|Python's venv"
        have chromium || echo "chromium|chromium|Chromium"
        have npm || echo "npm|npm|Node.js 18 or newer with npm"
        have tmux || echo "tmux|tmux|tmux"
        have pngquant || echo "pngquant|pngquant|pngquant"
        fc-list 2>/dev/null | grep -q NotoColorEmoji ||
            echo "fc-list|fontconfig fonts-inter fonts-noto-color-emoji fonts-ipafont-gothic|fonts: Inter, Noto Color Emoji, IPAGothic"
    elif [ "$what" != demo ]; then
        have python3 || echo "python3|python3|Python 3.9 or newer"
        have dovecot || echo "dovecot|dovecot-imapd|Dovecot 2.3 with IMAP"
        have openssl || echo "openssl|openssl|openssl, the command"
    fi
    if [ "$what" = bench ]; then
        have mbsync || echo "mbsync|isync|mbsync"
        # The shell has a word of that name: the program is asked for by its place.
        [ -x /usr/bin/time ] || echo "time|time|GNU time"
    fi
    if [ "$what" = test ]; then
        python3 -c 'import ensurepip' >/dev/null 2>&1 || echo "python3|python3-venv|Python's venv"
        have tmux || echo "tmux|tmux|tmux"
        have strace || echo "strace|strace|strace"
        have gnome-keyring-daemon || echo "gnome-keyring-daemon|gnome-keyring|gnome-keyring"
        have systemd-analyze || echo "systemd-analyze|systemd|systemd (for systemd-analyze verify)"
        have man || echo "man|man-db|man"
        have script || echo "script|bsdutils|script"
        have dbus-run-session || echo "dbus-run-session|dbus|D-Bus (dbus-run-session)"
    fi
}

# as_root COMMAND...: runs it as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# apt_install PACKAGE...: without starting a service, now or at the next boot.
apt_install() {
    if [ "$(id -u)" != 0 ] && ! have sudo; then
        die "not root, and there is no sudo. As root, run: apt-get install --no-install-recommends $*"
    fi
    had_dovecot=no
    if have dovecot; then had_dovecot=yes; fi
    policy=/usr/sbin/policy-rc.d
    own_policy=no
    if [ ! -e "$policy" ]; then
        own_policy=yes
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    say "installing with apt: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2 ||
        { as_root apt-get update -q >&2 &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2; } ||
        die "apt could not install: $*. Install them by hand and run this again."
    if [ "$own_policy" = yes ]; then
        as_root rm -f "$policy"
        trap - EXIT
    fi
    # Debian enables Dovecot for the next boot; a machine that had none keeps none.
    if [ "$had_dovecot" = no ] && have dovecot && have systemctl; then
        as_root systemctl disable --now dovecot.service dovecot.socket >/dev/null 2>&1 || true
    fi
}

lacking=$(missing)
if [ -n "$lacking" ]; then
    if have apt-get; then
        # shellcheck disable=SC2046 # package names are words
        apt_install $(printf '%s\n' "$lacking" | cut -d'|' -f2)
        lacking=$(missing)
    fi
    if [ -n "$lacking" ]; then
        say "Please install:"
        printf '%s\n' "$lacking" | while IFS='|' read -r command packages name; do
            say "  - $name (the command $command; Debian package: $packages)"
        done
        die "then run this again"
    fi
fi

if [ "$what" = test ]; then
    "$root/scripts/llama.sh" python >/dev/null
    for component in rustfmt clippy; do
        command=cargo-$component
        if [ "$component" = rustfmt ]; then command=cargo-fmt; fi
        if ! (cd "$root" && "$command" --version) >/dev/null 2>&1; then
            have rustup || die "$component is missing and there is no rustup. Install $component for this toolchain."
            (cd "$root" && rustup component add "$component") >&2
        fi
    done
    for tool in cargo-deny cargo-fuzz; do
        if ! have "$tool"; then
            say "installing $tool with cargo (a few minutes, once)"
            cargo install "$tool" --locked >&2 ||
                die "cargo could not install $tool. Install it by hand: cargo install $tool --locked"
        fi
    done
fi
