"""Rows of tokens, dealt to processes and micro-batches, and their loss.

A row is {"ids": [...], "targets": [[from, to], ...]}: the tokens at from … to-1 carry loss.
"""

import json
from array import array
from pathlib import Path

import torch
import torch.nn.functional as F

IGNORED = -100


def read_lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        return [slim(json.loads(line)) for line in lines]


def slim(row: dict) -> dict:
    """Of a row of tokens what training needs, four bytes a token: every process holds them all."""
    return {"ids": array("i", row["ids"]), "targets": row["targets"]} if "ids" in row else row


def target_tokens(rows: list[dict]) -> int:
    return sum(end - start for row in rows for start, end in row["targets"])


def micro_batches(rows: list[dict], size: int, process: int, processes: int) -> list[list[dict]]:
    """This process's share of a step's rows, in as many micro-batches as every other process has.

    Where there are fewer rows than places, a micro-batch may be empty.
    """
    mine = rows[process::processes]
    count = -(-(-(-len(rows) // processes)) // size)
    return [mine[i * size : (i + 1) * size] for i in range(count)]


def collate(rows: list[dict], device: torch.device) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Right padding with token 0: ids, attention mask and labels, each [rows, longest]. labels[t] is token t + 1."""
    rows = rows or [{"ids": [0, 0], "targets": []}]  # every process must take part in every forward
    longest = max(len(row["ids"]) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    attention = torch.zeros_like(ids)
    labels = torch.full_like(ids, IGNORED)
    for index, row in enumerate(rows):
        length = len(row["ids"])
        ids[index, :length] = torch.tensor(row["ids"])
        attention[index, :length] = 1
        for start, end in row["targets"]:
            labels[index, start - 1 : end - 1] = ids[index, start:end]
    return ids.to(device), attention.to(device), labels.to(device)


def loss_and_hits(model, rows: list[dict], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum over target tokens of -log p(token | tokens before it), and how many of them are the likeliest token.

    The head sees only the places before a target.
    """
    ids, attention, labels = collate(rows, device)
    places = (labels != IGNORED).any(0).nonzero().flatten()
    if len(places) == 0:
        places = torch.zeros(1, dtype=torch.long, device=device)
    output = model(input_ids=ids, attention_mask=attention, use_cache=False, logits_to_keep=places)
    logits, wanted = output.logits.float().flatten(0, 1), labels[:, places].flatten()
    loss = F.cross_entropy(logits, wanted, ignore_index=IGNORED, reduction="sum")
    return loss, (logits.detach().argmax(-1) == wanted).sum()
