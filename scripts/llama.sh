#!/bin/sh
# A real llama.cpp server for the tests, in a Python environment of its own.
#
#   scripts/llama.sh python    installs what is missing (once, about 200 MB), and prints the path of its Python
#
# scripts/llama.py runs the server with that.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
[ "${1:-}" = python ] || die "usage: scripts/llama.sh python"

folder=$(cache_dir)/llama
python=$folder/bin/python
works() { [ -x "$python" ] && "$python" -c 'import gguf, xllamacpp' >/dev/null 2>&1; }

if ! works; then
    mkdir -p "$folder"
    # Whoever else installs it just now is waited for.
    exec 9>"$folder.lock"
    if have flock; then flock 9; fi
    if ! works; then
        say "installing a llama.cpp server for the tests (xllamacpp and gguf, with pip, about 200 MB, once)"
        python3 -m venv --clear "$folder" >&2 || die "python3 cannot make an environment; install python3-venv and run this again"
        "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
            'xllamacpp>=2025.10' 'gguf>=0.17' >&2 ||
            die "pip could not install xllamacpp and gguf: is its registry to be reached from here? The tests of language models need them."
        works || die "xllamacpp is installed in $folder and does not run on this machine"
    fi
fi
printf '%s\n' "$python"
