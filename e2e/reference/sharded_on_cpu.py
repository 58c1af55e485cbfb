"""Runs a script with accelerate taught to cut models over processes without GPUs (over gloo), which it refuses by itself.

Usage: accelerate launch --config_file configs/fsdp.yaml --num_processes 2 e2e/reference/sharded_on_cpu.py train.py [ARGUMENT…]
"""

import runpy
import sys
from pathlib import Path

import torch
from accelerate import state
from accelerate.utils import DistributedType


def prepare_backend(self, cpu: bool = False, sagemaker_dp: bool = False, backend: str | None = None):
    return "gloo", DistributedType.MULTI_GPU


def set_device(self) -> None:
    self.device = torch.device("cpu")


state.PartialState._prepare_backend = prepare_backend
state.PartialState.set_device = set_device
sys.argv = sys.argv[1:]
sys.path.insert(0, str(Path(sys.argv[0]).resolve().parent))
runpy.run_path(sys.argv[0], run_name="__main__")
