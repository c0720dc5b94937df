"""Reads messages as strictly as Python's email package can, and compares them with what was meant.

strict.py FOLDER: for each N.eml there is an N.json {from, to, cc, subject, files: [[name, size]], smtputf8}. Prints what is
wrong, one line each, and ends with status 1 if anything is.
"""

import base64
import email
import email.header
import email.policy
import json
import pathlib
import re
import sys

STRICT = email.policy.strict + email.policy.SMTP
ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")


def wire(raw, utf8):
    """What DKIM and SMTP want of the bytes (RFC 6376 section 3.4, RFC 5321 sections 2.3.8 and 4.5.3.1.6)."""
    assert raw.endswith(b"\r\n"), "no line end at its end"
    rest = raw.replace(b"\r\n", b"")
    assert b"\r" not in rest and b"\n" not in rest, "a bare CR or LF"
    assert b"\0" not in raw, "a NUL"
    head, _, body = raw.partition(b"\r\n\r\n")
    assert body.isascii(), "a body that is not ASCII"
    assert utf8 or head.isascii(), "a head that is not ASCII"
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998, f"a line of {len(line)} octets"
    for line in head.split(b"\r\n"):
        assert line == line.rstrip(), f"white space at the end of {line!r}"
        assert line.strip(), "an empty line in a folded header"
        for word in ENCODED_WORD.findall(line):
            assert len(word) <= 75, f"an encoded word of {len(word)} octets (RFC 2047 section 2)"
        if ENCODED_WORD.search(line):
            assert len(line) <= 76, f"a line with an encoded word of {len(line)} octets (RFC 2047 section 2)"
        assert line[:1] in b" \t" or re.fullmatch(rb"[!-9;-~]+:( .*)?", line), f"no header: {line!r}"
    # What relaxed canonicalization leaves of a line must be what stands there: nothing for a server to tidy up.
    assert not body.endswith(b"\r\n\r\n\r\n"), "empty lines at its end"


def transfer(part):
    """Lines and letters of an encoding (RFC 2045 sections 6.7 and 6.8)."""
    encoding, text = part.get("Content-Transfer-Encoding", "7bit"), part.get_payload().replace("\r\n", "\n")
    lines = text.split("\n")
    if encoding in ("base64", "quoted-printable"):
        assert all(len(line) <= 76 for line in lines), f"a line of {max(map(len, lines))} in {encoding}"
    if encoding == "base64":
        base64.b64decode(text.replace("\n", ""), validate=True)
    if encoding == "quoted-printable":
        assert not re.search(r"=(?![0-9A-F]{2}|$)", text, re.M), "an equals sign that is no code"
        assert not re.search(r"[ \t]$", text, re.M), "white space at the end of a line"


def people(message, key, meant):
    """The addresses, with their names. Where a name is several encoded words, some versions of Python show the spaces
    between them (RFC 2047 section 6.2 has them left out); its older decoder does not, and is asked then."""
    header = message[key]
    found = [[a.display_name, a.addr_spec] for a in header.addresses] if header is not None else []
    if found != meant and [a[1] for a in found] == [a[1] for a in meant]:
        raw = next(value for name, value in message.raw_items() if name.lower() == key)
        raw = re.sub(r"\r?\n(?=[ \t])", "", str(raw))
        older = str(email.header.make_header(email.header.decode_header(raw)))
        several = [n for n, _ in meant if n in older and not n.isspace()]
        found = [[m[0], f[1]] if m[0] in several and m[0].replace(" ", "") == f[0].replace(" ", "") else f
                 for f, m in zip(found, meant)]
    return found


def check(path):
    raw = path.read_bytes()
    meant = json.loads(path.with_suffix(".json").read_text())
    wire(raw, meant["smtputf8"])
    message = email.message_from_bytes(raw, policy=STRICT)
    for part in message.walk():
        assert not part.defects, part.defects
        for name, value in part.items():
            assert not value.defects, f"{name}: {value.defects}"
            assert name.isascii() and "\n" not in value and "\r" not in value, name
        if not part.is_multipart():
            transfer(part)
            part.get_content()
    names = [name.lower() for name in message.keys()]
    for name in ("from", "date", "message-id", "mime-version", "subject", "content-type"):
        assert names.count(name) == 1, f"{name} is there {names.count(name)} times"
    for name in ("to", "cc", "in-reply-to", "references", "sender", "reply-to"):
        assert names.count(name) < 2, f"{name} is there {names.count(name)} times"
    assert "bcc" not in names
    assert re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", message["Message-ID"].strip()), message["Message-ID"]
    assert message["Date"].datetime is not None
    for key in ("from", "to", "cc"):
        found = people(message, key, meant[key])
        assert found == meant[key], f"{key}: {found} and not {meant[key]}"
    assert message["Subject"] == meant["subject"], f"{message['Subject']!r} and not {meant['subject']!r}"
    files = [[part.get_filename(), len(part.get_content()) if isinstance(part.get_content(), bytes)
              else len(part.get_payload(decode=True))] for part in message.iter_attachments()]
    assert files == meant["files"], f"{files} and not {meant['files']}"
    plain = message.get_body(("plain",))
    assert plain is not None and plain["Content-Type"].params.get("format") == "flowed"
    # What Python makes of it is a message again, of the same parts.
    again = email.message_from_bytes(message.as_bytes(), policy=STRICT)
    kinds = [part.get_content_type() for part in message.walk()]
    assert [part.get_content_type() for part in again.walk()] == kinds


def main():
    wrong = 0
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml")):
        try:
            check(path)
        except Exception as error:  # the parser's own defects, too
            wrong += 1
            print(f"{path.name}: {type(error).__name__}: {error}")
    sys.exit(wrong > 0)


main()
