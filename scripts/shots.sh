#!/bin/bash
# Makes the pictures of README.md and docs/ anew: docs/images/*.png. Look at them before you commit them.
#
#   scripts/shots.sh
#
# The demo's vault and mail server (scripts/demo.sh) are set up; on a terminal of tmux's, `postnote sync` and `postnote
# status` are typed. Then Chromium takes pictures of that terminal, and of notes of the vault. The notes are shown by
# markdown-it with its plugin for Obsidian's callouts, Mail.base by Silmaril, which reads Obsidian's vaults. Both are
# fetched once (npm, pip) into the cache folder; nothing else goes over the network.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/lib.sh"
if [ $# -gt 0 ]; then sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; fi

"$root/scripts/install.sh" shots
tools=$(cache_dir)/shots
mkdir -p "$tools"
cp "$root"/scripts/shots/package.json "$root"/scripts/shots/package-lock.json "$tools"
(cd "$tools" && npm ci --no-audit --no-fund --ignore-scripts --silent >&2)
[ -x "$tools/venv/bin/silmaril" ] ||
    { python3 -m venv "$tools/venv" && "$tools/venv/bin/pip" install --quiet -r "$root/scripts/shots/requirements.txt" >&2; }
# Modules are looked for beside the file that names them.
cp "$root"/scripts/shots/render.mjs "$root"/scripts/shots/note.css "$tools"
"$root/scripts/demo.sh" --run "python3 '$root/scripts/shots/take.py' '$tools' '$root/docs/images'" >&2
ls -l "$root"/docs/images/*.png
