"""Holds exported ONNX folders to the ONNX checker, onnxruntime, and optionally transformers and PEFT.

  python e2e/reference/check_onnx.py FOLDER… [--model DIR [--adapter DIR]] [--prompt TEXT] [--tokens 24]

Every onnx/*.onnx of every folder goes through onnx.checker (full_check) and is opened by onnxruntime. With --model, the
logits of the prompt and the greedy text after it, over the cache, are compared with transformers' (and PEFT's, where
there is --adapter); a folder with open adapters runs once as the base and once with each of its adapters.

Needs: pip install onnx==1.23.* onnxruntime==1.32.* torch transformers peft safetensors
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from peft import PeftModel
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

# Of the largest logit: f32 in another order; weights rounded to f16; 4 bits move the model itself, so they are only shown.
TOLERANCE = {"model.onnx": 1e-4, "model_fp16.onnx": 2e-3}


class Decoder:
    """An exported model with its cache."""

    def __init__(self, path: pathlib.Path):
        onnx.checker.check_model(str(path), full_check=True)
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.inputs = {i.name: i for i in self.session.get_inputs()}
        self.outputs = [o.name for o in self.session.get_outputs()]

    def factors(self, adapter: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A feed for every open matrix, of rank 0 where the adapter has none."""
        empty = {
            name: np.zeros([size if isinstance(size, int) else 0 for size in i.shape], np.float32)
            for name, i in self.inputs.items()
            if name.endswith((".lora_A", ".lora_B"))
        }
        unknown = adapter.keys() - empty.keys()
        assert not unknown, f"the graph has no input {sorted(unknown)[0]}"
        return empty | adapter

    def start(self) -> dict[str, np.ndarray]:
        cache = {}
        for name, i in self.inputs.items():
            if name.startswith("past_key_values."):
                dtype = np.float16 if i.type == "tensor(float16)" else np.float32
                cache[name] = np.zeros([1, i.shape[1], 0, i.shape[3]], dtype)
        return cache

    def run(self, ids: list[int], cache: dict[str, np.ndarray], factors: dict[str, np.ndarray]):
        past = next(iter(cache.values())).shape[2]
        feeds = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones([1, past + len(ids)], np.int64),
            "position_ids": np.arange(past, past + len(ids), dtype=np.int64)[None],
        }
        values = dict(zip(self.outputs, self.session.run(None, feeds | cache | factors), strict=True))
        logits = values.pop("logits")
        return logits[0], {name.replace("present", "past_key_values"): value for name, value in values.items()}

    def greedy(self, ids: list[int], factors: dict[str, np.ndarray], stops: set[int], tokens: int):
        prompt, cache = self.run(ids, self.start(), factors)
        logits, made = prompt, []
        while len(made) < tokens:
            made.append(int(logits[-1].argmax()))
            if made[-1] in stops:
                break
            logits, cache = self.run([made[-1]], cache, factors)
        return prompt, made


@torch.no_grad()
def reference(model, ids: list[int], stops: set[int], tokens: int):
    prompt = torch.tensor([ids])
    logits = model(prompt).logits[0].float().numpy()
    made = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=False,
        max_new_tokens=tokens,
        eos_token_id=sorted(stops),
        pad_token_id=min(stops),
    )
    return logits, made[0, len(ids) :].tolist()


def compare(path: pathlib.Path, what: str, ours, theirs, tokenizer) -> bool:
    (logits, made), (expected, text) = ours, theirs
    error = float(np.abs(logits - expected).max() / np.abs(expected).max())
    limit = TOLERANCE.get(path.name)
    print(f"  {what}: logits {error:.2g}, greedy text {'equal' if made == text else 'differs'}")
    print(f"    {tokenizer.decode(made)!r}")
    return limit is None or (error < limit and made == text)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--model")
    parser.add_argument("--adapter", help="merged into the folders, or the one of a folder with open adapters")
    parser.add_argument("--prompt", default="name : Alimentum | area : city centre")
    parser.add_argument("--tokens", type=int, default=24)
    args = parser.parse_args()
    is_right = True
    for folder in args.folders:
        for path in sorted((folder / "onnx").glob("*.onnx")):
            decoder = Decoder(path)
            print(f"{path}: checked, opened, {len(decoder.inputs)} inputs")
            if args.model:
                is_right &= check(folder, path, decoder, args)
    return 0 if is_right else 1


def check(folder: pathlib.Path, path: pathlib.Path, decoder: Decoder, args) -> bool:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(args.prompt).input_ids
    base = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32).eval()
    eos = base.generation_config.eos_token_id
    stops = {tokenizer.eos_token_id, *(eos if isinstance(eos, list) else [eos])} - {None}
    adapters = sorted((folder / "adapters").glob("*.safetensors"))
    adapted = PeftModel.from_pretrained(base, args.adapter).eval() if args.adapter else base
    if not any(name.endswith(".lora_A") for name in decoder.inputs):
        ours = decoder.greedy(ids, {}, stops, args.tokens)
        return compare(path, "merged" if args.adapter else "base", ours, reference(adapted, ids, stops, args.tokens), tokenizer)
    is_right = True
    for adapter in adapters:
        ours = decoder.greedy(ids, decoder.factors(load_file(adapter)), stops, args.tokens)
        is_right &= compare(path, adapter.stem, ours, reference(adapted, ids, stops, args.tokens), tokenizer)
    ours = decoder.greedy(ids, decoder.factors({}), stops, args.tokens)
    if args.adapter:
        with adapted.disable_adapter():
            theirs = reference(adapted, ids, stops, args.tokens)
    else:
        theirs = reference(base, ids, stops, args.tokens)
    return compare(path, "rank 0", ours, theirs, tokenizer) and is_right


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
