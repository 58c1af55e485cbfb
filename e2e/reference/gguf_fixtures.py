"""Tiny GGUF files: e2e/fixtures/gguf/*.gguf.

- <case>.gguf: the models of e2e/fixtures/parity as llama.cpp's converter writes them (rows of q and k permuted, rope
  factors as a tensor, GPT-2's matrices turned round), in f32: equal tensors mean equal logits. One is split.
- mixed.gguf: one layer with every matrix in another quantized type, mixed.json with checksums of what the gguf package
  dequantizes them to and the logits that transformers computes from those.
- tokenizer-<kind>.gguf: the tokenizers of e2e/fixtures/tokenizers, metadata only.
- tokenizer-sentencepiece.gguf: a BPE that SentencePiece trained, with sentencepiece.json: the ids that SentencePiece gives.

Run: python e2e/reference/gguf_fixtures.py
"""

import io
import json
import math
import sys
import tempfile
import zlib
from pathlib import Path

import gguf
import numpy as np
import sentencepiece
import tiny_tokenizers
import torch
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.numpy import load_file
from tokenizer_fixtures import TEXTS
from transformers import LlamaConfig, LlamaForCausalLM

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FOLDER = FIXTURES / "gguf"

CASES = {
    "llama-biases": "llama",
    "llama-rope-llama3": "llama",
    "qwen2-untied": "qwen2",
    "qwen3-tied": "qwen3",
    "gpt2": "gpt2",
}
# Tensors in one file at most.
SPLIT = {"qwen2-untied": 10}
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gpt2": gguf.MODEL_ARCH.GPT2,
}


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's convert_hf_to_gguf.py."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def rope_factors(rope: dict, head_dim: int) -> np.ndarray:
    """The factors by which llama.cpp divides frequencies: generate_extra_tensors of convert_hf_to_gguf.py."""
    low, high, old = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    factors = []
    for frequency in 1.0 / rope["rope_theta"] ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim):
        wavelength = 2 * math.pi / frequency
        if wavelength < old / high:
            factors.append(1.0)
        elif wavelength > old / low:
            factors.append(rope["factor"])
        else:
            smooth = (old / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, np.float32)


