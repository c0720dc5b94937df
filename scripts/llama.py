#!/usr/bin/env python3
"""A real llama.cpp server with a model of random weights: its words are noise, its protocol is the real one.

usage: llama.py FOLDER    makes FOLDER/noise.gguf where it is not there, and serves it on a free port of 127.0.0.1.
The first line that it prints is `listening http://127.0.0.1:PORT`. It ends with whoever holds its standard input.
"""

import os
import sys

import numpy
from gguf import GGUFWriter


LIKELY = set("abcdefghijklmnopqrstuvwxyz\"{}[],:")


def make(path):
    """A llama of two layers that knows bytes."""
    rng = numpy.random.default_rng(7)
    width, heads, layers, inner = 64, 4, 2, 128
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{n:02X}>" for n in range(256)]
    tokens += [chr(n) for n in range(32, 127)] + ["▁"]
    kinds = [2, 3, 3] + [6] * 256 + [1] * 96
    out = GGUFWriter(path, "llama")
    out.add_name("noise")
    out.add_context_length(16384)
    out.add_embedding_length(width)
    out.add_block_count(layers)
    out.add_feed_forward_length(inner)
    out.add_head_count(heads)
    out.add_head_count_kv(heads)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_rope_dimension_count(width // heads)
    out.add_vocab_size(len(tokens))
    out.add_tokenizer_model("llama")
    out.add_token_list([t.encode() for t in tokens])
    out.add_token_scores([0.0] * len(tokens))
    out.add_token_types(kinds)
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_unk_token_id(0)

    def tensor(name, *shape):
        out.add_tensor(name, rng.normal(0, 0.05, shape).astype(numpy.float32))

    # The first component is the same for all, and so as good as a bias on what comes out: letters, and strings that end.
    embedding = rng.normal(0, 0.05, (len(tokens), width)).astype(numpy.float32)
    embedding[:, 0] = 1.0
    out.add_tensor("token_embd.weight", embedding)
    out.add_tensor("output_norm.weight", numpy.ones(width, dtype=numpy.float32))
    output = rng.normal(0, 0.05, (len(tokens), width)).astype(numpy.float32)
    output[:, 0] = [0.9 if t in LIKELY else 0.3 if t == " " else -0.5 for t in tokens]
    out.add_tensor("output.weight", output)
    for n in range(layers):
        for norm in ("attn_norm", "ffn_norm"):
            out.add_tensor(f"blk.{n}.{norm}.weight", numpy.ones(width, dtype=numpy.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{n}.{part}.weight", width, width)
        tensor(f"blk.{n}.ffn_gate.weight", inner, width)
        tensor(f"blk.{n}.ffn_up.weight", inner, width)
        tensor(f"blk.{n}.ffn_down.weight", width, inner)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "noise.gguf")
    if not os.path.exists(path):
        # Several may start at once.
        temporary = f"{path}.{os.getpid()}"
        make(temporary)
        os.replace(temporary, path)

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = 16384
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.n_gpu_layers = 0
    params.warmup = False
    params.endpoint_slots = True
    params.port = 0
    params.hostnames = ["127.0.0.1"] if isinstance(params.hostnames, list) else "127.0.0.1"
    server = xllamacpp.Server(params)
    print("listening", server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
