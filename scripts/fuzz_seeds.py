#!/usr/bin/env python3
"""What fuzzing begins with: the golden mails (tests/fixtures/mail), cut into what each target of fuzz/ takes.

  fuzz_seeds.py FOLDER     FOLDER/parse, FOLDER/html, FOLDER/split, FOLDER/inert, FOLDER/invite; Python's standard library only
"""
import email
import email.policy
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = {"text/html": ["html"], "text/plain": ["split", "inert"], "text/calendar": ["invite"]}


def texts(raw):
    """Media type and text of each part that is text."""
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        if part.get_content_maintype() != "text":
            continue
        text = (part.get_payload(decode=True) or b"").decode(part.get_content_charset("utf-8"), "replace")
        yield part.get_content_type(), text.replace("\r\n", "\n")


def main():
    folder = pathlib.Path(sys.argv[1])

    def keep(target, name, content):
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / name).write_bytes(content)

    for mail in sorted((ROOT / "tests/fixtures/mail").glob("*.eml")):
        raw = mail.read_bytes()
        keep("parse", mail.stem, raw)
        for number, (kind, text) in enumerate(texts(raw)):
            for target in TARGETS.get(kind, []):
                keep(target, f"{mail.stem}-{number}", text.encode())


if __name__ == "__main__":
    main()
