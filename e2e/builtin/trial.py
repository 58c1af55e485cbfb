"""Fine-tunes the built-in model with PEFT and counts the right answers on the held-out rows.

    python e2e/builtin/trial.py --task sql --rank 1 8 --seed 1 2 3

Prints one JSON line for each measurement. SQL is right when it gives the same rows as the target on the row's table;
the other tasks are right when the text is the target to the letter. The interval is Wilson's at 95 %.
"""

import argparse
import json
import math
import sqlite3
import time
from pathlib import Path
from random import Random

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parents[2] / 'public' / 'builtin'


def load_rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def tokenize(tokenizer, row: dict) -> tuple[list[int], list[int]]:
    """Prompt ids with the leading special token; target ids without, and the end token."""
    prompt = tokenizer.encode(row['context'] + '\n')
    return prompt, tokenizer.encode(row['target'], add_special_tokens=False) + [tokenizer.eos_token_id]


@torch.no_grad()
def answer(model, tokenizer, rows: list[dict]) -> list[str]:
    """Greedy answers, in the order of the rows."""
    answers = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]['context']))
    for start in range(0, len(rows), 100):
        part = order[start:start + 100]
        prompts = [tokenizer.encode(rows[i]['context'] + '\n') for i in part]
        width = max(map(len, prompts))
        ids = torch.tensor([[tokenizer.eos_token_id] * (width - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=48, do_sample=False)
        for i, tokens in zip(part, out[:, width:]):
            answers[i] = tokenizer.decode(tokens, skip_special_tokens=True)
    return [answers[i] for i in range(len(rows))]


def run_query(table: dict, sql: str) -> list | None:
    connection = sqlite3.connect(':memory:')
    connection.execute(f'CREATE TABLE t ({", ".join(table["columns"])})')
    connection.executemany(f'INSERT INTO t VALUES ({", ".join("?" * len(table["columns"]))})', table['rows'])
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return None


def is_right(row: dict, text: str) -> bool:
    if 'table' not in row:
        return text == row['target']
    result = run_query(row['table'], text)
    return result is not None and result == run_query(row['table'], row['target'])


def wilson(right: int, n: int) -> tuple[float, float]:
    z, p = 1.96, right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return tuple(round(100 * x / (1 + z * z / n), 1) for x in (middle - spread, middle + spread))


def measure(model, tokenizer, held_out: list[dict], show: int, **labels) -> None:
    model.eval()
    answers = answer(model, tokenizer, held_out)
    verdicts = [is_right(row, text) for row, text in zip(held_out, answers)]
    result = {'right': round(100 * sum(verdicts) / len(verdicts), 1), 'interval': wilson(sum(verdicts), len(verdicts))}
    wrong = [(row['context'], row['target'], text) for row, text, good in zip(held_out, answers, verdicts) if not good]
    print(json.dumps(labels | result | {'rows': len(held_out), 'wrong': wrong[:show]}), flush=True)


def train(args, task: str, rank: int, learning_rate: float, seed: int) -> None:
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    rows = [tokenize(tokenizer, row) for row in load_rows(args.data / f'{task}.jsonl')]
    held_out = load_rows(args.data / f'{task}.heldout.jsonl')[:args.held_out]
    torch.manual_seed(seed)
    alpha = args.alpha or 2 * rank
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=['q_proj', 'k_proj', 'v_proj', 'o_proj']))
    optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), weight_decay=0.0)
    order, seen, step, losses = [], 0, 0, []
    rng, marks, total, started = Random(seed), sorted(args.tokens), max(args.tokens), time.time()
    while marks:
        if len(order) < args.batch:
            order += rng.sample(range(len(rows)), len(rows))
        batch = [rows[order.pop(0)] for _ in range(args.batch)]
        width = max(len(p) + len(t) for p, t in batch)
        ids = torch.tensor([p + t + [tokenizer.eos_token_id] * (width - len(p) - len(t)) for p, t in batch])
        labels = torch.tensor([[-100] * len(p) + t + [-100] * (width - len(p) - len(t)) for p, t in batch])
        mask = torch.tensor([[1] * (len(p) + len(t)) + [0] * (width - len(p) - len(t)) for p, t in batch])
        decay = 1 - seen / total if args.schedule == 'linear' else 1.0
        for group in optimizer.param_groups:
            group['lr'] = learning_rate * min(1.0, step / args.warmup) * decay
        model.train()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_((p for p in model.parameters() if p.requires_grad), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seen += int(mask.sum())
        step += 1
        losses.append(loss.item())
        if seen >= marks[0]:
            measure(model, tokenizer, held_out, args.show, task=task, rank=rank, alpha=alpha, lr=learning_rate,
                    schedule=args.schedule, batch=args.batch, seed=seed, tokens=marks.pop(0), step=step,
                    loss=round(sum(losses[-10:]) / 10, 4), seconds=round(time.time() - started))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, default=ROOT / 'model')
    parser.add_argument('--data', type=Path, default=ROOT / 'data')
    parser.add_argument('--task', nargs='+', default=['sql', 'restaurant', 'dialogue'])
    parser.add_argument('--rank', nargs='+', type=int, default=[1, 8], help='0: the base alone')
    parser.add_argument('--alpha', type=float, help='default: twice the rank')
    parser.add_argument('--lr', nargs='+', type=float, default=[3e-3])
    parser.add_argument('--schedule', choices=['constant', 'linear'], default='constant')
    parser.add_argument('--warmup', type=int, default=10)
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--tokens', nargs='+', type=int, default=[40_000, 80_000])
    parser.add_argument('--seed', nargs='+', type=int, default=[1])
    parser.add_argument('--held-out', type=int, default=600)
    parser.add_argument('--show', type=int, default=0, help='wrong answers to print')
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for task in args.task:
        for rank in args.rank:
            if rank == 0:
                tokenizer = AutoTokenizer.from_pretrained(args.model)
                model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
                held_out = load_rows(args.data / f'{task}.heldout.jsonl')[:args.held_out]
                measure(model, tokenizer, held_out, args.show, task=task, rank=0)
                continue
            for learning_rate in args.lr:
                for seed in args.seed:
                    train(args, task, rank, learning_rate, seed)


if __name__ == '__main__':
    main()
