# Functions that the scripts here share; sourced, not run. Needs $root, the clone's top folder.
# Everything is said on standard error: standard output belongs to the caller.

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The folder for what is downloaded once: never inside the clone.
cache_dir() { printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/postnote"; }

# pid_matches PID TEXT: true when PID lives and its command line holds TEXT.
# Everything that stops a process asks this first: a pid in a file may have been given to another since.
pid_matches() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    kill -0 "$1" 2>/dev/null || return 1
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "$2"
    else
        ps -o args= -p "$1" 2>/dev/null | grep -qF -- "$2"
    fi
}

# end_process PID TEXT: asks it to end, then makes it, within ten seconds.
end_process() {
    pid_matches "$1" "$2" || return 0
    kill -TERM "$1" 2>/dev/null || return 0
    tries=0
    while pid_matches "$1" "$2" && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    if pid_matches "$1" "$2"; then kill -KILL "$1"; fi
}

# sha256 FILE: the file's digest in hex, by whichever tool is there.
sha256() {
    if have sha256sum; then sha256sum "$1" | cut -d' ' -f1
    else shasum -a 256 "$1" | cut -d' ' -f1; fi
}
