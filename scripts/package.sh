#!/bin/bash
# Builds the Debian package: binary, manual pages, completions, the systemd unit for users, and the documentation.
#
#   scripts/package.sh [FOLDER]          into FOLDER (default: target/package)
#   scripts/package.sh --debug [FOLDER]  of the debug build, to try the package itself
#
# It needs dpkg-deb, and changes nothing outside of target and FOLDER. `apt install ./postnote_….deb` installs it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
cd "$root"

profile=release
build=(--release)
if [ "${1:-}" = --debug ]; then profile=debug build=() && shift; fi
target=${CARGO_TARGET_DIR:-$root/target}
out=${1:-$target/package}
have dpkg-deb || die "there is no dpkg-deb here (Debian package: dpkg)"

# What `POSTNOTE_BINARY` names is packed as it is.
binary=${POSTNOTE_BINARY:-}
if [ -z "$binary" ]; then
    cargo build --locked --quiet --bin postnote "${build[@]}"
    binary=$target/$profile/postnote
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

# With the rights that they have once they are installed, whatever the umask.
umask 022
install -D -m 755 "$binary" "$stage/usr/bin/postnote"
if have strip; then strip --strip-unneeded "$stage/usr/bin/postnote"; fi
mkdir -p "$stage/usr/share/man/man1"
"$binary" man "$stage/usr/share/man/man1"
gzip -9 -n "$stage"/usr/share/man/man1/*.1
for of in bash:usr/share/bash-completion/completions/postnote zsh:usr/share/zsh/vendor-completions/_postnote \
    fish:usr/share/fish/vendor_completions.d/postnote.fish; do
    file=$stage/${of#*:}
    mkdir -p "$(dirname "$file")"
    "$binary" completions "${of%%:*}" >"$file"
done
install -D -m 644 packaging/postnote.service "$stage/usr/lib/systemd/user/postnote.service"
doc=$stage/usr/share/doc/postnote
mkdir -p "$doc/docs" "$doc/examples"
install -m 644 README.md "$doc/"
install -m 644 docs/*.md "$doc/docs/"
install -m 644 config.example.toml "$doc/examples/"
"$binary" schema >"$doc/examples/config.schema.json"
gzip -9 -n -c CHANGELOG.md >"$doc/changelog.gz"
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    printf 'Upstream-Name: postnote\n\nFiles: *\nCopyright: the authors of postnote\nLicense: MIT or Apache-2.0\n'
    sed -e 's/^$/./' -e 's/^/ /' LICENSE-MIT
    printf ' .\n On Debian systems, the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.\n'
} >"$doc/copyright"

mkdir "$stage/DEBIAN"
# No older C library than that of the machine that built it.
libc=$(ldd --version | sed -n '1s/.* \([0-9.]*\)$/\1/p')
cat >"$stage/DEBIAN/control" <<CONTROL
Package: postnote
Version: $version
Architecture: $arch
Maintainer: the authors of postnote <postnote@example.org>
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Depends: libc6 (>= ${libc:-2.36}), libgcc-s1, ca-certificates
Recommends: default-dbus-session-bus | dbus-session-bus
Section: mail
Priority: optional
Description: your mailbox as notes, your approvals as mail
 postnote pulls new mail over IMAP into notes of a Markdown vault and drafts
 replies beside them. Set "status: approved" in a draft, and it is sent over
 SMTP, in its thread, once.
 .
 After installing, "systemctl --user enable --now postnote" has it started
 when you log in; nothing is started by the package itself.
CONTROL
(cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
mkdir -p "$out"
deb=$out/postnote_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$stage" "$deb" >/dev/null
printf '%s\n' "$deb"
