"""Writes e2e/fixtures/parity/<case>/expected.{json,safetensors}: logits, loss, adapter gradients and two
training runs of PyTorch, transformers and PEFT in float32, each with its distance from the same in float64.

Run after tiny_models.py:  python e2e/reference/parity.py [CASE…]
"""

import json
import random
import re
import statistics
import sys
import types

import torch
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from lora_training import Row, batch_logits, loss_sum, train, trainable
from tiny_models import CASES, PARITY, Case, case_seed

BATCH_LENGTHS = [9, 33, 2, 20, 14]
LONG_BATCH_LENGTHS = [9, 57, 2, 41]
TRAINING_LENGTHS = [12, 5, 21, 8, 3, 17, 26, 9, 14, 4, 19]
SCHEDULE = {"steps": 20, "batch": 3, "accumulate": 2, "schedule": "cosine", "warmup": 3}
# AdamW at clip 1.0 is clipped at every step; SGD's limit is set per case so that about half the steps are.
RUNS = {
    "adamw": {
        "optimizer": "adamw",
        "learningRate": 5e-3,
        "weightDecay": 0.01,
        "betas": [0.9, 0.98],
        "eps": 1e-6,
        "clip": 1.0,
        **SCHEDULE,
    },
    "sgd": {"optimizer": "sgd", "learningRate": 0.01, "momentum": 0.9, "weightDecay": 0.01, "clip": None, **SCHEDULE},
}


def random_row(rng: random.Random, length: int, vocab: int) -> Row:
    """Random ids; loss on one to three spans, never on the first token (nothing predicts it)."""
    mask = [0] * length
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(1, length)
        for position in range(start, min(length, start + rng.randint(1, 6))):
            mask[position] = 1
    return Row([rng.randrange(3, vocab) for _ in range(length)], mask)


def load(case: Case, dtype: torch.dtype):
    folder = PARITY / case.name
    attention = "eager" if dtype == torch.float32 else "sdpa"  # eager takes its softmax in float32 whatever the model
    base = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32, attn_implementation=attention)
    model = PeftModel.from_pretrained(base, folder / "adapter", is_trainable=True).to(dtype).eval()
    if dtype == torch.float64:
        for module in model.modules():
            widen(module)
    return model


def widen(module) -> None:
    """Replaces the places where transformers drops to float32 on purpose: RMSNorm and the rotary angles."""
    kind = type(module).__name__

    def norm(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))

    def rotary(self, x, position_ids):
        angles = position_ids[..., None].double() * self.inv_freq.double()
        angles = torch.cat((angles, angles), dim=-1)
        return angles.cos() * self.attention_scaling, angles.sin() * self.attention_scaling

    if kind.endswith("RMSNorm"):
        module.forward = types.MethodType(norm, module)
    elif kind.endswith("RotaryEmbedding"):
        module.forward = types.MethodType(rotary, module)


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    """max|a - b| / max|b|, the error that every test of ours uses."""
    return ((a.double() - b.double()).abs().max() / b.double().abs().max()).item()


def settings_by_run(case: Case, rows: list[Row]) -> dict[str, dict]:
    """RUNS with SGD's clip at the median gradient norm of an unclipped trial, to two digits."""
    trial = train(load(case, torch.float64), rows, RUNS["sgd"])
    median = statistics.median(record["gradientNorm"] for record in trial)
    return {**RUNS, "sgd": {**RUNS["sgd"], "clip": float(f"{median:.2g}")}}


def measure(case: Case, batch: list[Row], rows: list[Row], runs: dict[str, dict], dtype: torch.dtype):
    """All numbers of a case at one precision: tensors by name, the loss, records by run."""
    model = load(case, dtype)
    logits = batch_logits(model, batch).detach()
    tensors = {f"logits/{i}": logits[i, : len(row.ids)].clone() for i, row in enumerate(batch)}
    total, targets = loss_sum(model, batch)
    (total / targets).backward()
    for name, parameter in trainable(model).items():
        tensors[f"grad/{name}"] = parameter.grad.clone()
    records = {}
    for run, settings in runs.items():
        model = load(case, dtype)
        records[run] = train(model, rows, settings)
        for name, parameter in trainable(model).items():
            tensors[f"{run}/{name}"] = parameter.detach().clone()
    return tensors, (total / targets).item(), records


def as_json(rows: list[Row]) -> list[dict]:
    return [{"ids": row.ids, "lossMask": row.loss_mask} for row in rows]


def make(case: Case) -> None:
    rng = random.Random(case_seed(case.name))
    vocab = case.config.vocab_size
    lengths = LONG_BATCH_LENGTHS if case.long_rows else BATCH_LENGTHS
    batch = [random_row(rng, length, vocab) for length in lengths]
    rows = [random_row(rng, length + (20 if case.long_rows else 0), vocab) for length in TRAINING_LENGTHS]
    runs = settings_by_run(case, rows)
    tensors, loss, records = measure(case, batch, rows, runs, torch.float32)
    wide_tensors, wide_loss, wide_records = measure(case, batch, rows, runs, torch.float64)

    def worst(prefix: str) -> float:
        return max(relative(tensors[key], wide_tensors[key]) for key in tensors if key.startswith(prefix))

    def worst_loss(run: str) -> float:
        pairs = zip(records[run], wide_records[run], strict=True)
        return max(abs(a["loss"] - b["loss"]) / b["loss"] for a, b in pairs)

    expected = {
        "case": case.name,
        "modelType": case.config.model_type,
        "batch": {"rows": as_json(batch), "targetTokens": sum(sum(row.loss_mask) for row in batch)},
        "loss": loss,
        "training": {
            "rows": as_json(rows),
            "runs": {run: {"settings": runs[run], "steps": records[run]} for run in runs},
        },
        "float32AgainstFloat64": {
            "logits": worst("logits/"),
            "loss": abs(loss - wide_loss) / wide_loss,
            "gradients": worst("grad/"),
            **{run: {"loss": worst_loss(run), "adapter": worst(f"{run}/")} for run in RUNS},
        },
    }
    folder = PARITY / case.name
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "expected.safetensors")
    (folder / "expected.json").write_text(to_text(expected))
    clips = {run: runs[run]["clip"] for run in runs}
    report(case.name, tensors, loss, records, clips, expected["float32AgainstFloat64"])


def to_text(value: dict) -> str:
    """JSON with one line per row and per step, so that a changed number is a one-line diff."""
    text = json.dumps(value, indent=1)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda m: re.sub(r"\s+", " ", m.group()), text) + "\n"


def report(name, tensors, loss, records, clips, precision) -> None:
    spread = max(t.std(-1).mean().item() for k, t in tensors.items() if k.startswith("logits/"))
    smallest = min(t.abs().max().item() for k, t in tensors.items() if k.startswith("grad/"))
    largest = max(t.abs().max().item() for k, t in tensors.items() if k.startswith("grad/"))
    print(f"{name}: loss {loss:.3f}, logits std {spread:.2f}, grad max {smallest:.2g}..{largest:.2g}, f32-f64 {precision}")
    for run, steps in records.items():
        clipped = sum(step["gradientNorm"] > clips[run] for step in steps)
        norms = [step["gradientNorm"] for step in steps]
        losses = [step["loss"] for step in steps]
        print(f"  {run}: loss {losses[0]:.3f} → {losses[-1]:.3f}, norm {min(norms):.3f}..{max(norms):.3f}, {clipped} of {len(steps)} clipped")


if __name__ == "__main__":
    torch.set_num_threads(1)
    chosen = sys.argv[1:]
    for case in CASES:
        if not chosen or case.name in chosen:
            make(case)
