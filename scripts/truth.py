#!/usr/bin/env python3
"""Checks a vault's source notes against the manifest of the mailbox that they came from (mailgen.py --manifest).

  truth.py MANIFEST VAULT MAILDIR [--cases]

Each message has exactly one note, and a message that arrived twice has one; subject, sender and date are the
manifest's; the newest text stands in the note's new part; each attachment was saved byte for byte, under a name that
its own can be known by; and two messages are in one thread exactly if their headers tie them together. A message
that cannot be shown so has its .eml beside the note. What is not so is printed, a line each, and the status is 1.

It shares no code with postnote, not even the reading of YAML: of the notes' frontmatter it knows what they use, one
line a key with JSON strings, quoted or plain words. Times are compared in the local time zone: TZ must be that of the sync.
--cases prints what each malformed message became. Python 3.9 or newer, standard library only.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import sys
import time
import unicodedata

# Malformed messages whose header cannot say what the manifest does; None: whatever the reader makes of it.
SUBJECTS = {'raw-8bit-subject': None, 'raw-utf8-headers': 'Größe 見積書 🎉', 'split-encoded-word': None, 'long-header': None,
            'no-subject': '', 'subject-control': None, 'empty-message': '', 'headers-only-no-blank': None}
SENDERS = {'no-from', 'bad-from', 'empty-message'}
# Date missing or impossible: the topmost Received header tells, five seconds later.
LATE = {'no-date': 5, 'bad-date': 5}
DATES = {'date-1970', 'empty-message'}
# Nothing of the newest text is in these: they have no body, or its end, where the mark stood, is cut off.
BODILESS = {'empty-body', 'headers-only-no-blank', 'empty-message', 'bad-base64'}


class Note:
    def __init__(self, path):
        with open(path, encoding='utf-8', newline='') as f:
            text = f.read()
        self.path = path
        _, front, body = re.split(r'^---\n', text, maxsplit=2, flags=re.M)
        self.front = {key: value(rest) for key, rest in (line.split(': ', 1) for line in front.splitlines())}
        # The new part ends where the first folded part, or the list of attachments, begins.
        body = body.split('\n## Attachments\n')[0]
        self.new = re.split(r'^> \[!quote\]- (?:Earlier in this thread|Signature)$', body, maxsplit=1, flags=re.M)[0]
        self.text = text

    def id(self, key):
        return self.front.get(key, '').strip('<>')

    def files(self):
        """Paths of the saved attachments."""
        folder = os.path.join(os.path.dirname(self.path), 'attachments')
        return [os.path.join(folder, link[2:-2]) for link in self.front.get('attachments', [])]


def value(text):
    """A value as postnote writes it: a JSON string, plain words, or a list of them."""
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if not text.startswith('['):
        return text
    items, rest = [], text[1:-1]
    while rest:
        if rest.startswith('"'):
            item, end = json.JSONDecoder().raw_decode(rest)
        else:
            item = rest.split(', ', 1)[0]
            end = len(item)
        items.append(item)
        rest = rest[end:].removeprefix(', ')
    return items


def letters(text):
    return ''.join(c for c in unicodedata.normalize('NFC', text).casefold() if c.isalnum())


def squeeze(text):
    return ' '.join(text.split())


def content_hash(path):
    path = path if os.path.isfile(path) else moved(path)
    with open(path, 'rb') as f:
        raw = f.read()
    return hashlib.sha256(raw.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')).hexdigest()


def moved(path):
    """A Maildir's file where a server may have put it: from `new` to `cur`, with other flags."""
    folder, name = os.path.split(path)
    cur = os.path.join(os.path.dirname(folder), 'cur')
    base = name.split(':2,')[0]
    return next(os.path.join(cur, f) for f in os.listdir(cur) if f.split(':2,')[0] == base)


