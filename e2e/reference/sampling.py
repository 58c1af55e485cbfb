"""What transformers' logits processors leave of a row of logits, for src/model/sampling.test.ts.

    python e2e/reference/sampling.py    # e2e/fixtures/sampling/processors.json

Each case: logits (f32), the tokens so far, the settings as generate() takes them, and after each processor, in generate()'s
order (repetition penalty, temperature, top-k, top-p), the tokens that are left and their probabilities (float64 softmax).
Scores of equal tokens at the cut of top-k and logits of both signs are among them.
"""

import json
import pathlib

import torch
from transformers import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

OUT = pathlib.Path(__file__).parents[1] / "fixtures" / "sampling" / "processors.json"

SETTINGS = [
    {"temperature": 1.0},
    {"temperature": 0.7},
    {"temperature": 1.0, "top_k": 5},
    {"temperature": 1.3, "top_p": 0.9},
    {"temperature": 0.8, "top_k": 12, "top_p": 0.6},
    {"temperature": 1.0, "top_p": 0.01},
    {"temperature": 1.0, "top_k": 1},
    {"temperature": 0.9, "repetition_penalty": 1.5},
    {"temperature": 0.6, "repetition_penalty": 0.8, "top_k": 20, "top_p": 0.95},
]


def main():
    generator = torch.Generator().manual_seed(20)
    cases = []
    for index, settings in enumerate(SETTINGS):
        size = 40 + index
        logits = torch.randn(size, generator=generator) * 2
        logits[7] = logits[3]  # equal scores
        top = logits.topk(5).indices
        logits[top[4]] = logits[top[3]]
        before = torch.randint(0, size, (9,), generator=generator)
        before[1] = before[0]  # a token twice is punished once
        processors = []
        if "repetition_penalty" in settings:
            processors.append(RepetitionPenaltyLogitsProcessor(settings["repetition_penalty"]))
        processors.append(TemperatureLogitsWarper(settings["temperature"]))
        if "top_k" in settings:
            processors.append(TopKLogitsWarper(settings["top_k"]))
        if "top_p" in settings:
            processors.append(TopPLogitsWarper(settings["top_p"]))
        scores = logits[None]
        for processor in processors:
            scores = processor(before[None], scores)
        left = torch.isfinite(scores[0]).nonzero()[:, 0]
        cases.append(
            {
                "settings": settings,
                "logits": logits.tolist(),
                "before": before.tolist(),
                "left": left.tolist(),
                "probabilities": scores[0].double().softmax(0)[left].tolist(),
            }
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
