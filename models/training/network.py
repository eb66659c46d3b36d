"""The network: diffusers' UNet2DModel over unshuffled pixels, with its parameter names.

Written out, so that training needs PyTorch only and the group norms run in bfloat16.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

UNSHUFFLE = 2
CHANNELS = 3 * UNSHUFFLE**2
NORM_GROUPS = 32


@dataclass(frozen=True)
class Shape:
    """What makes two networks the same. `attention`: levels that have it, 0 the finest."""

    widths: tuple[int, ...]
    layers: int
    attention: tuple[int, ...]
    head_dim: int
    labels: int

    def __post_init__(self):
        if any(width % NORM_GROUPS for width in self.widths):
            raise SystemExit(f"--channels must be multiples of {NORM_GROUPS}, got {self.widths}.")
        if any(not 0 <= level < len(self.widths) for level in self.attention):
            raise SystemExit(f"--attention-levels go from 0 to {len(self.widths) - 1}, got {self.attention}.")
        attending = [self.widths[level] for level in self.attention]
        if attending and any(width % self.head_dim for width in [*attending, self.widths[-1]]):
            raise SystemExit(f"--head-dim {self.head_dim} must divide the channels that have attention.")

    @property
    def size_multiple(self) -> int:
        """Height and width of a picture must be multiples of this."""
        return UNSHUFFLE * 2 ** (len(self.widths) - 1)


class GroupNorm(nn.GroupNorm):
    """In its input's dtype: autocast would lift it to float32 and double the memory traffic."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            weight, bias = self.weight.to(x.dtype), self.bias.to(x.dtype)
            return F.group_norm(x, self.num_groups, weight, bias, self.eps)


def norm(channels: int) -> GroupNorm:
    return GroupNorm(NORM_GROUPS, channels, eps=1e-5)


class ResnetBlock(nn.Module):
    """The embedding scales and shifts between the convolutions. Begins as the identity."""

    def __init__(self, channels: int, out_channels: int, embedding: int):
        super().__init__()
        self.norm1 = norm(channels)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.time_emb_proj = nn.Linear(embedding, 2 * out_channels)
        self.norm2 = norm(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        is_wider = channels != out_channels
        self.conv_shortcut = nn.Conv2d(channels, out_channels, 1) if is_wider else None
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.time_emb_proj(F.silu(embedding))[:, :, None, None].chunk(2, 1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Attention(nn.Module):
    def __init__(self, channels: int, head_dim: int):
        super().__init__()
        self.heads = channels // head_dim
        self.group_norm = norm(channels)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels), nn.Identity()])
        nn.init.zeros_(self.to_out[0].weight)
        nn.init.zeros_(self.to_out[0].bias)

    def forward(self, x: Tensor) -> Tensor:
        n, channels, height, width = x.shape
        y = self.group_norm(x).flatten(2).transpose(1, 2)  # [N, H * W, C]
        parts = [part(y) for part in (self.to_q, self.to_k, self.to_v)]
        heads = [part.view(n, height * width, self.heads, -1).transpose(1, 2) for part in parts]
        y = F.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(n, -1, channels)
        return x + self.to_out[0](y).transpose(1, 2).reshape(x.shape)


class Downsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Upsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class TimeEmbedding(nn.Module):
    def __init__(self, channels: int, out_channels: int):
        super().__init__()
        self.linear_1 = nn.Linear(channels, out_channels)
        self.linear_2 = nn.Linear(out_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


class Level(nn.Module):
    """Blocks of one resolution. `inputs`: channels that go into each."""

    def __init__(self, inputs: list[int], width: int, embedding: int, head_dim: int | None):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(c, width, embedding) for c in inputs)
        if head_dim is not None:
            self.attentions = nn.ModuleList(Attention(width, head_dim) for _ in inputs)

    def block(self, i: int, x: Tensor, embedding: Tensor) -> Tensor:
        x = self.resnets[i](x, embedding)
        return self.attentions[i](x) if hasattr(self, "attentions") else x


class Middle(nn.Module):
    def __init__(self, width: int, embedding: int, head_dim: int | None):
        super().__init__()
        self.resnets = nn.ModuleList(ResnetBlock(width, width, embedding) for _ in range(2))
        if head_dim is not None:
            self.attentions = nn.ModuleList([Attention(width, head_dim)])

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        x = self.resnets[0](x, embedding)
        if hasattr(self, "attentions"):
            x = self.attentions[0](x)
        return self.resnets[1](x, embedding)