def add_vocabulary(writer: gguf.GGUFWriter, folder: Path, pre: str, ids: dict) -> None:
    """A byte-level tokenizer.json as llama.cpp's converter writes it."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    added = {token["content"]: token["special"] for token in tokenizer["added_tokens"]}
    vocab = tokenizer["model"]["vocab"] | {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    tokens = sorted(vocab, key=vocab.get)
    kinds = {None: gguf.TokenType.NORMAL, True: gguf.TokenType.CONTROL, False: gguf.TokenType.USER_DEFINED}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([kinds[added.get(token)] for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    for name, token_id in ids.items():
        if token_id is not None:
            getattr(writer, f"add_{name}_token_id")(token_id)


def write(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_case(case: str, family: str) -> None:
    folder = FIXTURES / "parity" / case / "model"
    config = json.loads((folder / "config.json").read_text())
    is_gpt2 = family == "gpt2"
    writer = gguf.GGUFWriter(FOLDER / f"{case}.gguf", family, split_max_tensors=SPLIT.get(case, 0))
    layers = config["n_layer" if is_gpt2 else "num_hidden_layers"]
    heads = config["n_head" if is_gpt2 else "num_attention_heads"]
    writer.add_name(case)
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    tensors = load_file(folder / "model.safetensors")
    names = gguf.get_tensor_name_map(ARCHITECTURES[family], layers)
    head_dim = kv_heads = 0
    if is_gpt2:
        writer.add_embedding_length(config["n_embd"])
        writer.add_context_length(config["n_positions"])
        writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
        writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    else:
        rope = config.get("rope_parameters") or {"rope_theta": config["rope_theta"], **config["rope_scaling"]}
        kv_heads = config["num_key_value_heads"]
        head_dim = config.get("head_dim") or config["hidden_size"] // heads
        writer.add_embedding_length(config["hidden_size"])
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count_kv(kv_heads)
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
        writer.add_rope_freq_base(rope["rope_theta"])
        writer.add_rope_dimension_count(head_dim)
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
        if rope.get("rope_type") == "llama3":
            writer.add_tensor("rope_freqs.weight", rope_factors(rope, head_dim))
    ids = {"bos": config.get("bos_token_id"), "eos": config["eos_token_id"], "pad": config.get("pad_token_id")}
    add_vocabulary(writer, folder, "gpt-2", ids)
    for name, values in tensors.items():
        new = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert new, name
        if family == "llama" and ".attn_q." in new:
            values = permute(values, heads)
        if family == "llama" and ".attn_k." in new:
            values = permute(values, kv_heads)
        if is_gpt2 and values.ndim == 2 and new.startswith("blk."):
            values = values.T
        writer.add_tensor(new, np.ascontiguousarray(values, np.float32))
    write(writer)


def quantize_k(values: np.ndarray, bits: int) -> np.ndarray:
    """Q4_K or Q5_K blocks, rounded plainly: gguf reads K-quants but does not write them."""
    runs = values.reshape(-1, 8, 32)
    low = np.minimum(runs.min(-1), 0)
    scale, minimum = (runs.max(-1) - low) / (2**bits - 1), -low
    d = (scale.max(-1, keepdims=True) / 63).astype(np.float16)
    dmin = (minimum.max(-1, keepdims=True) / 63).astype(np.float16)
    s = np.clip(np.round(scale / d), 1, 63).astype(np.uint8)
    m = np.clip(np.round(minimum / np.maximum(dmin, 1e-7)), 0, 63).astype(np.uint8)
    step = (d.astype(np.float32) * s)[..., None]
    offset = (dmin.astype(np.float32) * m)[..., None]
    q = np.clip(np.round((runs + offset) / step), 0, 2**bits - 1).astype(np.uint8)
    packed = np.concatenate(
        [s[:, :4] | (s[:, 4:] >> 4 << 6), m[:, :4] | (m[:, 4:] >> 4 << 6), (s[:, 4:] & 15) | (m[:, 4:] << 4)], -1
    )
    pairs = (q & 15).reshape(-1, 4, 2, 32)
    nibbles = (pairs[:, :, 0] | (pairs[:, :, 1] << 4)).reshape(-1, 128)
    parts = [d.view(np.uint8), dmin.view(np.uint8), packed]
    if bits == 5:
        high = q >> 4
        parts.append(sum(high[:, run] << run for run in range(8)).astype(np.uint8))
    return np.concatenate([*parts, nibbles], -1)


def quantize_6k(values: np.ndarray) -> np.ndarray:
    runs = values.reshape(-1, 16, 16)
    scale = np.abs(runs).max(-1) / 31
    d = (scale.max(-1, keepdims=True) / 127).astype(np.float16)
    s = np.clip(np.round(scale / d), 1, 127).astype(np.int8)
    q = np.clip(np.round(runs / (d.astype(np.float32) * s)[..., None]) + 32, 0, 63).astype(np.uint8)
    quarters = q.reshape(-1, 2, 4, 32)
    low, high = quarters & 15, quarters >> 4
    nibbles = np.stack([low[:, :, 0] | (low[:, :, 2] << 4), low[:, :, 1] | (low[:, :, 3] << 4)], 2)
    pairs = high[:, :, 0] | (high[:, :, 1] << 2) | (high[:, :, 2] << 4) | (high[:, :, 3] << 6)
    return np.concatenate(
        [nibbles.reshape(-1, 128), pairs.reshape(-1, 64), s.view(np.uint8), d.view(np.uint8)], -1
    )


QUANTIZE_K = {Type.Q4_K: lambda x: quantize_k(x, 4), Type.Q5_K: lambda x: quantize_k(x, 5), Type.Q6_K: quantize_6k}
MIXED_TYPES = {
    "token_embd": Type.Q8_0,
    "attn_q": Type.Q4_K,
    "attn_k": Type.Q4_0,
    "attn_v": Type.BF16,
    "attn_output": Type.Q5_K,
    "ffn_gate": Type.Q4_1,
    "ffn_up": Type.Q5_0,
    "ffn_down": Type.Q5_1,
    "output": Type.Q6_K,
}


def write_mixed() -> None:
    config = LlamaConfig(
        hidden_size=256,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=64,
        intermediate_size=96,
        vocab_size=400,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"},
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config).float().eval()
    generator = torch.Generator().manual_seed(9)
    writer = gguf.GGUFWriter(FOLDER / "mixed.gguf", "llama")
    writer.add_name("Mixed types")
    writer.add_source_repo_url("https://huggingface.co/someone/mixed-types")
    writer.add_block_count(1)
    writer.add_head_count(4)
    writer.add_head_count_kv(1)
    writer.add_embedding_length(256)
    writer.add_context_length(64)
    writer.add_feed_forward_length(96)
    writer.add_key_length(64)
    writer.add_value_length(64)
    writer.add_rope_dimension_count(64)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_chat_template("{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}")
    add_vocabulary(writer, FIXTURES / "tokenizers" / "smollm2", "smollm", {"bos": 1, "eos": 2, "unk": 0, "pad": 2})
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 1)
    checks = {}
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        values = (1 + 0.25 * noise) if parameter.ndim == 1 else noise * (1.2 / math.sqrt(parameter.shape[1]))
        new = names.get_name(name, try_suffixes=(".weight",))
        heads = {"q_proj": 4, "k_proj": 1}.get(name.split(".")[-2])
        values = values.numpy().astype(np.float32)
        if parameter.ndim == 1:
            writer.add_tensor(new, values)
        else:
            stored = permute(values, heads) if heads else values
            kind = MIXED_TYPES[new.removeprefix("blk.0.").removesuffix(".weight")]
            blocks = QUANTIZE_K[kind](stored) if kind in QUANTIZE_K else quantize(stored, kind)
            blocks = np.ascontiguousarray(blocks.reshape(stored.shape[0], -1).view(np.uint8))
            writer.add_tensor(new, blocks, raw_dtype=kind)
            read = dequantize(blocks, kind).reshape(stored.shape)
            assert np.abs(read - stored).max() < 0.15 * np.abs(stored).max(), new
            # Back into transformers' order of rows.
            order = np.argsort(permute(np.arange(len(read)), heads)) if heads else np.arange(len(read))
            values = np.ascontiguousarray(read[order], "<f4")
        checks[name] = zlib.crc32(values.tobytes())
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values))
    write(writer)
    ids = [1, 57, 300, 8, 8, 399, 120, 2]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    rounded = [[float(f"{value:.7g}") for value in row] for row in logits[:, ::7].tolist()]
    expected = {"crc32": checks, "ids": ids, "everySeventhLogit": rounded}
    (FOLDER / "mixed.json").write_text(json.dumps(expected) + "\n")


TOKENIZERS = {"gpt2": "gpt-2", "llama3": "llama-bpe", "qwen2": "qwen2", "smollm2": "smollm"}


def write_tokenizer(kind: str, pre: str) -> None:
    folder = FIXTURES / "tokenizers" / kind
    config = json.loads((folder / "tokenizer_config.json").read_text())
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    id_of = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    writer = gguf.GGUFWriter(FOLDER / f"tokenizer-{kind}.gguf", "llama")
    ids = {name: id_of.get(config.get(f"{name}_token")) for name in ("bos", "eos", "unk", "pad")}
    add_vocabulary(writer, folder, pre, ids)
    if kind != "llama3":  # whose name alone says so
        writer.add_add_bos_token(False)
    write(writer)


def write_rare_tokenizer(kind: str, pre: str, ids: dict) -> None:
    """Kinds that no other fixture has, with the ids that the Rust library gives."""
    tokenizer = getattr(tiny_tokenizers, kind)()
    writer = gguf.GGUFWriter(FOLDER / f"tokenizer-{kind}.gguf", "llama")
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save(f"{folder}/tokenizer.json")
        add_vocabulary(writer, Path(folder), pre, ids)
    write(writer)
    texts = [text for text in TEXTS if "<s>" not in text]
    lines = [json.dumps({"text": text, "ids": tokenizer.encode(text).ids}) for text in texts]
    (FOLDER / f"tokenizer-{kind}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def write_sentencepiece() -> None:
    """As Llama 2's: ▁ before every text, spaces kept as they are, bytes for what no piece covers."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for line in tiny_tokenizers.TEXT.splitlines() for _ in range(4)),
        model_writer=model,
        model_type="bpe",
        vocab_size=560,
        character_coverage=0.98,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    kinds = []
    for token in range(len(processor)):
        is_kind = {
            gguf.TokenType.UNKNOWN: processor.is_unknown(token),
            gguf.TokenType.CONTROL: processor.is_control(token),
            gguf.TokenType.UNUSED: processor.is_unused(token),
            gguf.TokenType.BYTE: processor.is_byte(token),
        }
        kinds.append(next((kind for kind, is_one in is_kind.items() if is_one), gguf.TokenType.NORMAL))
    writer = gguf.GGUFWriter(FOLDER / "tokenizer-sentencepiece.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([processor.id_to_piece(token) for token in range(len(processor))])
    writer.add_token_scores([processor.get_score(token) for token in range(len(processor))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(processor.bos_id())
    writer.add_eos_token_id(processor.eos_id())
    writer.add_unk_token_id(processor.unk_id())
    write(writer)
    # Specials written out are text for SentencePiece, and what follows them is no start of a text.
    texts = [text for text in TEXTS if not any(special in text for special in ("<s>", "</s>", "<unk>"))]
    lines = [json.dumps({"text": text, "ids": processor.encode(text)}) for text in texts]
    (FOLDER / "sentencepiece.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for case, family in CASES.items():
        write_case(case, family)
    write_mixed()
    for kind, pre in TOKENIZERS.items():
        write_tokenizer(kind, pre)
    write_rare_tokenizer("tekken", "tekken", {"unk": 0, "bos": 1, "eos": 2})
    write_rare_tokenizer("deepseek_coder", "deepseek-coder", {"bos": 0, "eos": 1})
    write_sentencepiece()
    for path in sorted(FOLDER.iterdir()):
        print(path.name, path.stat().st_size, file=sys.stderr)
