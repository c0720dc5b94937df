#!/usr/bin/env python3
"""Fits the weights of src/assistant/offline/asks.rs: whether a sentence of a mail asks somebody for something.

  cargo run --release --example evaluate -- bc3signs BC3FOLDER > SIGNS.jsonl
  scripts/train_asks.py BC3FOLDER SIGNS.jsonl           prints the weights, for WEIGHTS and BIAS in asks.rs
  scripts/train_asks.py --cross BC3FOLDER SIGNS.jsonl   how well it does on threads that it was not shown

Logistic regression by Newton's method on the BC3 corpus (University of British Columbia, CC BY-SA 3.0): a sentence asks where
two of three annotators say so. Python's standard library only. The signs come from asks.rs itself, so that nothing is read in two
ways.
"""
import collections, json, math, sys
import xml.etree.ElementTree as ET

RIDGE = 5.0


def load(folder, signs):
    """-> [(thread, mail, signs, asks)]"""
    votes = collections.Counter()
    for thread in ET.parse(folder + '/annotation.xml').getroot().findall('thread'):
        for annotation in thread.findall('annotation'):
            for label in annotation.find('labels'):
                if label.tag == 'req':
                    votes[thread.findtext('listno') + '/' + label.get('id')] += 1
    rows = [json.loads(line) for line in open(signs, encoding='utf-8')]
    return [(r['id'].split('/')[0], r['id'].split('.')[0], r['signs'], votes[r['id']] >= 2) for r in rows]


def solve(a, b):
    n = len(b)
    m = [row[:] + [b[i]] for i, row in enumerate(a)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(i + 1, n):
            f = m[r][i] / m[i][i]
            if f:
                m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][j] * x[j] for j in range(i + 1, n))) / m[i][i]
    return x


def fit(rows):
    """-> weights and bias, for signs as they are; above nought it asks."""
    k, n = len(rows[0][2]), len(rows)
    mean = [sum(r[2][j] for r in rows) / n for j in range(k)]
    dev = [math.sqrt(sum((r[2][j] - mean[j]) ** 2 for r in rows) / n) or 1.0 for j in range(k)]
    xs = [[(r[2][j] - mean[j]) / dev[j] for j in range(k)] + [1.0] for r in rows]
    w = [0.0] * (k + 1)
    for _ in range(25):
        g, h = [0.0] * (k + 1), [[0.0] * (k + 1) for _ in range(k + 1)]
        for x, r in zip(xs, rows):
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(a * b for a, b in zip(w, x))))))
            d, v = p - r[3], p * (1 - p)
            for i, a in enumerate(x):
                if a:
                    g[i] += d * a
                    for j, b in enumerate(x):
                        h[i][j] += v * a * b
        for i in range(k):
            g[i] += RIDGE * w[i]
            h[i][i] += RIDGE
        h[k][k] += 1e-9
        step = solve(h, g)
        w = [a - s for a, s in zip(w, step)]
        if max(map(abs, step)) < 1e-6:
            break
    at = threshold([(sum(a * b for a, b in zip(w, x)), r[3]) for x, r in zip(xs, rows)])
    weights = [a / d for a, d in zip(w, dev)]
    return weights, w[k] - at - sum(a * m for a, m in zip(weights, mean))


def f1(pairs, at):
    tp = sum(y and s > at for s, y in pairs)
    fp = sum((not y) and s > at for s, y in pairs)
    fn = sum(y and s <= at for s, y in pairs)
    return 2 * tp / max(1, 2 * tp + fp + fn)


def threshold(pairs):
    """Where F1 is best: the middle of all thresholds that are about as good as the best."""
    scores = sorted(s for s, _ in pairs)
    tried = [scores[round((len(scores) - 1) * (0.93 + 0.001 * i))] for i in range(61)]
    found = [f1(pairs, t) for t in tried]
    good = [t for t, f in zip(tried, found) if f >= max(found) - 0.02]
    return sum(good) / len(good)


def cross(rows):
    pairs = []
    for thread in sorted({r[0] for r in rows}):
        w, bias = fit([r for r in rows if r[0] != thread])
        pairs += [(r[1], bias + sum(a * b for a, b in zip(w, r[2])), r[3]) for r in rows if r[0] == thread]
    print('sentences: F1 %.3f' % f1([(s, y) for _, s, y in pairs], 0.0))


if __name__ == '__main__':
    arguments = [a for a in sys.argv[1:] if a != '--cross']
    if len(arguments) != 2:
        sys.exit(__doc__)
    rows = load(*arguments)
    if '--cross' in sys.argv:
        cross(rows)
    else:
        w, bias = fit(rows)
        print(', '.join('%.2f' % x for x in w), 'bias %.2f' % bias)
