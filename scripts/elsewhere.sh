#!/bin/bash
# Checks on Linux that the code compiles, without warnings, where it is not run: on Windows and on macOS. It links and
# runs nothing; the workflow does that on machines of their own.
#
#   scripts/elsewhere.sh            all three targets (some ten minutes the first time)
#   scripts/elsewhere.sh TARGET…    these
#
# Rust's part comes from rustup. For the parts in C, Windows' headers are mingw-w64's (Debian: gcc-mingw-w64-x86-64), those
# of macOS come with the compiler of Zig, which is fetched from PyPI into the cache folder.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
cd "$root"

tools=$(cache_dir)/elsewhere
have rustup || die "there is no rustup; install these targets for your toolchain, and run cargo check --target yourself"

# zig TARGET ZIGS_NAME: cc and ar for that target, for the build scripts.
zig() {
    mkdir -p "$tools"
    [ -x "$tools/venv/bin/python" ] || python3 -m venv "$tools/venv"
    "$tools/venv/bin/python" -c 'import ziglang' 2>/dev/null || "$tools/venv/bin/pip" install --quiet 'ziglang==0.17.*'
    # What cc-rs says of the target is said in another way to Zig.
    cat >"$tools/cc-$1" <<CC
#!/bin/bash
words=()
for word in "\$@"; do
    case \$word in --target=* | -arch | x86_64 | arm64 | -mmacosx-version-min=* | -Wl,*) ;; *) words+=("\$word") ;; esac
done
exec "$tools/venv/bin/python" -m ziglang cc -target $2 "\${words[@]}"
CC
    printf '#!/bin/sh\nexec "%s/venv/bin/python" -m ziglang ar "$@"\n' "$tools" >"$tools/ar"
    chmod +x "$tools/cc-$1" "$tools/ar"
    export "CC_${1//-/_}=$tools/cc-$1" "AR_${1//-/_}=$tools/ar"
}

[ $# -gt 0 ] || set -- x86_64-pc-windows-gnu aarch64-apple-darwin x86_64-apple-darwin
for target; do
    case $target in
    x86_64-pc-windows-gnu)
        have x86_64-w64-mingw32-gcc || die "no x86_64-w64-mingw32-gcc: install gcc-mingw-w64-x86-64 (Debian, Ubuntu)"
        ;;
    x86_64-apple-darwin) zig "$target" x86_64-macos ;;
    aarch64-apple-darwin) zig "$target" aarch64-macos ;;
    *) die "$target is none of x86_64-pc-windows-gnu, aarch64-apple-darwin, x86_64-apple-darwin" ;;
    esac
    rustup target list --installed | grep -qx "$target" || rustup target add "$target"
    say "== $target"
    # A folder of its own: checks of this machine's target go on beside it.
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/elsewhere cargo clippy --locked --target "$target" --lib --bins -- -D warnings
done
