"""A Llama of a few million parameters in plain PyTorch, and its transformers folder. Written out so that it compiles to
fast CPU code; the parameters carry the names that transformers uses."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN, LAYERS, HEADS, KEY_VALUE_HEADS, MLP = 192, 6, 6, 2, 512
HEAD_DIM = HIDDEN // HEADS
EPS, THETA, MAX_POSITIONS = 1e-5, 10_000.0, 512


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x: [B, heads, T, HEAD_DIM]; cos, sin: [B, 1, T, HEAD_DIM]."""
    half = HEAD_DIM // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class RMSNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPS))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(HIDDEN, HEADS * HEAD_DIM, bias=False)
        self.k_proj = nn.Linear(HIDDEN, KEY_VALUE_HEADS * HEAD_DIM, bias=False)
        self.v_proj = nn.Linear(HIDDEN, KEY_VALUE_HEADS * HEAD_DIM, bias=False)
        self.o_proj = nn.Linear(HEADS * HEAD_DIM, HIDDEN, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = x.shape
        split = lambda y, heads: y.view(rows, length, heads, HEAD_DIM).transpose(1, 2)
        q = rotate(split(self.q_proj(x), HEADS), cos, sin)
        k = rotate(split(self.k_proj(x), KEY_VALUE_HEADS), cos, sin).repeat_interleave(HEADS // KEY_VALUE_HEADS, 1)
        v = split(self.v_proj(x), KEY_VALUE_HEADS).repeat_interleave(HEADS // KEY_VALUE_HEADS, 1)
        scores = q @ k.transpose(-1, -2) * HEAD_DIM**-0.5 + mask
        y = scores.softmax(-1).to(v.dtype) @ v
        return self.o_proj(y.transpose(1, 2).reshape(rows, length, HIDDEN))


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.up_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.down_proj = nn.Linear(MLP, HIDDEN, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.input_layernorm, self.self_attn = RMSNorm(), Attention()
        self.post_attention_layernorm, self.mlp = RMSNorm(), Mlp()

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, HIDDEN)
        self.layers = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = RMSNorm()
        for name, p in self.named_parameters():
            if p.ndim == 2:
                scale = (2 * LAYERS) ** -0.5 if 'o_proj' in name or 'down_proj' in name else 1.0
                nn.init.normal_(p, std=0.02 * scale)
        angles = torch.arange(MAX_POSITIONS)[:, None] * THETA ** (-torch.arange(0, HEAD_DIM, 2) / HEAD_DIM)
        self.register_buffer('angles', torch.cat((angles, angles), -1), persistent=False)

    def forward(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """ids, positions: [B, T]; mask: [B, 1, T, T], 0 or very negative. Returns logits [B, T, vocabulary]."""
        angles = self.angles[positions][:, None]
        cos, sin = angles.cos(), angles.sin()
        x = self.embed_tokens(ids)
        for block in self.layers:
            x = block(x, cos, sin, mask)
        return F.linear(self.norm(x), self.embed_tokens.weight)


def save(model: Llama, folder: Path, bos: int, eos: int) -> None:
    """Writes config.json, generation_config.json and model.safetensors (f16, tied head)."""
    tensors = {f'model.{name}': p.detach().half().contiguous() for name, p in model.named_parameters()}
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})
    config = {
        'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'vocab_size': model.embed_tokens.num_embeddings,
        'hidden_size': HIDDEN, 'intermediate_size': MLP, 'num_hidden_layers': LAYERS, 'num_attention_heads': HEADS,
        'num_key_value_heads': KEY_VALUE_HEADS, 'head_dim': HEAD_DIM, 'hidden_act': 'silu', 'rms_norm_eps': EPS,
        'rope_theta': THETA, 'max_position_embeddings': MAX_POSITIONS, 'tie_word_embeddings': True,
        'attention_bias': False, 'mlp_bias': False, 'attention_dropout': 0.0, 'initializer_range': 0.02,
        'bos_token_id': bos, 'eos_token_id': eos, 'pad_token_id': eos, 'torch_dtype': 'float16', 'use_cache': True,
    }
    (folder / 'config.json').write_text(json.dumps(config, indent=2) + '\n')
    generation = {'bos_token_id': bos, 'eos_token_id': eos, 'pad_token_id': eos, 'do_sample': False}
    (folder / 'generation_config.json').write_text(json.dumps(generation, indent=2) + '\n')
