"""The training itself: steps, averages of the weights, checkpoints, validation."""

import math
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from diffusion import T, Diffusion
from network import UNSHUFFLE, Shape, UNet
from photos import Pack, Pyramid, middle

EMA_WIDTHS = (0.05, 0.10)


@dataclass
class Progress:
    """How far a training is; kept in its checkpoint."""

    steps: int = 0
    crops: int = 0
    crops_by_size: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    begun_from: str | None = None


@dataclass(frozen=True)
class Recipe:
    """`crops`: of the whole training; `minutes`: its length instead, where not 0."""

    crops: int
    minutes: float
    batch: int
    schedule: list[tuple[float, dict[int, float]]]
    lr: float
    lr_end: float
    warmup: int
    class_dropout: float
    colour: float
    bfloat16: bool
    seed: int

    def done(self, progress: Progress) -> float:
        """The part of the training that is over, 0 to 1."""
        part = progress.seconds / (60 * self.minutes) if self.minutes else progress.crops / self.crops
        return min(1.0, part)

    def crop_odds(self, done: float) -> dict[int, float]:
        return [odds for begin, odds in self.schedule if begin <= done][-1]

    def learning_rate(self, done: float, steps: int) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * done))
        return (self.lr_end + (self.lr - self.lr_end) * cosine) * min(1.0, (steps + 1) / self.warmup)

    def crops_of(self, size: int) -> int:
        """As many crops as have the pixels of a batch at 64 px."""
        n = self.batch * (64 / size) ** 2
        return max(8, round(n / 8) * 8) if self.batch >= 8 else max(1, int(n))


def parse_schedule(text: str) -> list[tuple[float, dict[int, float]]]:
    """Reads "0:32=1;0.5:32=.2,64=.8". Throws: SystemExit."""
    try:
        parts = [part.split(":") for part in text.split(";")]
        plan = [
            (float(begin), {int(k): float(v) for k, v in (e.split("=") for e in odds.split(","))})
            for begin, odds in parts
        ]
    except ValueError:
        raise SystemExit(f'--schedule must be as in "0:32=1;0.5:32=.2,64=.8", got "{text}".') from None
    if plan[0][0] != 0 or any(size % 16 for _, odds in plan for size in odds):
        raise SystemExit(f'--schedule must begin at 0, with sizes that are multiples of 16, got "{text}".')
    return plan


def ema_power(width: float) -> float:
    """Exponent of a power-function EMA of this relative width (Karras et al. 2024, eq. 126)."""
    low, high = 0.0, 1000.0
    for _ in range(80):
        power = (low + high) / 2
        is_wide = math.sqrt(power + 1) / ((power + 2) * math.sqrt(power + 3)) > width
        low, high = (power, high) if is_wide else (low, power)
    return low


