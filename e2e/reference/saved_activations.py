"""Writes e2e/fixtures/continue/activations.json: bytes that autograd keeps for backward, counted in PyTorch.

Small models of each kind in transformers with PEFT's LoRA, as the exported train.py runs them; every tensor that the graph
saves is counted once by its storage, parameters left out. Held against src/continue/planning/machineMemory.ts.

Run: python e2e/reference/saved_activations.py
"""

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "continue" / "activations.json"
ROWS, LENGTH, TARGETS = 2, 64, 16
LLAMA = {"hidden_size": 256, "intermediate_size": 688, "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 128}
FAMILIES = {
    "llama": {**LLAMA, "model_type": "llama"},
    "qwen3": {**LLAMA, "model_type": "qwen3", "head_dim": 32},
    "gpt2": {"model_type": "gpt2", "n_embd": 256, "n_head": 8, "n_positions": 128, "vocab_size": 512, "attn_pdrop": 0.0, "resid_pdrop": 0.0, "embd_pdrop": 0.0},
}
MODULES = {
    "llama": {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj", "gate": "gate_proj", "up": "up_proj", "down": "down_proj"},
    "gpt2": {"qkv": "attn.c_attn", "o": "attn.c_proj", "up": "mlp.c_fc", "down": "mlp.c_proj"},
}
CHOICES = {"llama": [["q", "v"], ["q", "k", "v", "o", "gate", "up", "down"]], "gpt2": [["qkv"], ["qkv", "o", "up", "down"]]}


def saved_bytes(config: dict, layers: int, targets: list[str], rank: int, dtype: torch.dtype, checkpointing: bool) -> int:
    kind = config["model_type"]
    family = "gpt2" if kind == "gpt2" else "llama"
    depth = {"n_layer" if family == "gpt2" else "num_hidden_layers": layers}
    fields = {name: value for name, value in config.items() if name != "model_type"}
    base = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **fields, **depth, use_cache=False), dtype=dtype)
    if checkpointing:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    lora = LoraConfig(r=rank, lora_alpha=rank, target_modules=[MODULES[family][target] for target in targets], fan_in_fan_out=family == "gpt2")
    model = get_peft_model(base, lora).train()
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    seen, held = {}, []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and tensor.is_floating_point():
            seen[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)  # so that its address is not given to another
        return tensor

    ids = torch.randint(512, (ROWS, LENGTH))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        hidden = model.get_base_model().base_model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).last_hidden_state
    assert hidden.requires_grad
    return sum(seen.values())


def main() -> None:
    torch.manual_seed(0)
    cases = []
    for kind, config in FAMILIES.items():
        for targets in CHOICES["gpt2" if kind == "gpt2" else "llama"]:
            for dtype in ("float32", "bfloat16"):
                for checkpointing in (False, True):
                    few, many = (saved_bytes(config, n, targets, 8, getattr(torch, dtype), checkpointing) for n in (2, 6))
                    cases.append({"config": config, "targets": targets, "rank": 8, "dtype": dtype, "checkpointing": checkpointing, "bytesPerLayer": (many - few) / 4, "bytesOf6": many})
    made = {"rows": ROWS, "length": LENGTH, "cases": cases}
    OUT.write_text(json.dumps(made, indent=1) + "\n")
    for case in cases:
        print(case["config"]["model_type"], case["targets"], case["dtype"], case["checkpointing"], case["bytesPerLayer"] / ROWS / LENGTH / 256, case["bytesOf6"] / ROWS / LENGTH / 256)


if __name__ == "__main__":
    main()