def sha256(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


class Truth:
    def __init__(self, manifest, vault, maildir):
        self.wrong, self.maildir = [], maildir
        with open(manifest, encoding='utf-8') as f:
            rows = [json.loads(line) for line in f]
        self.rows = [row for row in rows if not row.get('duplicate')]
        self.notes = []
        for folder, _, files in os.walk(os.path.join(vault, 'Sources')):
            if os.path.basename(folder) != 'attachments':
                self.notes += [Note(os.path.join(folder, f)) for f in sorted(files) if f.endswith('.md')]

    def say(self, row, what):
        self.wrong.append('%s (%s): %s' % (row['file'], row.get('broken') or row['kind'], what))

    def match(self):
        """Each message with its one note."""
        by_id, by_hash = collections.defaultdict(list), collections.defaultdict(list)
        for note in self.notes:
            by_id[note.id('message_id')].append(note)
            by_hash[note.front.get('content_hash', '')].append(note)
        pairs, used = [], set()
        for row in self.rows:
            if row['message_id']:
                found = by_id[row['message_id'].strip('<>')]
            else:
                found = by_hash['sha256:' + content_hash(os.path.join(self.maildir, row['file']))]
                # An id that is none by the book may be one to the reader.
                found = found or [n for n in self.notes if row['mark'] in n.new]
            # Two messages may claim one id: then the mark tells them apart.
            found = [n for n in found if row['mark'] in n.text] if len(found) > 1 else found
            if len(found) != 1:
                self.say(row, '%d notes: %s' % (len(found), ', '.join(n.path for n in found)))
                continue
            pairs.append((row, found[0]))
            used.add(found[0].path)
        for note in self.notes:
            if note.path not in used:
                self.wrong.append('%s: a note on no message of the manifest' % note.path)
        return pairs

    def compare(self, row, note):
        case, front = row.get('broken'), note.front
        subject = SUBJECTS.get(case, row['subject'])
        if subject is not None and squeeze(front['subject']) != squeeze(subject):
            self.say(row, 'subject %r, not %r' % (front['subject'], subject))
        if case not in SENDERS:
            name, _, address = front['from'].rpartition('<')
            if address.rstrip('>') != row['from_addr'] or letters(name) != letters(row['from_name']):
                self.say(row, 'from %r, not %r <%s>' % (front['from'], row['from_name'], row['from_addr']))
        date = time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(row['date'] + LATE.get(case, 0)))
        if case not in DATES and front['received'] != date:
            self.say(row, 'received %s, not %s' % (front['received'], date))
        self.compare_files(row, note)
        if case not in BODILESS and row['mark'] not in note.new and not (case and self.kept(row, note)):
            self.say(row, 'the newest text (%s) is not in the new part' % row['mark'])

    def compare_files(self, row, note):
        saved = {}
        for path in note.files():
            if os.path.isfile(path):
                saved.setdefault(sha256(path), []).append(path)
            else:
                self.say(row, 'no file %s' % path)
        for wanted in row['attachments']:
            paths = saved.get(wanted['sha256'])
            if not paths:
                self.say(row, 'attachment %r is not among %s' % (wanted['name'], note.front.get('attachments')))
            elif wanted['name'] and not any(same_name(wanted['name'], p) for p in paths):
                self.say(row, 'attachment %r is called %s' % (wanted['name'], paths))

    def kept(self, row, note):
        """True when the newest text of a malformed message lies beside its note, in a file or the whole message."""
        mark = row['mark'].encode()
        return self.kept_whole(row, note) or any(mark in open(path, 'rb').read() for path in note.files())

    def kept_whole(self, row, note):
        """True when the message lies beside its note as it came."""
        whole = content_hash(os.path.join(self.maildir, row['file']))
        return any(path.endswith('.eml') and content_hash(path) == whole for path in note.files())

    def threads(self, pairs):
        """What the headers tie together is one thread, and nothing else."""
        parent = {}

        def find(x):
            while parent.setdefault(x, x) != x:
                parent[x] = parent[parent[x]]
                x = parent[x]
            return x

        for row in self.rows:
            row['node'] = row['message_id'] or row['file']
            for other in row['references'] + [row['in_reply_to'] or row['node']]:
                parent[find(other)] = find(row['node'])
        told, made = collections.defaultdict(dict), collections.defaultdict(dict)
        for row, note in pairs:
            group = find(row['node'])
            told[group].setdefault(note.id('thread'), row)
            made[note.id('thread')].setdefault(group, row)
        for threads in told.values():
            if len(threads) > 1:
                self.say(list(threads.values())[1], 'one conversation, %d threads: %s' % (len(threads), ', '.join(threads)))
        for thread, groups in made.items():
            if len(groups) > 1:
                self.say(list(groups.values())[1], '%d conversations, one thread: %s' % (len(groups), thread))
        # The check of the check: the headers never tie what the manifest holds apart.
        numbers = collections.defaultdict(set)
        for row in self.rows:
            numbers[find(row['node'])].add(row['thread'])
        assert all(len(n) == 1 for n in numbers.values()), 'the manifest contradicts its headers'


def same_name(wanted, path):
    """True when a saved file's name shows the sender's: its letters and digits, long ones cut, and its extension."""
    stem, extension = os.path.splitext(wanted)
    return letters(stem)[:30] in letters(os.path.basename(path)) and path.endswith(extension)


def show_cases(pairs, truth):
    print('| case | note | files |\n| --- | --- | --- |')
    for row, note in pairs:
        text = re.sub(r'\*\*Date\*\*: [^\n]*\n', '', note.new.split('**Date**', 1)[-1].partition('\n')[2])
        excerpt = squeeze(text)
        excerpt = excerpt if len(excerpt) < 100 else '%s … (%d)' % (excerpt[:90], len(text))
        files = ', '.join(os.path.basename(p).split('_', 3)[-1] for p in note.files()[:4])
        print('| %s | %r %r id %s: %s | %s%s |' % (
            row.get('broken'), note.front['subject'][:50], note.front['from'][:40], note.id('message_id')[-12:] or 'hash',
            excerpt, files, ' (whole)' if truth.kept_whole(row, note) else ''))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('manifest')
    p.add_argument('vault')
    p.add_argument('maildir')
    p.add_argument('--cases', action='store_true', help='print what each malformed message became')
    a = p.parse_args()
    truth = Truth(a.manifest, a.vault, a.maildir)
    pairs = truth.match()
    for row, note in pairs:
        truth.compare(row, note)
    truth.threads(pairs)
    if a.cases:
        show_cases([(r, n) for r, n in pairs if r.get('broken')], truth)
    for line in truth.wrong:
        print(line)
    print('%d messages, %d notes, %d wrong' % (len(truth.rows), len(truth.notes), len(truth.wrong)), file=sys.stderr)
    sys.exit(1 if truth.wrong else 0)


if __name__ == '__main__':
    main()
