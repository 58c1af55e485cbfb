"""Loads what we export with PEFT or transformers, fails on any missing or unexpected key, and compares logits.

Usage: python e2e/reference/check_export.py FOLDER… [--base MODEL_FOLDER] [--ids 1,2,3 --logits OURS.npy]
                                            [--tolerance 1e-4]
A FOLDER with adapter_config.json is a PEFT adapter and needs --base; any other is a merged transformers model.
OURS.npy holds our logits, [tokens, vocabulary] f32, for --ids; the error is max|ours - theirs| / max|theirs|.
Prints one JSON line per folder; exit code 1 if anything is wrong with one of them.
"""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from peft import PeftConfig, PeftModel, get_peft_model_state_dict
from safetensors import safe_open
from transformers import AutoModelForCausalLM, logging

logging.set_verbosity_error()
logging.disable_progress_bar()


def load_merged(folder: Path) -> tuple[torch.nn.Module, list[str]]:
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    problems = [f"missing key {key}" for key in sorted(info["missing_keys"])]
    problems += [f"unexpected key {key}" for key in sorted(info["unexpected_keys"])]
    problems += [f"mismatched shape {entry}" for entry in sorted(map(str, info["mismatched_keys"]))]
    problems += [str(error) for error in info.get("error_msgs", [])]
    return model, problems


def load_adapter(folder: Path, base_folder: Path) -> tuple[torch.nn.Module, list[str]]:
    with safe_open(folder / "adapter_model.safetensors", framework="pt") as file:
        stored = {key: file.get_tensor(key) for key in file.keys()}
    base = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        config = PeftConfig.from_pretrained(folder)
        model = PeftModel.from_pretrained(base, folder)
    problems = [
        f"warning: {warning.message}"
        for warning in caught
        if not issubclass(warning.category, (FutureWarning, DeprecationWarning))
    ]
    loaded = get_peft_model_state_dict(model, save_embedding_layers=False)
    problems += [f"missing key {key}" for key in sorted(loaded.keys() - stored.keys())]
    problems += [f"unexpected key {key}" for key in sorted(stored.keys() - loaded.keys())]
    for key in sorted(stored.keys() & loaded.keys()):
        if stored[key].shape != loaded[key].shape or not torch.equal(stored[key].float(), loaded[key].float()):
            problems.append(f"{key} was not loaded as stored")
    if not config.inference_mode:
        problems.append("adapter_config.json: inference_mode is not true")
    return model, problems


def logits_error(model, ids: list[int], ours: np.ndarray) -> float:
    with torch.no_grad():
        theirs = model.eval()(torch.tensor([ids])).logits[0].numpy()
    if ours.shape != theirs.shape:
        raise SystemExit(f"logits: expected shape {theirs.shape}, got {ours.shape}")
    return float(np.abs(ours.astype(np.float64) - theirs).max() / np.abs(theirs).max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--base", type=Path, help="transformers folder of the base model, for adapters")
    parser.add_argument("--ids", help="token ids, comma-separated")
    parser.add_argument("--logits", type=Path, help=".npy with our logits for --ids")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    if bool(options.ids) != bool(options.logits):
        parser.error("--ids and --logits belong together")
    failed = False
    for folder in options.folders:
        is_adapter = (folder / "adapter_config.json").exists()
        if is_adapter and not options.base:
            parser.error(f"{folder} is an adapter: name its base model with --base")
        model, problems = load_adapter(folder, options.base) if is_adapter else load_merged(folder)
        result = {"folder": str(folder), "kind": "adapter" if is_adapter else "merged"}
        if options.ids:
            ids = [int(token) for token in options.ids.split(",")]
            error = logits_error(model, ids, np.load(options.logits))
            result["logitsError"] = error
            if not error <= options.tolerance:
                problems.append(f"logits differ by {error:.3g}, more than {options.tolerance:g}")
        print(json.dumps({**result, "ok": not problems, "problems": problems}))
        failed |= bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
