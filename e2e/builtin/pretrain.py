"""Pretrains the built-in base model from scratch and writes it as a transformers folder.

    python e2e/builtin/pretrain.py --out public/builtin/model --seed 1

Muon moves the matrices and AdamW the rest; the second half of the run decays the learning rate to zero. Where the CPU
has bf16 matrix units (AMX), --bf16 more than doubles the speed.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional as F

import llama
import tokenizer as tokenizing
from corpus import documents

ROWS, LENGTH = 32, 128
CONTEXT_WEIGHT = 0.2
LEARNING_RATE, WARMUP_STEPS = 8e-3, 50


def packed_batches(tokenizer: Tokenizer, row_count: int, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """Input ids, the ids that follow them, positions, document numbers, and the weights of the ids that follow, each
    [row_count, LENGTH]. Whole documents fill the rows; each is shorter than a row."""
    bos, eos = tokenizer.token_to_id(tokenizing.BOS), tokenizer.token_to_id(tokenizing.EOS)
    source, waiting = documents(seed), []

    def refill() -> None:
        texts = [next(source) for _ in range(1024)]
        contexts = tokenizer.encode_batch([c for c, _ in texts], add_special_tokens=False)
        outputs = tokenizer.encode_batch([o for _, o in texts], add_special_tokens=False)
        for c, o in zip(contexts, outputs):
            waiting.append(([bos, *c.ids, *o.ids, eos], len(c.ids)))

    while True:
        ids = torch.full((row_count, LENGTH), eos)
        following = torch.full((row_count, LENGTH), eos)
        positions = torch.zeros((row_count, LENGTH), dtype=torch.long)
        numbers = torch.full((row_count, LENGTH), -1)
        weights = torch.zeros((row_count, LENGTH))
        for row in range(row_count):
            start = number = 0
            while LENGTH - start > 12:
                if len(waiting) < 256:
                    refill()
                fitting = next((i for i in range(64) if len(waiting[i][0]) - 1 <= LENGTH - start), None)
                if fitting is None:
                    break
                tokens, context_length = waiting.pop(fitting)
                n = len(tokens) - 1
                ids[row, start:start + n] = torch.tensor(tokens[:-1])
                following[row, start:start + n] = torch.tensor(tokens[1:])
                positions[row, start:start + n] = torch.arange(n)
                numbers[row, start:start + n] = number
                weights[row, start:start + n] = 1.0
                weights[row, start:start + context_length] = CONTEXT_WEIGHT
                start, number = start + n, number + 1
        yield ids, following, positions, numbers, weights


def attention_mask(numbers: Tensor) -> Tensor:
    """[B, 1, T, T]: a token sees itself and the earlier tokens of its own document."""
    same = numbers[:, None, :, None] == numbers[:, None, None, :]
    causal = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    return torch.zeros(same.shape).masked_fill(~(same & causal), -1e9)


class Muon:
    """Momentum whose update is orthogonalised by five Newton-Schulz steps (Jordan et al., 2024), matrices of one shape
    together, scaled to the size of an AdamW update."""

    def __init__(self, parameters: list[Tensor], momentum: float = 0.95) -> None:
        self.momentum, shapes = momentum, {}
        for p in parameters:
            shapes.setdefault(p.shape, []).append(p)
        self.groups = [(group, torch.zeros(len(group), *shape)) for shape, group in shapes.items()]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        for group, velocity in self.groups:
            gradient = torch.stack([p.grad for p in group])
            velocity.lerp_(gradient, 1 - self.momentum)
            x = gradient.lerp(velocity, self.momentum).bfloat16()
            tall = x.shape[1] > x.shape[2]
            x = x.mT if tall else x
            x = x / (x.float().flatten(1).norm(dim=1)[:, None, None] + 1e-7).bfloat16()
            for _ in range(5):
                square = x @ x.mT
                x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
            update = (x.mT if tall else x).float() * 0.2 * max(group[0].shape) ** 0.5
            for p, u in zip(group, update):
                p.mul_(1 - learning_rate * 0.02).sub_(u, alpha=learning_rate)
                p.grad = None


def average_gradients(parameters: list[Tensor]) -> None:
    flat = torch.cat([p.grad.flatten() for p in parameters])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for p, part in zip(parameters, flat.split([p.numel() for p in parameters])):
        p.grad.copy_(part.view_as(p))


def work(worker: int, args: argparse.Namespace) -> None:
    """One of --workers processes, each on its own thread and its own share of every batch: on a busy machine they wait
    for each other once a step, where threads would wait at every operation."""
    os.environ |= {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(args.port)}
    distributed.init_process_group('gloo', rank=worker, world_size=args.workers)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    tokenizer = Tokenizer.from_file(str(args.out / 'tokenizer.json'))
    bos, eos = tokenizer.token_to_id(tokenizing.BOS), tokenizer.token_to_id(tokenizing.EOS)

    model = llama.Llama(tokenizer.get_vocab_size())
    parameters = list(model.parameters())
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and 'embed' not in name]
    others = [p for name, p in model.named_parameters() if p.ndim == 1 or 'embed' in name]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0)
    if worker == 0:
        print(f'{sum(p.numel() for p in parameters):,} parameters, vocabulary {tokenizer.get_vocab_size()}', flush=True)

    def loss_of(ids: Tensor, following: Tensor, positions: Tensor, mask: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        with torch.autocast('cpu', torch.bfloat16, enabled=args.bf16):
            logits = model(ids, positions, mask)
        losses = F.cross_entropy(logits.flatten(0, 1).float(), following.flatten(), reduction='none')
        w = weights.flatten()
        output = (w == 1.0).float()
        return (losses * w).sum() / w.sum(), (losses * output).sum() / output.sum()

    compiled = torch.compile(loss_of)
    started, seen, step, next_save, shown = time.time(), 0, 0, args.save_every, 0.0
    batches = packed_batches(tokenizer, ROWS // args.workers, args.seed + 1000 * (worker + 1))
    for ids, following, positions, numbers, weights in batches:
        done = seen / args.tokens
        if done >= 1:
            break
        factor = min(1.0, (step + 1) / WARMUP_STEPS, 2 * (1 - done))
        loss, output_loss = compiled(ids, following, positions, attention_mask(numbers), weights)
        loss.backward()
        average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        for group in adam.param_groups:
            group['lr'] = LEARNING_RATE * factor
        adam.step()
        adam.zero_grad(set_to_none=True)
        muon.step(LEARNING_RATE * factor)
        count = (numbers >= 0).sum()
        distributed.all_reduce(count)
        seen += int(count)
        step += 1
        shown = output_loss.item() if step == 1 else 0.95 * shown + 0.05 * output_loss.item()
        if worker > 0:
            continue
        if step % 50 == 0:
            rate = seen / (time.time() - started)
            print(f'step {step}  {seen / 1e6:.2f} M tokens  output loss {shown:.3f}  {rate:,.0f} tokens/s', flush=True)
        if seen >= next_save:
            folder = args.out.with_name(f'{args.out.name}-checkpoints') / f'{next_save / 1e6:.0f}M'
            folder.mkdir(parents=True, exist_ok=True)
            tokenizing.save(tokenizer, folder)
            llama.save(model, folder, bos, eos)
            next_save += args.save_every
    if worker == 0:
        llama.save(model, args.out, bos, eos)
        print(f'{seen:,} tokens in {time.time() - started:.0f} s; last output loss {shown:.3f}')
    distributed.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--tokens', type=float, default=3e6, help='tokens to train on')
    parser.add_argument('--workers', type=int, default=2, help='processes of one thread each')
    parser.add_argument('--port', type=int, default=29511, help='where the workers meet')
    parser.add_argument('--bf16', action='store_true')
    parser.add_argument('--save-every', type=float, default=1e9, help='tokens between checkpoints in OUT-checkpoints')
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizing.save(tokenizing.train(args.seed), args.out)
    multiprocessing.spawn(work, (args,), nprocs=args.workers)


if __name__ == '__main__':
    main()
