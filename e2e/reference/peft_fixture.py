"""Writes e2e/fixtures/formats/peft/: LoRA adapters of a tiny Llama as PEFT saves them, the subset of each
configuration that Rankwise writes, and each module's rank and scaling as PEFT computes them.

Run: python e2e/reference/peft_fixture.py
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

OUT = Path(__file__).parents[1] / "fixtures" / "formats" / "peft"
SUBSET = (
    "alpha_pattern auto_mapping base_model_name_or_path bias fan_in_fan_out inference_mode init_lora_weights "
    "layers_pattern layers_to_transform lora_alpha lora_dropout modules_to_save peft_type r rank_pattern revision "
    "target_modules task_type use_dora use_rslora"
).split()

ADAPTERS = {
    "plain": dict(r=4, lora_alpha=8, target_modules=["q_proj"], task_type="CAUSAL_LM"),
    "patterns": dict(
        r=4,
        lora_alpha=16,
        lora_dropout=0.05,
        use_rslora=True,
        task_type="CAUSAL_LM",
        target_modules=r".*\.(q|v|o)_proj",
        rank_pattern={"v_proj": 2, r"layers\.1\.self_attn\.o_proj": 3},
        alpha_pattern={"model.layers.0.self_attn.v_proj": 6},
        revision="caf\u00e9 \U0001f600",
    ),
    "layers": dict(
        r=2, lora_alpha=3, task_type="CAUSAL_LM", lora_dropout=1e-05, target_modules=["up_proj"],
        layers_to_transform=[1], layers_pattern="layers",
    ),
}


def main() -> None:
    for name, settings in ADAPTERS.items():
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=11, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1,
        )
        model = get_peft_model(LlamaForCausalLM(config), LoraConfig(**settings))
        model.peft_config["default"].base_model_name_or_path = "someone/tiny-llama"
        folder = OUT / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        saved = json.loads((folder / "adapter_config.json").read_text())
        subset = {key: saved[key] for key in SUBSET}
        (folder / "subset.json").write_text(json.dumps(subset, indent=2, sort_keys=True))
        scaling = {
            path.removeprefix("base_model.model."): {"rank": module.r["default"], "scaling": module.scaling["default"]}
            for path, module in model.named_modules()
            if hasattr(module, "lora_A") and "default" in module.lora_A
        }
        (folder / "scaling.json").write_text(json.dumps(scaling, indent=1))


if __name__ == "__main__":
    main()
