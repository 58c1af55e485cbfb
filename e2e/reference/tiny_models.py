"""Makes the tiny random models and their starting adapters: e2e/fixtures/parity/<case>/{model,adapter}.

Sizes are odd on purpose, norms are not ones, biases are not zeros, lora_B is not zero: whatever an engine
leaves out shows in the logits.  Run: python e2e/reference/tiny_models.py [CASE…]
"""

import json
import math
import os
import shutil
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    AutoModelForCausalLM,
    logging,
)


from tiny_tokenizers import ascii_bpe

logging.set_verbosity_error()
logging.disable_progress_bar()

PARITY = Path(__file__).resolve().parent.parent / "fixtures" / "parity"


@dataclass
class Case:
    name: str
    config: object
    lora: dict
    legacy_config: bool = False  # write rope_theta + rope_scaling and torch_dtype, as the Hub's older files do
    long_rows: bool = False  # rows past 40 tokens, so that scaled rotary frequencies matter
    settings: dict = field(default_factory=dict)


def _sizes(hidden, layers, heads, kv_heads, intermediate, vocab, positions=128, **more):
    return dict(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        intermediate_size=intermediate,
        vocab_size=vocab,
        max_position_embeddings=positions,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        **more,
    )


def _rope(theta, **scaling):
    return {"rope_theta": theta, "rope_type": "default", **scaling}


ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]
LLAMA3_ROPE = _rope(
    1000.0,
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=128,
)
YARN_ROPE = _rope(10000.0, rope_type="yarn", factor=4.0, original_max_position_embeddings=512)
GPT2_SIZES = dict(n_embd=54, n_head=3, n_layer=2, n_positions=64, vocab_size=129, bos_token_id=1, eos_token_id=2)
NO_DROPOUT = dict(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)

