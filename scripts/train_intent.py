#!/usr/bin/env python3
"""Trains the small model that tells whether a sentence wants something done, and writes its weights.

  scripts/train_intent.py DEV.jsonl src/assistant/offline/learned.bin    one line a sentence: {"text": …, "label": true}
  scripts/train_intent.py --cross DEV.jsonl                              how well it does on tenths that it was not shown

Logistic regression over hashed words, pairs and triples (see learned.rs, which reads sentences in the same way), by
AdaGrad; Python's standard library only, the same weights every time. The data is the "Email Intent Data Set"
(sentence-level speech acts, Apache-2.0); nothing of it is in the weights but what words tend to mean.
"""
import json, math, random, struct, sys

BITS = 16
EPOCHS, RATE, DECAY = 12, 0.3, 2e-5


def tokens(text):
    out = []
    for chunk in text.lower().replace('’', "'").split():
        if '://' in chunk or chunk.startswith('www.') or '$link' in chunk:
            out.append('xurl')
            continue
        if '@' in chunk:
            out.append('xmail')
            continue
        word = ''
        for c in chunk:
            if c.isalpha() or c == "'":
                if word.startswith('0'):
                    out.append(word)
                    word = ''
                word += c
            elif c.isdigit():
                if word and not word.startswith('0'):
                    out.append(word)
                word = '0'
            else:
                if word:
                    out.append(word)
                word = ''
                out.append(c)
        if word:
            out.append(word)
    return out


def fnv(text):
    h = 0x811c9dc5
    for b in text.encode():
        h = ((h ^ b) * 0x01000193) & 0xffffffff
    return (h ^ (h >> 16)) & ((1 << BITS) - 1)


def features(text):
    t = tokens(text)
    words = ['<s>'] + t[:60] + ['</s>']
    found = []
    for n in (1, 2, 3):
        found += ['%d:%s' % (n, ' '.join(words[i:i + n])) for i in range(len(words) - n + 1)]
    found += ['p%d:%s' % (i, words[i]) for i in (1, 2, 3) if i < len(words)]
    found += ['s:%s %s' % (words[i], words[i + 2]) for i in range(len(words) - 2)]
    found.append('l:%d' % min(8, len(t) // 4))
    found.append('q:%d' % ('?' in t))  # a mark of its own
    return sorted({fnv(f) for f in found})


def train(cases, seed=1):
    w, g, bias, gb = [0.0] * (1 << BITS), [1e-6] * (1 << BITS), 0.0, 1e-6
    order = list(range(len(cases)))
    rng = random.Random(seed)
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        for i in order:
            f, y = cases[i]
            norm = 1 / math.sqrt(len(f))
            z = bias + norm * sum(w[k] for k in f)
            p = 1 / (1 + math.exp(-max(-30, min(30, z))))
            d = p - y
            gb += d * d
            bias -= RATE * d / math.sqrt(gb)
            d *= norm
            for k in f:
                e = d + DECAY * w[k]
                g[k] += e * e
                w[k] -= RATE * e / math.sqrt(g[k])
    return w, bias


def score(model, f):
    w, bias = model
    return bias + sum(w[k] for k in f) / math.sqrt(len(f))


def load(path):
    rows = [json.loads(line) for line in open(path, encoding='utf-8') if line.strip()]
    return [(features(r['text']), int(r['label'])) for r in rows]


def f1(pairs, at):
    tp = sum(y and s > at for s, y in pairs)
    fp = sum((not y) and s > at for s, y in pairs)
    fn = sum(y and s <= at for s, y in pairs)
    return 2 * tp / max(1, 2 * tp + fp + fn)


def cross(cases, folds=10):
    rng = random.Random(7)
    place = [rng.randrange(folds) for _ in cases]
    pairs = []
    for fold in range(folds):
        model = train([c for c, p in zip(cases, place) if p != fold])
        pairs += [(score(model, f), y) for (f, y), p in zip(cases, place) if p == fold]
    for at in (-0.6, -0.4, -0.2, 0.0, 0.2):
        print('F1 above %.1f: %.3f' % (at, f1(pairs, at)))


def main(arguments):
    if arguments[:1] == ['--cross'] and len(arguments) == 2:
        return cross(load(arguments[1]))
    if len(arguments) != 2:
        sys.exit(__doc__)
    w, bias = train(load(arguments[0]))
    scale = max(abs(x) for x in w) / 127
    with open(arguments[1], 'wb') as out:
        out.write(struct.pack('<ff', bias, scale))
        out.write(bytes(round(x / scale) & 255 for x in w))


if __name__ == '__main__':
    main(sys.argv[1:])
