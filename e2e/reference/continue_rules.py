"""Writes e2e/fixtures/continue/rules.json: what the exported train.py (src/continue/python) does by Rankwise's rules.

Order of rows, number of steps, learning rates, starting adapters, rounded weights, tokens. The test beside the room holds
the engine's own to it, and refuses a fixture made by other Python than the room's.

Run: python e2e/reference/continue_rules.py
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "e2e" / "fixtures"
PYTHON = ROOT / "src" / "continue" / "python"
sys.path.insert(0, str(PYTHON))

from rankwise.adapter import initial  # noqa: E402
from rankwise.encode import Encoder  # noqa: E402
from rankwise.order import DataOrder  # noqa: E402
from rankwise.rounding import rounded  # noqa: E402
from rankwise.schedule import learning_rate_at  # noqa: E402

TEXTS = ["name : Alimentum | area : city centre", "", "Zażółć gęślą jaźń 🙂 — 12½", "a\n\n  b\tc", "x " * 90]


def sources() -> dict[str, str]:
    files = sorted(path for path in (PYTHON / "rankwise").glob("*.py"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def orders() -> list[dict]:
    cases = []
    for count, batch, accumulate, seed, shuffle in [
        (7, 2, 1, 42, True), (100, 3, 4, 7, True), (5, 4, 2, 0xFFFFFFFF, True), (9, 2, 3, 1, False), (1, 1, 1, 0, True)
    ]:  # fmt: skip
        lengths = [2 + (13 * row) % 17 for row in range(count)]
        training = {"batchSize": batch, "accumulate": accumulate, "seed": seed, "shuffle": shuffle}
        order = DataOrder(lengths, training)
        steps = [1, 2, 3, 10, 1000]
        epochs = {str(n): order.steps({"kind": "epochs", "epochs": n}) for n in (0.5, 1, 2.7)}
        rows = [order.rows_of_step(step) for step in steps]
        cases.append({"lengths": lengths, "training": training, "steps": steps, "rows": rows, "epochs": epochs})
    return cases


def rates() -> list[dict]:
    cases = []
    for schedule in ("constant", "linear", "cosine"):
        for warmup in (0, 3):
            training = {"learningRate": 3e-4, "schedule": schedule, "warmupSteps": warmup}
            cases.append({"training": training, "steps": 12, "rates": [learning_rate_at(training, s, 12) for s in range(1, 13)]})
    return cases


def starts() -> list[dict]:
    cases = [("model.layers.11.self_attn.v_proj", "self_attn.v_proj", [2], 3, 10), ("transformer.h.1.attn.c_attn", "attn.c_attn", [0, 2], 8, 7)]
    made = []
    for path, module, targets, rank, width in cases:
        start = {"seed": 42, "targets": {module: targets}}
        a = initial(f"base_model.model.{path}.lora_A.weight", torch.Size([rank, width]), start)
        made.append({"path": path, "targets": targets, "rank": rank, "width": width, "seed": 42, "a": a.flatten().tolist()})
    return made


def roundings() -> dict[str, str]:
    values = torch.from_numpy(np.fromfile(FIXTURES / "quantize" / "values.bin", np.float32).reshape(128, 64))
    return {kind: hashlib.sha256(rounded(values, kind).numpy().tobytes()).hexdigest() for kind in ("f16", "bf16", "q8", "q4", "nf4")}


def encoded() -> list[dict]:
    cases = []
    for family in json.loads((FIXTURES / "chat" / "rendered.json").read_text())["families"]:
        if family["name"] in ("llama3.2", "features"):  # they write the day
            continue
        file = FIXTURES / "tokenizers" / family["tokenizer"] / "tokenizer.json"
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(file), chat_template=family["template"], **family["tokens"])
        examples = [{"prompt": p, "target": t} for p in TEXTS for t in ("yes", TEXTS[2])]
        examples += [{"text": text} for text in TEXTS if text]
        examples += [{"messages": case["messages"]} for case in family["cases"]]
        for most in (24, 512):
            encoder = Encoder(tokenizer, most, None)
            rows = [[{"ids": row["ids"], "targets": row["targets"]} for row in encoder.rows({"line": 1, **e})] for e in examples]
            cases.append({"family": family["name"], "maxLength": most, "examples": examples, "rows": rows})
    return cases


if __name__ == "__main__":
    out = FIXTURES / "continue"
    out.mkdir(exist_ok=True)
    made = {"sources": sources(), "orders": orders(), "rates": rates(), "starts": starts(), "roundings": roundings(), "encoded": encoded()}
    (out / "rules.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
    print({key: len(value) for key, value in made.items()}, (out / "rules.json").stat().st_size)
