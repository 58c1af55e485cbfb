"""Greedy generation as transformers does it, with the smallest lead of the chosen token over the next best."""

import torch


@torch.no_grad()
def greedy(model, ids: list[int], eos: int, tokens: int) -> tuple[list[int], float]:
    """New token ids (the end token included where it comes) and the smallest logit margin on the way."""
    prompt = torch.tensor([ids])
    result = model.generate(
        input_ids=prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=False,
        max_new_tokens=tokens,
        eos_token_id=eos,
        pad_token_id=eos,
        return_dict_in_generate=True,
        output_logits=True,
    )
    tops = [step[0].topk(2).values for step in result.logits]
    margin = min((top[0] - top[1]).item() for top in tops)
    return result.sequences[0, len(ids) :].tolist(), margin