class Training:
    """One training on one device, to be gone on with from `folder`/last.pt."""

    def __init__(
        self, shape: Shape, recipe: Recipe, pack: Pack, device: torch.device, folder: Path, compiles: bool
    ):
        self.shape, self.recipe, self.pack, self.device = shape, recipe, pack, device
        self.checkpoint = folder / "last.pt"
        self.layout = torch.channels_last if device.type == "cuda" else torch.contiguous_format
        self.diffusion = Diffusion(device)
        torch.manual_seed(recipe.seed)
        random.seed(recipe.seed)
        self.network = UNet(shape).to(device, memory_format=self.layout)
        self.fast = torch.compile(self.network, dynamic=False) if compiles else self.network
        self.parameters = list(self.network.parameters())
        self.powers = [ema_power(width) for width in EMA_WIDTHS]
        self.emas = [self._copied() for _ in EMA_WIDTHS]
        self.optimiser = torch.optim.AdamW(
            self.parameters, lr=recipe.lr, betas=(0.9, 0.99), weight_decay=0, fused=device.type == "cuda"
        )
        self.progress = Progress()

    def _copied(self) -> list[Tensor]:
        return [p.detach().clone() for p in self.parameters]

    def begin(self) -> None:
        """Lets the averages begin from the network's present weights."""
        self.emas = [self._copied() for _ in EMA_WIDTHS]

    # ------------------------------------------------------------ checkpoints

    def save(self) -> None:
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "identity": self._identity(),
                "network": self.network.state_dict(),
                "emas": self.emas,
                "optimiser": self.optimiser.state_dict(),
                "progress": self.progress.__dict__,
            },
            part,
        )
        part.replace(self.checkpoint)

    def _identity(self) -> dict:
        return {"shape": self.shape.__dict__, "classes": self.pack.classes}

    def resume(self) -> bool:
        """False where there is no checkpoint. Throws: SystemExit when it is of another network."""
        if not self.checkpoint.exists():
            return False
        kept = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if kept["identity"] != self._identity():
            raise SystemExit(
                f"{self.checkpoint} is of another network or other classes ({kept['identity']}); give "
                "the options of before, or another --out."
            )
        self.network.load_state_dict(kept["network"])
        self.optimiser.load_state_dict(kept["optimiser"])
        for mine, theirs in zip(self.emas, kept["emas"]):
            for weight, value in zip(mine, theirs):
                weight.copy_(value)
        self.progress = Progress(**kept["progress"])
        random.seed(self.recipe.seed + self.progress.steps)
        torch.manual_seed(self.recipe.seed + self.progress.steps)
        return True

    # ------------------------------------------------------------ steps

    def _autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.recipe.bfloat16)

    def errors(self, network, x0: Tensor, labels: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Mean squared error of v for each picture. Shapes: [N]."""
        xt, v = self.diffusion.noised(x0, t, eps)
        with self._autocast():
            predicted = network(xt.contiguous(memory_format=self.layout), t, labels)
        return (predicted.float() - v).square().mean((1, 2, 3))

    def step(self, pyramid: Pyramid) -> Tensor:
        """One step of the optimiser. Returns the mean error, not weighted, on the device."""
        recipe, progress = self.recipe, self.progress
        done = recipe.done(progress)
        odds = recipe.crop_odds(done)
        size = random.choices(list(odds), list(odds.values()))[0]
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.learning_rate(done, progress.steps)
        n = recipe.crops_of(size)
        x0, labels = pyramid.batch(n, size, recipe.class_dropout, recipe.colour)
        t = self.diffusion.stratified_timesteps(n)
        errors = self.errors(self.fast, x0, labels, t, torch.randn_like(x0))
        self.optimiser.zero_grad(set_to_none=True)
        (self.diffusion.loss_weights[t] * errors).mean().backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        progress.steps += 1
        progress.crops += n
        progress.crops_by_size[size] = progress.crops_by_size.get(size, 0) + n
        self._average()
        return errors.detach().mean()

    @torch.no_grad()
    def _average(self) -> None:
        for ema, power in zip(self.emas, self.powers):
            kept = (1 - 1 / (self.progress.steps + 1)) ** (power + 1)
            torch._foreach_lerp_(ema, self.parameters, 1 - kept)

    def run(self, pyramid: Pyramid, until: float, say, log_every: int, save_every_s: float, stops) -> None:
        """
        Trains until the recipe is done, `until` (of time.time()) is past, or `stops()`.
        Throws: SystemExit when the loss is not finite; the last checkpoint is as it was before.
        """
        began = saved = told = time.time()
        before, total, count, told_crops = self.progress.seconds, 0.0, 0, self.progress.crops
        self.network.train()
        while self.recipe.done(self.progress) < 1 and time.time() < until and not stops():
            total, count = total + self.step(pyramid), count + 1
            now = time.time()
            self.progress.seconds = before + now - began
            if self.progress.steps % log_every == 0:
                mean = float(total) / count
                if not math.isfinite(mean):
                    raise SystemExit(
                        "The loss is not finite. Run again with a lower --lr: it goes on from last.pt."
                    )
                rate = (self.progress.crops - told_crops) / max(1e-6, now - told)
                say(self._line(mean, rate))
                total, count, told, told_crops = 0.0, 0, now, self.progress.crops
            if now - saved > save_every_s:
                self.save()
                saved = time.time()
        self.save()

    def _line(self, error: float, rate: float) -> str:
        done, progress = self.recipe.done(self.progress), self.progress
        left = progress.seconds / done - progress.seconds if done > 0 else 0
        return (
            f"step {progress.steps}, {progress.crops:,} crops, error {error:.4f}, {rate:,.0f} crops/s, "
            f"{100 * done:.0f} %, about {left / 60:.1f} min left"
        )

    # ------------------------------------------------------------ what came of it

    def network_with(self, weights: list[Tensor]) -> UNet:
        network = UNet(self.shape).to(self.device).eval().requires_grad_(False)
        for parameter, weight in zip(network.parameters(), weights):
            parameter.copy_(weight)
        return network.to(memory_format=self.layout)

    @torch.no_grad()
    def validate(self, network: UNet) -> float | None:
        """The error on photos kept out, whole scenes and details, fixed noise. None without photos."""
        photos = self.pack.held_out if self.device.type == "cuda" else self.pack.held_out[:4]
        if not photos:
            return None
        crops = torch.stack([middle(p.pixels, short, 64) for p in photos for short in (64, 112)])
        labels = torch.tensor([self.pack.label_of(p) for p in photos for _ in range(2)])
        x0 = F.pixel_unshuffle(crops, UNSHUFFLE)
        generator, found = torch.Generator().manual_seed(3), []
        for level in range(8):
            t = int(T * (level + 0.5) / 8)
            eps = torch.randn(x0.shape, generator=generator)
            for at in range(0, len(x0), 64):
                batch = [part[at : at + 64].to(self.device) for part in (x0, labels, eps)]
                times = torch.full((len(batch[0]),), t, device=self.device)
                found.append(self.errors(network, batch[0], batch[1], times, batch[2]))
        return float(torch.cat(found).mean())

    def best(self) -> tuple[UNet, float | None]:
        """The network of the average that is better on the photos kept out, and its error."""
        networks = [self.network_with(ema) for ema in self.emas]
        scored = [(self.validate(network), network) for network in networks]
        error, network = min(scored, key=lambda pair: pair[0] if pair[0] is not None else 0.0)
        return network, error
