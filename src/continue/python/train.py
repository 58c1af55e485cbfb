"""Goes on with a Rankwise run: `accelerate launch train.py`, on one machine or many. See README.md."""
# ruff: noqa: E402

from rankwise.packages import check_packages

check_packages()

import argparse
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch

from rankwise.adapter import attach
from rankwise.base import load_base, load_tokenizer
from rankwise.encode import Encoder
from rankwise.files import HERE, RunFiles, read_json
from rankwise.machines import Machines
from rankwise.order import DataOrder
from rankwise.rows import loss_and_hits, micro_batches, read_lines, slim, target_tokens
from rankwise.schedule import learning_rate_at, make_optimizer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="the base: a Hub id, a folder or GGUF file; default: as settings.json names it")
    parser.add_argument("--out", type=Path, default=HERE / "result", help="the PEFT folder to write")
    parser.add_argument("--micro-batch", type=int, help="rows that one process takes at once; changes memory, not the run")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], help="of the frozen weights and their products")
    parser.add_argument("--checkpointing", action="store_true", help="keep block inputs only, and compute each block again")
    parser.add_argument("--steps", type=int, help="train to this step instead of the settings' last one")
    return parser.parse_args()


class Run:
    def __init__(self, given: argparse.Namespace):
        self.settings = read_json(HERE / "settings.json")
        self.training = self.settings["training"]
        self.files = RunFiles(given.out)
        self.micro_batch = given.micro_batch or self.settings["compute"]["microBatch"]
        dtype = getattr(torch, given.dtype or self.settings["compute"]["dtype"])
        self.machines = Machines(self.micro_batch, self.training["clip"], dtype)
        self.device = self.machines.accelerator.device
        self.is_main = self.machines.accelerator.is_main_process
        if self.machines.is_deepspeed and self.settings["start"]["blocks"]:
            raise SystemExit("DeepSpeed cannot train GPT-2's q, k and v apart; launch with configs/fsdp.yaml")
        base = load_base(self.settings, given.model, dtype, given.checkpointing or self.training["checkpointing"])
        self.rows, self.validation = self.read_data(base, lambda: load_tokenizer(self.settings, given.model, dtype))
        self.order = DataOrder([len(row["ids"]) for row in self.rows], self.training)
        if given.steps:
            self.training["length"] = {"kind": "steps", "steps": given.steps}
        self.steps = self.order.steps(self.training["length"])
        self.check_order()
        self.files.agree()
        weights, moments = self.files.tensors()
        model = attach(base, HERE / "adapter", weights, self.settings["start"])
        model.train()
        optimizer = make_optimizer([p for p in model.parameters() if p.requires_grad], self.training)
        self.machines.prepare(model, optimizer)
        self.machines.resume(moments or {}, self.files.progress["step"])
        self.evaluations = self.files.progress.get("evaluations", [])
        self.is_asked_to_stop = self.is_stopping = False
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, self.stop)

    def stop(self, *_: object) -> None:
        self.is_asked_to_stop = True

    def read_data(self, base, tokenizer: Callable) -> tuple[list[dict], list[dict]]:
        paths = [HERE / "data" / name for name in ("train.jsonl", "validation.jsonl")]
        read = [read_lines(path) for path in paths if path.exists()]
        if not self.settings["data"]["isEncoded"]:
            stops = base.generation_config.eos_token_id
            longest = min(self.training["maxLength"], base.config.max_position_embeddings)
            encoder = Encoder(tokenizer(), longest, stops)
            read = [[slim(row) for example in examples for row in encoder.rows(example)] for examples in read]
        if not read[0]:
            raise SystemExit(f"data/train.jsonl: no row fits into {self.training['maxLength']} tokens")
        return read[0], read[1] if len(read) > 1 else []

    def check_order(self) -> None:
        expected = self.settings["start"]["nextRows"]
        found = self.order.rows_of_step(self.settings["start"]["step"] + 1)[: len(expected)]
        if found != expected:
            raise SystemExit(f"data/train.jsonl: step {self.settings['start']['step'] + 1} would see rows {found}, not {expected}")

    def train(self) -> None:
        step, elapsed = self.files.progress["step"], self.files.progress["elapsedMs"] / 1000
        if self.is_main:
            self.files.begin()
            print(f"Steps {step + 1} to {self.steps} on {self.machines.describe()}")
            if step >= self.steps:
                print("Nothing is left to do; --steps trains on to another step.")
        started = time.monotonic() - elapsed
        while step < self.steps and not self.is_stopping:
            metrics = self.step(step + 1)
            if metrics is None:
                self.tell(f"Step {step + 1}: the loss or its gradient is not finite.")
                if self.machines.is_deepspeed:  # it has taken the step: what is whole is the last checkpoint
                    return
                break
            step += 1
            metrics["elapsedMs"] = 1000 * (time.monotonic() - started)
            if self.is_main:
                self.files.add(metrics)
                print(f"step {step} of {self.steps}, loss {metrics['loss']:.4f}", flush=True)
            every = self.training["evaluateEvery"]
            if self.validation and (step == self.steps or (every and step % every == 0)):
                self.evaluate(step)
            if self.training["saveEvery"] and step % self.training["saveEvery"] == 0 and step < self.steps:
                self.save(step, 1000 * (time.monotonic() - started))
        self.save(step, 1000 * (time.monotonic() - started))
        self.tell(f"Adapter after step {step} in {self.files.out}")

    def step(self, step: int) -> dict | None:
        """One optimizer step; None where its loss or gradient is not finite."""
        machines = self.machines
        rows = [self.rows[row] for row in self.order.rows_of_step(step)]
        targets = target_tokens(rows)
        rate = learning_rate_at(self.training, step, self.steps)
        accelerator = self.machines.accelerator  # for dropout: each step and process draws its own, and the same again
        torch.manual_seed((self.training["seed"] * 1_000_003 + step) * accelerator.num_processes + accelerator.process_index)
        machines.set_rate(rate)
        mine = self.mine(rows)
        loss_sum = 0.0
        for index, batch in enumerate(mine):
            is_last = index + 1 == len(mine)
            with machines.waiting(is_last):
                loss, _ = loss_and_hits(machines.model, batch, self.device)
                machines.backward(loss / targets, is_last)
            loss_sum += loss.item()
        total, stops = machines.sums(loss_sum, self.is_asked_to_stop)
        self.is_stopping = stops > 0  # all processes stop after the same step
        norm = machines.update(self.settings["start"]["blocks"], math.isfinite(total))
        if norm is None or not math.isfinite(total):
            return None
        return {
            "step": step,
            "loss": total / targets,
            "learningRate": rate,
            "gradientNorm": norm,
            "tokens": sum(len(row["ids"]) for row in rows),
            "targetTokens": targets,
        }

    def mine(self, rows: list[dict]) -> list[list[dict]]:
        accelerator = self.machines.accelerator
        return micro_batches(rows, self.micro_batch, accelerator.process_index, accelerator.num_processes)

    @torch.no_grad()
    def evaluate(self, step: int) -> None:
        """Without dropout, on the held-out rows that the run evaluates."""
        model = self.machines.model
        model.eval()
        loss_sum, hit_sum = 0.0, 0
        for batch in self.mine(sorted(self.validation, key=lambda row: len(row["ids"]))):
            loss, hits = loss_and_hits(model, batch, self.device)
            loss_sum, hit_sum = loss_sum + loss.item(), hit_sum + hits.item()
        model.train()
        total, right = self.machines.sums(loss_sum, hit_sum)
        targets = target_tokens(self.validation)
        loss, accuracy = total / targets, right / targets
        found = {"step": step, "rows": len(self.validation), "loss": loss, "perplexity": math.exp(loss), "tokenAccuracy": accuracy}
        self.evaluations = [*(e for e in self.evaluations if e["step"] < step), found]
        self.tell(f"step {step}: held-out loss {loss:.4f}, token accuracy {100 * accuracy:.1f} %")

    def save(self, step: int, elapsed_ms: float) -> None:
        weights, moments = self.machines.state()
        progress = {"step": step, "steps": self.steps, "elapsedMs": elapsed_ms, "evaluations": self.evaluations}
        if self.is_main:
            self.files.save(weights, moments, progress, self.settings)
        self.machines.accelerator.wait_for_everyone()

    def tell(self, text: str) -> None:
        if self.is_main:
            print(text, flush=True)


if __name__ == "__main__":
    run = Run(arguments())
    run.train()
    run.machines.accelerator.end_training()
