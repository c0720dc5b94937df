#!/usr/bin/env python3
"""How soon `postnote run` sees things: from a mail's arrival to its note, from a draft's save to `queued`, and, without a
delay for second thoughts, from a draft's save to the SMTP server's 250.

    scripts/latency.py [--rounds 50] [--drafts N] [--messages N] [--binary PATH] [--server dovecot|greenmail]...

Starts a private Dovecot and GreenMail on 127.0.0.1, each with an empty vault of its own, and prints a table: median
and worst. The clock runs from the server's OK to APPEND until the note is there, and from the end of the write until
the file says `queued` (half a second of that is the time that a file is given to settle). `--drafts` puts so many
pending drafts beside, `--messages` so many known messages into the database. The SMTP server is this script, and nothing
is sent anywhere. `--drain N` measures instead how N approved drafts are sent at once: time, messages, connections.
"""

import argparse
import imaplib
import os
import signal
import socketserver
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30.0
# So long a file is left alone before it is read.
SETTLE = 0.5

CONFIG = """vault = '{folder}/vault'
state = '{folder}/state'
[sync]
schedule = "0 3 29 2 *"
[send]
delay = "{delay}"
[[accounts]]
name = "work"
email = "{user}"
[accounts.imap]
host = "127.0.0.1"
port = {port}
security = "plaintext"
[accounts.smtp]
host = "127.0.0.1"
port = {smtp}
security = "plaintext"
[accounts.auth]
password = {{ env = "LATENCY_PASSWORD" }}
"""

MAIL = """From: Ada Park <ada@example.com>\r
To: {user}\r
Subject: Pier {n}\r
Message-ID: <{n}.{stamp}@latency.example>\r
Date: Mon, 5 Jan 2026 10:00:00 +0000\r
\r
Can you come to pier {n} on Monday?\r
"""

