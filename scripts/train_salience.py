#!/usr/bin/env python3
"""Fits the weights of src/assistant/offline/salience.rs: which sentences of a discussion people keep.

  scripts/train_salience.py BC3FOLDER     prints the weights, for WEIGHTS in salience.rs

Ridge regression on how many of the annotators of the BC3 corpus (University of British Columbia, CC BY-SA 3.0) put a
sentence into their extract; the standard library only. The signs are read here as salience.rs reads them.
"""
import collections, math, re, sys
import xml.etree.ElementTree as ET

RIDGE = 100.0
STOP = set('''the a an of to in and is it that for on be this with as are i you we not have or at by if but was from they will
would can do so there what which my me your our their has had about one all some any no just more when who how than then them
he his she her its been were should could may also only other into out up like very get got'''.split())


def words(text):
    return re.findall(r"[a-z]+", text.lower())


def terms(text):
    return {w[:7] for w in words(text) if len(w) > 2 and w not in STOP}


def signs(subject, mails):
    """mails: [(author, [sentence])] -> one list of signs a sentence, in order."""
    counts = collections.Counter()
    for _, sentences in mails:
        for text in sentences:
            if not text.strip().startswith('>'):
                counts.update(terms(text))
    norm = math.sqrt(sum(math.log1p(n) ** 2 for n in counts.values())) or 1.0
    about, seen, out = terms(subject), set(), []
    for d, (author, sentences) in enumerate(mails):
        names, last = set(words(author.split('<')[0])), max(1, len(sentences) - 1)
        for s, raw in enumerate(sentences):
            text = raw.strip()
            low, lw, own = text.lower(), words(text), terms(text)
            n = len(text.split())
            quoted = text.startswith(('>', '|')) or text.rstrip(':').endswith(('wrote', 'writes', 'said'))
            center = sum(math.log1p(counts[w]) for w in sorted(own)) / (norm * math.sqrt(len(own))) if own else 0.0
            contact = n < 14 and any(m in low for m in ('://', '@', 'fax', '--', 'tel:', '___', '==='))
            signed = 0 < len(lw) <= 5 and any(w in names for w in lw)
            polite = n <= 6 and lw[:1] != [] and lw[0] in ('hi', 'hello', 'dear', 'thanks', 'thank', 'regards', 'cheers', 'best', 'sincerely')
            argues = any(w in ('should', 'need', 'must', 'propose', 'suggest', 'think', 'agree', 'would', 'please', 'could',
                               'decided', 'prefer', 'plan', 'problem', 'because') for w in lw)
            out.append([float(v) for v in (
                math.log1p(n), min(n, 40) / 40, quoted, 1 / (1 + s), s / last, d == 0, 1 / (1 + d), d == 0 and s == 0,
                d == 0 and s < 3, center, len(own & about), '?' in text, contact, signed or polite,
                sum(c.isalpha() for c in text) / max(1, len(text)), sum(w not in seen for w in own) / max(1, len(own)),
                'i' in lw or 'we' in lw, argues, text.endswith(('.', '?', '!')), n < 4, d > 0 and s == 0 and not quoted,
                math.log1p(len(sentences)), any(c.isdigit() for c in text), text.endswith(':'), len(own) / max(1, n))])
            seen |= own
    return out


def corpus(folder):
    threads = {}
    for t in ET.parse(folder + '/corpus.xml').getroot().findall('thread'):
        plain = lambda s: (s or '').replace('&lt;', '<').replace('&gt;', '>').replace('&amp;', '&')
        mails = [(x.findtext('From') or '', x.findtext('Subject') or '', [(s.get('id'), plain(s.text)) for s in x.iter('Sent')])
                 for x in t.findall('DOC')]
        threads[t.findtext('listno')] = [mails, collections.Counter()]
    for t in ET.parse(folder + '/annotation.xml').getroot().findall('thread'):
        for a in t.findall('annotation'):
            threads[t.findtext('listno')][1].update({s.get('id') for s in a.find('sentences')})
    return threads


def solve(a, b):
    n = len(b)
    m = [row[:] + [b[i]] for i, row in enumerate(a)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i:
                f = m[r][i] / m[i][i]
                m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def fit(cases):
    """cases: [(signs, votes)] -> (weights, bias), for signs as they are."""
    k, n = len(cases[0][0]), len(cases)
    mean = [sum(x[j] for x, _ in cases) / n for j in range(k)]
    dev = [math.sqrt(sum((x[j] - mean[j]) ** 2 for x, _ in cases) / n) or 1.0 for j in range(k)]
    rows = [[(x[j] - mean[j]) / dev[j] for j in range(k)] for x, _ in cases]
    level = sum(v for _, v in cases) / n
    a = [[sum(r[i] * r[j] for r in rows) + (RIDGE if i == j else 0) for j in range(k)] for i in range(k)]
    b = [sum(r[i] * (v - level) for r, (_, v) in zip(rows, cases)) for i in range(k)]
    w = [x / d for x, d in zip(solve(a, b), dev)]
    return w, level - sum(x * m for x, m in zip(w, mean))


def cases_of(thread):
    mails, votes = thread
    x = signs(mails[0][1], [(author, [t for _, t in s]) for author, _, s in mails])
    ids = [i for _, _, s in mails for i, _ in s]
    return list(zip(x, (float(votes[i]) for i in ids)))


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    w, bias = fit([c for t in corpus(sys.argv[1]).values() for c in cases_of(t)])
    print(', '.join('%.3f' % x for x in w), 'bias %.3f' % bias)
