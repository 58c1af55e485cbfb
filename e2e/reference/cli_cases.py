"""Writes the end-to-end cases e2e/fixtures/parity/cli-{bos,plain}: a tiny model with a real tokenizer, pairs.jsonl,
and what PEFT and transformers make of the same training, evaluation, generation, logits and merge.

Run: python e2e/reference/cli_cases.py
"""

import json
import math
from dataclasses import dataclass

import torch
from peft import PeftModel
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

import tiny_tokenizers
from greedy import greedy
from lora_training import Row, batch_logits, collate, loss_sum, train, trainable
from parity import as_json, to_text
from tiny_models import NO_DROPOUT, PARITY, case_seed, save_adapter, save_model, save_tokenizer
from token_rule import encode_pair, encode_prompt

VOCAB = 400
TEMPLATE = "{context}\n"
PROMPTS = ["name: Blue Heron | food: French\n", "The river runs past", "東京 ½ 👩🏽‍💻\n", "SELECT name FROM", "a"]
NEW_TOKENS = 16


@dataclass
class CliCase:
    name: str
    config: object
    lora: dict
    tokenizer: Tokenizer
    specials: dict[str, str]


CASES = [
    CliCase(
        "cli-bos",
        LlamaConfig(
            hidden_size=36,
            num_hidden_layers=2,
            num_attention_heads=3,
            head_dim=14,
            num_key_value_heads=1,
            intermediate_size=47,
            vocab_size=VOCAB,
            max_position_embeddings=512,
            bos_token_id=0,
            eos_token_id=1,
            tie_word_embeddings=True,
        ),
        dict(target_modules=["q_proj", "v_proj"], r=4, lora_alpha=8),
        tiny_tokenizers.llama3(VOCAB),
        dict(bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>"),
    ),
    CliCase(
        "cli-plain",
        GPT2Config(
            n_embd=34, n_head=2, n_layer=2, n_positions=256, vocab_size=VOCAB, bos_token_id=0, eos_token_id=0, **NO_DROPOUT
        ),
        dict(target_modules=["c_attn"], r=4, lora_alpha=8, fan_in_fan_out=True),
        tiny_tokenizers.gpt2(VOCAB),
        dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>"),
    ),
]

NAMES = ["Blue Heron", "The Copper Kettle", "Café Élan", "Zum Fluß", "Mill & Bridge", "晴れ食堂"]
FOODS = ["French", "Italian", "soup", "bread"]


def pairs() -> list[dict[str, str]]:
    """24 rows, one with a long context (14), one with a long target (9), one with an empty context (17)."""
    rows = []
    for index in range(24):
        name, food, price = NAMES[index % 6], FOODS[index * 7 % 4], 3 + index * 5 % 17
        rows.append(
            {
                "context": f"name: {name} | food: {food} | price: {price}",
                "target": f"{name} serves {food} for {price} euros{'!' if index % 3 else '.'}",
            }
        )
    rows[5]["context"] = "  two spaces first, a tab\tand a line end\n"
    rows[7]["target"] = " starts with a space and ends with one "
    rows[9]["target"] = "It is late, and " * 6 + "we walk home."
    rows[11]["target"] = "👩🏽‍💻 ½ ok"
    rows[14]["context"] = "The river runs past the mill and the old stone bridge. " * 4 + rows[14]["context"]
    rows[17]["context"] = ""
    return rows


COMMON = {"betas": [0.9, 0.999], "eps": 1e-8, "steps": 10}
RUNS = {
    "default": {
        "arguments": "--template {context}\\n --no-shuffle --batch 4 --accumulate 1 --steps 10 --lr 1e-3",
        "maxLength": 512,
        "settings": {
            "optimizer": "adamw",
            "learningRate": 1e-3,
            "weightDecay": 0.0,
            "clip": 1.0,
            "schedule": "constant",
            "warmup": 0,
            "batch": 4,
            "accumulate": 1,
            **COMMON,
        },
    },
    "truncated": {
        "arguments": "--template {context}\\n --no-shuffle --batch 3 --accumulate 2 --steps 10 --lr 0.05 --max-length 56"
        " --optimizer sgd --momentum 0.9 --weight-decay 0.01 --schedule linear --warmup 2 --clip 0.5",
        "maxLength": 56,
        "settings": {
            "optimizer": "sgd",
            "learningRate": 0.05,
            "momentum": 0.9,
            "weightDecay": 0.01,
            "clip": 0.5,
            "schedule": "linear",
            "warmup": 2,
            "batch": 3,
            "accumulate": 2,
            **COMMON,
        },
    },
}


def encode_all(case: CliCase, data: list[dict], max_length: int) -> tuple[list[Row], list[int]]:
    """Rows that fit, and the line numbers (from 1) of those left out."""
    eos = case.tokenizer.token_to_id(case.specials["eos_token"])
    encoded = [
        encode_pair(case.tokenizer, TEMPLATE.replace("{context}", pair["context"]), pair["target"], eos, max_length)
        for pair in data
    ]
    return [row for row in encoded if row], [line for line, row in enumerate(encoded, 1) if row is None]


def teach(model, rows: list[Row]) -> None:
    """Trains all weights a little on the rows, so that accuracy is not nought and greedy text has clear leads."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for step in range(120):
        total, targets = loss_sum(model, [rows[(step * 6 + i) % len(rows)] for i in range(6)])
        (total / targets).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()


@torch.no_grad()
def evaluate(model, rows: list[Row]) -> dict:
    """Mean loss over all marked tokens of all rows, its exponential, and how many the argmax gets right."""
    total, targets, correct = 0.0, 0, 0
    for row in rows:
        loss, count = loss_sum(model, [row])
        labels = collate([row])[2][:, 1:]
        correct += int((batch_logits(model, [row])[:, :-1].argmax(-1) == labels).sum())
        total, targets = total + loss.item(), targets + count
    loss = total / targets
    accuracy = correct / targets
    return {"loss": loss, "perplexity": math.exp(loss), "tokenAccuracy": accuracy, "rows": len(rows), "tokens": targets}


def generate(model, case: CliCase) -> list[dict]:
    eos = case.tokenizer.token_to_id(case.specials["eos_token"])
    results = []
    for prompt in PROMPTS:
        prompt_ids = encode_prompt(case.tokenizer, prompt)
        ids, margin = greedy(model, prompt_ids, eos, NEW_TOKENS)
        text = case.tokenizer.decode(ids)
        results.append({"prompt": prompt, "promptIds": prompt_ids, "ids": ids, "text": text, "smallestMargin": margin})
    return results


def make(case: CliCase) -> None:
    folder, seed = PARITY / case.name, case_seed(case.name)
    base = save_model(case.config, folder / "model", seed)
    save_tokenizer(case.tokenizer, folder / "model", **case.specials)
    data = pairs()
    teach(base, [row for row in encode_all(case, data, 64)[0] if len(row.ids) < 64])
    base.save_pretrained(folder / "model")
    save_adapter(base, case.lora, folder / "adapter", f"rankwise-fixtures/{case.name}", seed)
    lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in data]
    (folder / "pairs.jsonl").write_text("".join(lines), encoding="utf-8")

    def load_base():
        return AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32).eval()

    def load():
        return PeftModel.from_pretrained(load_base(), folder / "adapter", is_trainable=True).eval()

    tensors: dict[str, torch.Tensor] = {}
    expected: dict = {"case": case.name, "template": TEMPLATE, "runs": {}}
    all_rows, _ = encode_all(case, data, RUNS["default"]["maxLength"])
    expected["evaluate"] = {"base": evaluate(load_base(), all_rows), "adapter": evaluate(load(), all_rows)}
    expected["generate"] = {
        "newTokens": NEW_TOKENS,
        "base": generate(load_base(), case),
        "adapter": generate(load(), case),
    }
    ids = all_rows[0].ids
    expected["logits"] = {"ids": ids}
    with torch.no_grad():
        tensors["logits/base"] = load_base()(torch.tensor([ids])).logits[0]
        tensors["logits/adapter"] = load()(torch.tensor([ids])).logits[0]
    untouched = load_base().state_dict()
    for name, weight in load().merge_and_unload().state_dict().items():
        if not torch.equal(weight, untouched[name]):
            tensors[f"merged/{name}"] = weight.detach()
    for run, plan in RUNS.items():
        rows, left_out = encode_all(case, data, plan["maxLength"])
        model = load()
        records = train(model, rows, plan["settings"])
        tensors |= {f"{run}/{name}": p.detach() for name, p in trainable(model).items()}
        expected["runs"][run] = {**plan, "leftOutLines": left_out, "rows": as_json(rows), "steps": records}
        expected["generate"][f"after-{run}"] = generate(model, case)
        losses, norms = [r["loss"] for r in records], [r["gradientNorm"] for r in records]
        print(f"{case.name} {run}: loss {losses[0]:.3f} → {losses[-1]:.3f}, norm {min(norms):.2f}..{max(norms):.2f},",
              f"longest row {max(len(row.ids) for row in rows)}, left out {left_out}")
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, folder / "expected.safetensors")
    (folder / "expected.json").write_text(to_text(expected), encoding="utf-8")
    margins = [r["smallestMargin"] for results in expected["generate"].values() if isinstance(results, list) for r in results]
    print(f"{case.name}: evaluate {expected['evaluate']}, smallest greedy margin {min(margins):.4f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for case in CASES:
        make(case)