CASES = [
    Case(
        "llama",
        LlamaConfig(**_sizes(60, 3, 5, 1, 97, 131, head_dim=12), rope_parameters=_rope(10000.0)),
        dict(target_modules=["q_proj", "v_proj"], r=8, lora_alpha=16),
    ),
    Case(
        "llama-biases",
        LlamaConfig(
            **_sizes(36, 2, 3, 3, 53, 109, attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
            rms_norm_eps=1e-3,
        ),
        dict(target_modules=ATTENTION, r=3, lora_alpha=5, use_rslora=True),
    ),
    Case(
        "llama-rope-llama3",
        LlamaConfig(
            **_sizes(36, 2, 3, 1, 47, 103, 1024, head_dim=14, tie_word_embeddings=True), rope_parameters=LLAMA3_ROPE
        ),
        dict(target_modules=ATTENTION + MLP, r=1, lora_alpha=2),
        legacy_config=True,
        long_rows=True,
    ),
    Case(
        "llama-rope-yarn",
        LlamaConfig(**_sizes(36, 2, 3, 1, 45, 107, 2048), rope_parameters=YARN_ROPE),
        dict(target_modules=["k_proj", "o_proj"], r=3, lora_alpha=6),
        long_rows=True,
    ),
    Case(
        "llama-rope-linear",
        LlamaConfig(**_sizes(36, 2, 3, 1, 45, 107), rope_parameters=_rope(500.0, rope_type="linear", factor=2.5)),
        dict(target_modules=["q_proj", "gate_proj", "down_proj"], r=3, lora_alpha=3),
        legacy_config=True,
        long_rows=True,
    ),
    Case(
        "mistral",
        MistralConfig(**_sizes(32, 2, 4, 2, 49, 113, head_dim=14), sliding_window=4096, rope_parameters=_rope(10000.0)),
        dict(target_modules=ATTENTION, r=8, lora_alpha=12),
    ),
    Case(
        "qwen2",
        Qwen2Config(**_sizes(42, 3, 3, 1, 61, 127, tie_word_embeddings=True), rope_parameters=_rope(1000000.0)),
        dict(target_modules=["q_proj", "v_proj"], r=3, lora_alpha=7, layers_to_transform=[1, 2]),
    ),
    Case(
        "qwen2-untied",
        Qwen2Config(**_sizes(42, 2, 3, 1, 59, 111), rope_parameters=_rope(10000.0)),
        dict(target_modules=ATTENTION + MLP, r=8, lora_alpha=8),
    ),
    Case(
        "qwen3",
        Qwen3Config(**_sizes(44, 2, 6, 2, 71, 113, head_dim=20), rope_parameters=_rope(1000000.0)),
        dict(target_modules=ATTENTION, r=8, lora_alpha=16),
    ),
    Case(
        "qwen3-tied",
        Qwen3Config(
            **_sizes(38, 2, 3, 1, 55, 105, head_dim=16, tie_word_embeddings=True), rope_parameters=_rope(10000.0)
        ),
        dict(target_modules=ATTENTION + MLP, r=3, lora_alpha=4),
    ),
    Case(
        "gpt2",
        GPT2Config(**GPT2_SIZES, **NO_DROPOUT),
        dict(target_modules=["c_attn"], r=8, lora_alpha=16, fan_in_fan_out=True),
    ),
    Case(
        "gpt2-inner",
        GPT2Config(
            **GPT2_SIZES, **NO_DROPOUT, n_inner=101, activation_function="gelu", layer_norm_epsilon=1e-3
        ),
        dict(
            target_modules=["attn.c_proj", "mlp.c_fc", "mlp.c_proj"], r=3, lora_alpha=6, fan_in_fan_out=True
        ),
    ),
]


def case_seed(name: str) -> int:
    return zlib.crc32(name.encode())


def randomize(model, seed: int) -> None:
    """Gives every parameter a scale at which logits spread over several units and no gradient is tiny."""
    generator = torch.Generator().manual_seed(seed)
    tied = model.config.tie_word_embeddings
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim == 1 and "bias" not in name:
            value = 1 + 0.25 * noise.clamp(-2, 2)
        elif parameter.ndim == 1:
            value = 0.3 * noise
        elif "lm_head" in name:
            value = noise * (2.5 / math.sqrt(parameter.shape[1]))
        elif "wpe" in name:
            value = 0.2 * noise
        elif "embed" in name or "wte" in name:
            value = noise * (2.5 / math.sqrt(parameter.shape[1]) if tied else 0.7)
        else:
            fan_in = parameter.shape[0] if model.config.model_type == "gpt2" else parameter.shape[1]
            value = noise * (1.1 / math.sqrt(fan_in))
        with torch.no_grad():
            parameter.copy_(value)


def rewrite_as_legacy(path: Path) -> None:
    """Turns transformers 5's rope_parameters into the rope_theta and rope_scaling of older files."""
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    if rope["rope_type"] == "linear":
        rope["type"] = rope.pop("rope_type")
    config["rope_scaling"] = rope
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save_tokenizer(tokenizer, folder: Path, **specials) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **specials)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 128, **specials}
    config["clean_up_tokenization_spaces"] = False
    assert len(fast) == tokenizer.get_vocab_size()
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save_model(config, folder: Path, seed: int, legacy_config: bool = False):
    """Saves the random model with save_pretrained; returns it as from_pretrained gives it back."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config.dtype = "float32"
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    randomize(model, seed)
    model.save_pretrained(folder)
    if legacy_config:
        rewrite_as_legacy(folder / "config.json")
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for (name, saved), (_, again) in zip(model.named_parameters(), loaded.named_parameters(), strict=True):
        assert torch.equal(saved, again), name
    for (name, saved), (_, again) in zip(model.named_buffers(), loaded.named_buffers(), strict=True):
        assert torch.equal(saved, again), f"{name}: the legacy config says something else"
    return loaded


def save_adapter(model, lora: dict, folder: Path, base_name: str, seed: int):
    """A PEFT LoRA folder with random A and B; no path of this machine goes into it."""
    shutil.rmtree(folder, ignore_errors=True)
    model.name_or_path = base_name
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, bias="none", **lora)).eval()
    adapted.peft_config["default"].base_model_name_or_path = base_name
    generator = torch.Generator().manual_seed(seed + 1)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            noise = torch.randn(parameter.shape, generator=generator)
            with torch.no_grad():
                parameter.copy_(noise * (1 / math.sqrt(parameter.shape[1]) if "lora_A" in name else 0.15))
    adapted.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["target_modules"].sort()  # a set in PEFT, so in any order
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))
    return adapted


def make(case: Case) -> None:
    folder, seed = PARITY / case.name, case_seed(case.name)
    model = save_model(case.config, folder / "model", seed, case.legacy_config)
    tokenizer = ascii_bpe(case.config.vocab_size)
    save_tokenizer(tokenizer, folder / "model", bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    save_adapter(model, case.lora, folder / "adapter", f"rankwise-fixtures/{case.name}", seed)
    print(f"{case.name}: {sum(p.numel() for p in model.parameters())} parameters, with adapter")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    for case in CASES:
        if not chosen or case.name in chosen:
            make(case)