DRAFT = """---
type: {kind}
status: {status}
to: ada@example.com
subject: Pier {n}
draft_id: latency-{n}
source_file: Sources/{n}.md
---

## Draft Response

See you at pier {n}.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--drafts", type=int, default=0)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--drain", type=int, default=0)
    parser.add_argument("--binary", default=str(ROOT / "target/release/postnote"))
    parser.add_argument("--server", action="append", choices=["dovecot", "greenmail"])
    options = parser.parse_args()
    # Whoever is ended ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"{options.binary} is not there; cargo build --release makes it, --binary names another")
    print(f"{options.rounds} rounds, {options.drafts} drafts, {options.messages} messages")
    print(f"{'':42}{'median':>10}{'worst':>10}")
    for server in options.server or ["dovecot", "greenmail"]:
        with tempfile.TemporaryDirectory(prefix="postnote-latency.") as folder:
            os.chmod(folder, 0o711)
            measure(server, Path(folder), options)


def measure(server, folder, options):
    script, started = ROOT / f"scripts/{server}.sh", folder / "server"
    environment = dict(os.environ, GREENMAIL_ENGINE="jar", GREENMAIL_PORT_OFFSET="21000", LAB_PORT="25143")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([script, "start", started], env=environment, check=True, **quiet)
    try:
        if server == "dovecot":
            port, user, password = 25143, "sam@example.org", environment.get("LAB_PASS", "secret")
        else:
            port, user, password = 24143, "sam@example.org", "secret-sam"
        for number, measured in enumerate([drain] if options.drain else [with_daemon, with_smtp]):
            place = folder / f"part-{number}"
            place.mkdir()
            measured(server, place, options, (port, user, password))
    finally:
        subprocess.run([script, "stop", started], env=environment, check=False, **quiet)


class Smtp(socketserver.ThreadingTCPServer):
    """An SMTP server that takes everything, and remembers when it said so to which subject."""

    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Smtp.Session)
        self.port, self.connections, self.taken = self.server_address[1], 0, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Session(socketserver.StreamRequestHandler):
        def handle(self):
            self.server.connections += 1
            self.wfile.write(b"220 latency.example ESMTP\r\n")
            for line in self.rfile:
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    self.message()
                    continue
                answers = {b"EHLO": b"250-latency.example\r\n250 AUTH PLAIN\r\n", b"AUTH": b"235 welcome\r\n"}
                self.wfile.write(answers.get(word, b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n"))
                if word == b"QUIT":
                    return

        def message(self):
            subject = ""
            for line in self.rfile:
                if line.startswith(b"Subject: ") and not subject:
                    subject = line[9:].decode().strip()
                if line == b".\r\n":
                    break
            self.wfile.write(b"250 taken\r\n")
            self.server.taken.setdefault(subject, []).append(time.monotonic())


def configured(folder, options, account, smtp, delay):
    port, user, password = account
    (folder / "vault/Outbox").mkdir(parents=True)
    config = folder / "postnote.toml"
    config.write_text(CONFIG.format(folder=folder, user=user, port=port, smtp=smtp, delay=delay))
    command = [options.binary, "--config", str(config)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LATENCY_PASSWORD": password, "TZ": "UTC"}
    subprocess.run(command + ["sync"], env=environment, check=True, stdout=subprocess.DEVNULL)
    fill(folder, options)
    return command, environment


def with_smtp(server, folder, options, account):
    """From the end of a save to the 250 of the SMTP server, less the time that a file is left alone."""
    smtp = Smtp()
    command, environment = configured(folder, options, account, smtp.port, "0s")
    log = open(folder / "log", "w+")
    daemon = subprocess.Popen(command + ["run"], env=environment, stdout=log, stderr=log)
    try:
        wait("it runs", lambda: "next sync at" in (folder / "log").read_text())
        time.sleep(2)
        send(folder, smtp, 3, "warm")
        show(f"{server}: save to 250, less {SETTLE * 1000:.0f} ms", send(folder, smtp, options.rounds, "sent"))
        twice = [subject for subject, times in smtp.taken.items() if len(times) != 1]
        if twice or len(smtp.taken) != options.rounds + 3:
            sys.exit(f"{len(smtp.taken)} messages, and {twice} not once")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=15)
        smtp.shutdown()


def send(folder, smtp, rounds, name):
    spans = []
    for n in range(rounds):
        path = folder / f"vault/Outbox/{name}-{n}.md"
        text = DRAFT.format(kind="draft-mail", status="approved", n=f"{name}-{n}").replace("## Draft Response\n\n", "")
        path.write_text(text)
        begin = time.monotonic()
        subject = f"Pier {name}-{n}"
        wait("it is taken", lambda: subject in smtp.taken)
        spans.append(smtp.taken[subject][0] - begin - SETTLE)
        wait("the note says so", lambda: "\nstatus: sent\n" in path.read_text())
        time.sleep(0.3 + 0.013 * (n % 7))
    return spans


def drain(server, folder, options, account):
    """So many approved drafts at once."""
    smtp = Smtp()
    command, environment = configured(folder, options, account, smtp.port, "0s")
    for n in range(options.drain):
        path = folder / f"vault/Outbox/drain-{n}.md"
        text = DRAFT.format(kind="draft-mail", status="approved", n=f"drain-{n}").replace("## Draft Response\n\n", "")
        path.write_text(text)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    begin = time.monotonic()
    subprocess.run(command + ["send"], env=environment, check=True, stdout=subprocess.DEVNULL)
    span = time.monotonic() - begin
    count = sum(len(times) for times in smtp.taken.values())
    print(f"{server}: {options.drain} drafts in {span:.1f} s, {count} messages, {len(smtp.taken)} different, "
          f"{smtp.connections} connections", flush=True)
    smtp.shutdown()
    if count != options.drain or len(smtp.taken) != options.drain:
        sys.exit("not each of them once")


def with_daemon(server, folder, options, account):
    port = account[0]
    command, environment = configured(folder, options, account, port, "1h")
    log = open(folder / "log", "w+")
    daemon = subprocess.Popen(command + ["run"], env=environment, stdout=log, stderr=log)
    try:
        wait("it runs", lambda: "next sync at" in (folder / "log").read_text())
        time.sleep(2)
        # As often as a server's line and the file system have been used before.
        arrive(folder, options.rounds, account, warm=3)
        save(folder, 3, "warm")
        show(f"{server}: mail to note", arrive(folder, options.rounds, account))
        show(f"{server}: save to queued", save(folder, options.rounds, "save"))
        said = (folder / "log").read_text()
        if "postnote: " in said:
            print(said, file=sys.stderr)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=15)


def fill(folder, options):
    for n in range(options.drafts):
        path = folder / f"vault/Outbox/pending-{n}.md"
        path.write_text(DRAFT.format(kind="draft-reply", status="pending", n=n))
        os.utime(path, (1_700_000_000, 1_700_000_000))
    if options.messages:
        (folder / "vault/Sources/Email").mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(folder / "state/state.db")
        rows = (
            (f"k{n}@x", "work", "INBOX", 1, n, f"k{n}@x", f"t{n // 3}@x", "", f"r{n}@x " * 5, "ada@example.com",
             f"pier {n}", 1_700_000_000 + n, 0, f"Sources/{n}.md", "x" * 800)
            for n in range(options.messages)
        )
        columns = "key, account, mailbox, uid_validity, uid, message_id, thread, in_reply_to, refs, author, subject, at, own, note, digest"
        database.executemany(f"INSERT INTO messages ({columns}) VALUES ({', '.join('?' * 15)})", rows)
        database.commit()
        database.close()


def arrive(folder, rounds, account, warm=0):
    port, user, password = account
    server = imaplib.IMAP4("127.0.0.1", port)
    server.login(user, password)
    sources, stamp, spans = folder / "vault/Sources", time.time_ns(), []
    for n in range(warm or rounds):
        before = count(sources)
        mail = MAIL.format(user=user, n=n, stamp=stamp).encode()
        server.append("INBOX", None, None, mail)
        begin = time.monotonic()
        wait("the mail is a note", lambda: count(sources) > before)
        spans.append(time.monotonic() - begin)
        time.sleep(0.7 + 0.013 * (n % 7))
    server.logout()
    return spans


def save(folder, rounds, name):
    spans = []
    for n in range(rounds):
        path = folder / f"vault/Outbox/{name}-{n}.md"
        text = DRAFT.format(kind="draft-mail", status="approved", n=f"{name}-{n}")
        path.write_text(text.replace("## Draft Response\n\n", ""))
        begin = time.monotonic()
        wait("the draft is picked up", lambda: "\nstatus: queued\n" in path.read_text())
        spans.append(time.monotonic() - begin)
        time.sleep(0.3 + 0.013 * (n % 7))
    return spans


def count(folder):
    return sum(name.endswith(".md") for _, _, names in os.walk(folder) for name in names)


def wait(what, done):
    begin = time.monotonic()
    while not done():
        if time.monotonic() - begin > PATIENCE:
            sys.exit(f"waited in vain until {what}")
        time.sleep(0.002)


def show(name, spans):
    median, worst = statistics.median(spans) * 1000, max(spans) * 1000
    print(f"{name:42}{median:7.0f} ms{worst:7.0f} ms", flush=True)


if __name__ == "__main__":
    main()
