"""The frozen base model and its tokenizer: by Hub id, from a folder, or from GGUF files."""

from importlib.util import find_spec
from pathlib import Path

import torch
import transformers
from accelerate import PartialState
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from .rounding import round_weights
from .widened import widened

HERE = Path(__file__).resolve().parent.parent


def source_of(settings: dict, given: str | None, dtype: torch.dtype) -> dict:
    """What from_pretrained takes: where the base is. `given`: --model. Exits with what to do where it is not known."""
    base = settings["base"]
    if given is None and base["kind"] == "files":
        what = "GGUF file" if "gguf" in base else "folder"
        raise SystemExit(f"--model is missing: this run's base, {base['id']}, came from files; give its {what}")
    where = given or (str(HERE / base["id"]) if base["kind"] == "folder" else base["id"])
    if where.lower().endswith(".gguf"):
        if find_spec("gguf") is None:
            raise SystemExit(f"{where}: reading a GGUF file needs one more package: pip install gguf")
        if "gguf" not in base:
            raise SystemExit(f"{where}: this run's base, {base['id']}, was no GGUF file; give its folder or Hub id")
        out = HERE / f"base-widened-{str(dtype).removeprefix('torch.')}"
        with PartialState().local_main_process_first():
            folder = widened(Path(where), base["gguf"], HERE / "base", out, dtype)
        return {"pretrained_model_name_or_path": str(folder)}
    revision = {} if given or not base["revision"] else {"revision": base["revision"]}
    return {"pretrained_model_name_or_path": where, **revision}


def load_base(settings: dict, given: str | None, dtype: torch.dtype, checkpointing: bool):
    """The base without dropout of its own, its weights as the run kept them."""
    source = source_of(settings, given, dtype)
    config = AutoConfig.from_pretrained(**source)
    for name, value in vars(config).items():
        if name.endswith(("dropout", "pdrop")) and isinstance(value, float):
            setattr(config, name, 0.0)
    config.use_cache = False
    say_rotary_as_before(config)
    model = AutoModelForCausalLM.from_pretrained(**source, config=config, dtype=dtype)
    round_weights(model, settings["base"]["rounding"])
    if checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return model


def say_rotary_as_before(config) -> None:
    """transformers 4 passes over `rope_parameters`, in which transformers 5 writes what were two settings."""
    rotary = getattr(config, "rope_parameters", None)
    if not rotary or int(transformers.__version__.split(".")[0]) >= 5:
        return
    config.rope_theta = rotary.get("rope_theta", config.rope_theta)
    if rotary.get("rope_type", "default") != "default":
        config.rope_scaling = {name: value for name, value in rotary.items() if name != "rope_theta"}


def load_tokenizer(settings: dict, given: str | None, dtype: torch.dtype):
    """As tokenizer.json says: a family's own class would put its usual normalizer in the place of this model's."""
    source = source_of(settings, given, dtype)
    try:
        return PreTrainedTokenizerFast.from_pretrained(**source)
    except (OSError, ValueError):  # there is no such file
        return AutoTokenizer.from_pretrained(**source)
