#!/usr/bin/env python3
"""Takes the pictures: the demo's vault and a terminal -> PNG files. Called by scripts/shots.sh, inside scripts/demo.sh.

    take.py TOOLS FOLDER

TOOLS holds render.mjs with its modules, and a venv with Silmaril. postnote is on the PATH, $POSTNOTE_CONFIG names the demo's
config and $DEMO_VAULT its vault.
"""
import html
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TOOLS, FOLDER, VAULT = Path(sys.argv[1]), Path(sys.argv[2]), Path(os.environ["DEMO_VAULT"])
COLUMNS, ROWS = 92, 34
PROMPT = "$ "
# What a terminal's colours are here, by their SGR numbers.
INK = {30: "#6e7681", 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd", 37: "#e6edf3"}


class Terminal:
    """A shell on a screen of tmux's, of its own server."""

    def __init__(self, folder):
        self.socket = str(folder / "tmux")
        # Nothing of this machine's shell: neither its prompt nor its name.
        shell = ["env", f"PS1={PROMPT}", "TERM=screen-256color", "bash", "--norc", "--noprofile"]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), *shell)
        self.until(lambda text: text.endswith(PROMPT.strip()))

    def tmux(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR", "COLUMNS")}
        environment["LANG"] = "C.UTF-8"
        command = ["tmux", "-S", self.socket, *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-e", "-p")

    def until(self, holds):
        for _ in range(600):
            if holds(re.sub(r"\x1b\[[\d;]*m", "", self.screen()).rstrip()):
                return
            time.sleep(0.1)
        sys.exit(f"the terminal did not come to its end:\n{self.screen()}")

    def type(self, command):
        self.tmux("send-keys", "-l", command)
        self.tmux("send-keys", "Enter")
        self.until(lambda text: text.endswith("\n" + PROMPT.strip()))


def terminal(folder):
    """`postnote sync` and `postnote status`, as a page."""
    screen = Terminal(folder)
    try:
        for command in ["postnote sync", "postnote status"]:
            screen.type(command)
        text = screen.screen()
    finally:
        screen.tmux("kill-server")
    text = text.rstrip().removesuffix(PROMPT.strip()).rstrip()
    # Whose machine this is belongs into no picture.
    text = text.replace(str(VAULT.parent), "~")
    out, style = [], {}
    for piece in re.split(r"(\x1b\[[\d;]*m)", html.escape(text, quote=False)):
        sgr = re.fullmatch(r"\x1b\[([\d;]*)m", piece)
        if not sgr:
            css = ";".join(style.values())
            out.append(f'<span style="{css}">{piece}</span>' if css and piece else piece)
            continue
        for code in (int(code or 0) for code in sgr[1].split(";")):
            if code == 0:
                style = {}
            elif code == 1:
                style["weight"] = "font-weight:700;color:#fff"
            elif code == 2:
                style["faint"] = "color:#8b949e"
            elif code in INK:
                style["ink"] = f"color:{INK[code]}"
            elif code == 39:
                style.pop("ink", None)
    shown = re.sub(r"(?m)^\$ (.*)$", r'<b style="color:#7ee787">$</b> <b style="color:#fff">\1</b>', "".join(out))
    looks = f'margin:0;padding:20px 24px;width:{COLUMNS + 5}ch;background:#161b22;color:#d0d7de;font:14px/1.45 "DejaVu Sans Mono",monospace'
    return f'<!doctype html><meta charset="utf-8"><body style="margin:0;width:max-content"><pre style=\'{looks}\'>{shown}</pre></body>'


def chromium(folder, *arguments):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5"]
    # A page asks nobody but this machine for anything.
    command += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    command += [f"--user-data-dir={folder}/profile", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def shoot(folder, name, url, size):
    """The page's top left corner, as a picture of few colours."""
    path, width, height = FOLDER / f"{name}.png", *size
    chromium(folder, f"--screenshot={path}", f"--window-size={width},{height}", url)
    subprocess.run(["pngquant", "--force", "--output", path, "--strip", "--speed", "1", "64", path], check=True)
    octets = path.stat().st_size
    if octets > 200_000:
        sys.exit(f"{path} has {octets} octets: too many")


def page(folder, name, text, width, most=10_000):
    """A page of its own height, as far as `most`."""
    path = folder / f"{name}.html"
    # Its height goes into an attribute, which comes back with the rest.
    measured = '<script>addEventListener("load", () => document.body.dataset.height = Math.ceil(document.documentElement.scrollHeight))</script>'
    path.write_text(text + measured)
    dom = chromium(folder, "--dump-dom", f"--window-size={width},100", path.as_uri())
    shoot(folder, name, path.as_uri(), (width, min(int(re.search(r'data-height="(\d+)"', dom)[1]), most)))


def note(folder, name, path, most=10_000):
    rendered = subprocess.run(["node", TOOLS / "render.mjs", path], check=True, capture_output=True, text=True).stdout
    page(folder, name, rendered, 780, most)


def one(pattern):
    found = sorted(VAULT.glob(pattern))
    return found[0] if found else sys.exit(f"there is no {pattern} in the demo's vault")


def base(folder):
    """Mail.base, as Silmaril shows it: it looks into no other folder, and nobody else can reach it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [TOOLS / "venv/bin/silmaril", "--vault", VAULT, "--host", "127.0.0.1", "--port", str(port), "--title", "demo-vault"]
    # Its settings would be read from where it starts.
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/Mail.base"
        for _ in range(100):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        shoot(folder, "overview", url, (1180, 620))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page(folder, "terminal", terminal(folder), 860)
        subprocess.run(["postnote", "dashboards"], check=True)
        # Down to where the answers begin.
        note(folder, "draft", one("Outbox/*Storage-plan*.md"), most=1230)
        note(folder, "mail", one("Sources/**/*_Re-Storage-plan*.md"))
        note(folder, "summary", one("People/Ada Park/* - Storage plan*.md"))
        base(folder)


main()
