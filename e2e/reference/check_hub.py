"""What huggingface_hub and PEFT make of the local Hub and of what we pushed to it.

    python check_hub.py ENDPOINT PUSHED MODEL ADAPTER

PUSHED: the folder that our command line pushed as ada/pushed. MODEL, ADAPTER: the folders of someone/tiny and ada/lora.
Reads every file back byte for byte, uploads a folder (whole, in parts, unchanged) as ada/theirs, and loads ada/lora with
PEFT by its id. Prints one line a check; a failed one raises. Nothing outside ENDPOINT is asked.
"""
import os
import sys
import tempfile
from pathlib import Path

endpoint, pushed, model, adapter = sys.argv[1:]
os.environ.update(
    HF_ENDPOINT=endpoint,
    HF_HOME=tempfile.mkdtemp(),
    HF_TOKEN="hf_write",
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
)

import torch  # noqa: E402
from huggingface_hub import HfApi, hf_hub_download  # noqa: E402
from peft import PeftModel  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402


def read(repo: str, name: str) -> bytes:
    return Path(hf_hub_download(repo, name)).read_bytes()


files = [path for path in Path(pushed).rglob("*") if path.is_file()]
for path in files:
    name = path.relative_to(pushed).as_posix()
    assert read("ada/pushed", name) == path.read_bytes(), name
print(f"ours, read back: {len(files)} files, the same bytes")

theirs = Path(tempfile.mkdtemp())
(theirs / "onnx").mkdir()
contents = {
    "onnx/model.onnx": os.urandom(3_300_000),
    "model.safetensors": os.urandom(500),
    "README.md": b"---\nlibrary_name: peft\n---\n# Theirs\n",
}
for name, content in contents.items():
    (theirs / name).write_bytes(content)
api = HfApi()
api.create_repo("ada/theirs", private=True, exist_ok=True)
api.upload_folder(folder_path=theirs, repo_id="ada/theirs", commit_message="theirs")
api.upload_folder(folder_path=theirs, repo_id="ada/theirs", commit_message="again")
for name, content in contents.items():
    assert read("ada/theirs", name) == content, name
assert api.model_info("ada/theirs").private
print(f"theirs, uploaded and read back: {len(contents)} files, the same bytes")

ids = torch.tensor([[1, 2, 3]])


def logits(base: str, lora: str) -> torch.Tensor:
    with torch.no_grad():
        return PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), lora).eval()(ids).logits


assert torch.equal(logits("someone/tiny", "ada/lora"), logits(model, adapter))
print("PEFT by id: the logits of the folders")