class UNet(nn.Module):
    """Predicts v. Shapes: x [N, 12, H / 2, W / 2], t [N], labels [N] to x's."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        widths, layers = shape.widths, shape.layers
        embedding, last = 4 * widths[0], len(widths) - 1
        half = widths[0] // 2
        self.conv_in = nn.Conv2d(CHANNELS, widths[0], 3, padding=1)
        self.time_embedding = TimeEmbedding(widths[0], embedding)
        self.class_embedding = nn.Embedding(shape.labels, embedding)
        frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        self.register_buffer("frequencies", frequencies, persistent=False)

        def head_dim(level: int) -> int | None:
            return shape.head_dim if level in shape.attention else None

        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for i, width in enumerate(widths):
            inputs = [widths[max(0, i - 1)], *[width] * (layers - 1)]
            self.down_blocks.append(Level(inputs, width, embedding, head_dim(i)))
            if i < last:
                self.down_blocks[i].downsamplers = nn.ModuleList([Downsample(width)])
        self.mid_block = Middle(widths[-1], embedding, shape.head_dim if shape.attention else None)
        for i in range(last, -1, -1):
            # What comes from below, then what a level of the way down hands over.
            below = [widths[min(i + 1, last)], *[widths[i]] * layers]
            skips = [*[widths[i]] * layers, widths[max(0, i - 1)]]
            inputs = [a + b for a, b in zip(below, skips)]
            level = Level(inputs, widths[i], embedding, head_dim(i))
            if i > 0:
                level.upsamplers = nn.ModuleList([Upsample(widths[i])])
            self.up_blocks.append(level)
        self.conv_norm_out = norm(widths[0])
        self.conv_out = nn.Conv2d(widths[0], CHANNELS, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def embed(self, t: Tensor, labels: Tensor) -> Tensor:
        # Neighbouring timesteps would look alike in bfloat16.
        with torch.autocast(t.device.type, enabled=False):
            angles = t.float()[:, None] * self.frequencies[None]
            waves = torch.cat([torch.cos(angles), torch.sin(angles)], -1)
            return self.time_embedding(waves) + self.class_embedding(labels)

    def forward(self, x: Tensor, t: Tensor, labels: Tensor) -> Tensor:
        embedding = self.embed(t, labels)
        h = self.conv_in(x)
        skips = [h]
        for level in self.down_blocks:
            for i in range(len(level.resnets)):
                h = level.block(i, h, embedding)
                skips.append(h)
            if hasattr(level, "downsamplers"):
                h = level.downsamplers[0](h)
                skips.append(h)
        h = self.mid_block(h, embedding)
        for level in self.up_blocks:
            for i in range(len(level.resnets)):
                h = level.block(i, torch.cat([h, skips.pop()], 1), embedding)
            if hasattr(level, "upsamplers"):
                h = level.upsamplers[0](h)
        return self.conv_out(F.silu(self.conv_norm_out(h)))


def parameter_count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def diffusers_config(shape: Shape) -> dict:
    """`config.json`, as diffusers and this project's converter read it."""
    n, down, up = len(shape.widths), [], []
    for i in range(n):
        down.append("AttnDownBlock2D" if i in shape.attention else "DownBlock2D")
        up.append("AttnUpBlock2D" if n - 1 - i in shape.attention else "UpBlock2D")
    return {
        "_class_name": "UNet2DModel",
        "act_fn": "silu",
        "add_attention": bool(shape.attention),
        "attention_head_dim": shape.head_dim if shape.attention else 8,
        "attn_norm_num_groups": NORM_GROUPS if shape.attention else None,
        "block_out_channels": list(shape.widths),
        "center_input_sample": False,
        "class_embed_type": None,
        "down_block_types": down,
        "downsample_padding": 1,
        "downsample_type": "conv",
        "dropout": 0.0,
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "in_channels": CHANNELS,
        "layers_per_block": shape.layers,
        "mid_block_scale_factor": 1,
        "mid_block_type": "UNetMidBlock2D",
        "norm_eps": 1e-05,
        "norm_num_groups": NORM_GROUPS,
        "num_class_embeds": shape.labels,
        "num_train_timesteps": None,
        "out_channels": CHANNELS,
        "resnet_time_scale_shift": "scale_shift",
        "sample_size": 32,
        "time_embedding_dim": None,
        "time_embedding_type": "positional",
        "up_block_types": up,
        "upsample_type": "conv",
    }


def read_weights(path: Path, shape: Shape) -> dict[str, Tensor]:
    """
    Weights to begin from: a diffusers folder or a safetensors file. Known labels keep their rows;
    the label of no class stays the last, and new ones begin as it.
    """
    from safetensors.torch import load_file

    names = ("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.safetensors")
    found = [path] if path.is_file() else [path / name for name in names if (path / name).exists()]
    if not found:
        raise SystemExit(f"--init {path} holds neither {names[0]} nor {names[1]}.")
    weights = {name: value.float() for name, value in load_file(found[0]).items()}
    rows = weights["class_embedding.weight"]
    known = min(len(rows), shape.labels) - 1
    weights["class_embedding.weight"] = torch.cat([rows[:known], rows[-1:].repeat(shape.labels - known, 1)])
    return weights


def begin_from(network: UNet, path: Path) -> None:
    """Throws: SystemExit when the weights are another network's."""
    try:
        network.load_state_dict(read_weights(path, network.shape))
    except RuntimeError as error:
        raise SystemExit(
            f"--init {path} is of another network than --channels, --layers and "
            f"--attention-levels say: {str(error).splitlines()[1].strip()}"
        )


def as_json(value) -> str:
    return json.dumps(value, indent=2) + "\n"
