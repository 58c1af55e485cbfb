"""What a run reads when it starts and writes as it goes: state, curve, result."""

import json
import shutil
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from safetensors.torch import load_file

from .adapter import WEIGHTS, save_weights

HERE = Path(__file__).resolve().parent.parent
MOMENTS, PROGRESS = "optimizer.safetensors", "progress.json"


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


class RunFiles:
    def __init__(self, out: Path):
        """out: the PEFT folder to write. A checkpoint of an earlier start, beside it, is where this one goes on."""
        self.out = out
        self.checkpoint = out.with_name(out.name + "-checkpoint")
        is_resumed = (self.checkpoint / PROGRESS).exists()
        self.curve = self.out / "metrics.jsonl" if is_resumed else HERE / "metrics.jsonl"
        state = self.checkpoint if is_resumed else HERE / "state"
        weights = self.checkpoint if is_resumed else HERE / "adapter"
        self.progress = read_json(state / PROGRESS)
        self.paths = (weights / WEIGHTS, state / MOMENTS)
        self.sent = None

    def agree(self) -> None:
        """Machines without a common disk have no checkpoint but on the first: it sends what it has to those behind."""
        if len(set(gather_object([self.progress["step"]]))) == 1:
            return
        sent = [(self.progress, *self.tensors()) if PartialState().is_main_process else None]
        broadcast_object_list(sent)
        self.progress, *self.sent = sent[0]

    def tensors(self) -> list[dict | None]:
        """The adapter, None before the first step of a new one, and its moments, None where they start anew."""
        return self.sent or [load_file(path) if path.exists() else None for path in self.paths]

    def begin(self) -> None:
        """The curve so far, up to the step that is done."""
        lines = self.curve.read_text(encoding="utf-8").splitlines() if self.curve.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= self.progress["step"]]
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "metrics.jsonl").write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def add(self, metrics: dict) -> None:
        with (self.out / "metrics.jsonl").open("a", encoding="utf-8") as curve:
            curve.write(json.dumps(metrics) + "\n")

    def save(self, weights: dict, moments: dict, progress: dict, settings: dict) -> None:
        """The PEFT folder, and a checkpoint that takes the last one's place when it is whole."""
        new = self.checkpoint.with_name(self.checkpoint.name + "-new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        save_weights(new / WEIGHTS, weights)
        shutil.copy(HERE / "adapter" / "adapter_config.json", new)
        if moments:
            save_weights(new / MOMENTS, moments)
        write_json(new / PROGRESS, progress)
        shutil.rmtree(self.checkpoint, ignore_errors=True)
        new.rename(self.checkpoint)
        shutil.copy(self.checkpoint / WEIGHTS, self.out)
        shutil.copy(HERE / "adapter" / "adapter_config.json", self.out)
        write_json(self.out / "rankwise.json", {**settings, "progress": progress})
        card = (HERE / "adapter" / "README.md").read_text(encoding="utf-8").rstrip()
        note = f"Went on with PyTorch, transformers and PEFT to step {progress['step']} of {progress['steps']}."
        (self.out / "README.md").write_text(f"{card}\n\n{note}\n", encoding="utf-8")
