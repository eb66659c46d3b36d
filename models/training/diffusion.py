"""The diffusion: v-prediction over squaredcos_cap_v2 betas, its loss, DDIM and RePaint."""

import math
from typing import Callable

import torch
from torch import Tensor

T = 1000

# predict(xt, t) -> x0, all [N, C, H, W]; t is one timestep for the batch.
Predict = Callable[[Tensor, int], Tensor]


def cosine_alphas_cumprod() -> Tensor:
    """squaredcos_cap_v2, as diffusers computes it. Shapes: [T], float64."""

    def bar(t: float) -> float:
        return math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - bar((i + 1) / T) / bar(i / T), 0.999) for i in range(T)]
    return torch.cumprod(1 - torch.tensor(betas, dtype=torch.float64), 0)


class Diffusion:
    """Tables on a device."""

    def __init__(self, device: torch.device):
        self.device = device
        self.alphas_cumprod64 = cosine_alphas_cumprod()
        self.alphas_cumprod = self.alphas_cumprod64.float().to(device)
        snr = self.alphas_cumprod / (1 - self.alphas_cumprod)
        # min-SNR-5 (arXiv 2303.09556) for v-prediction, about 1 on the mean.
        self.loss_weights = 2 * snr.clamp(max=5) / (snr + 1)

    def noised(self, x0: Tensor, t: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Returns xt and the v that a network should predict."""
        alpha = self.alphas_cumprod[t].view(-1, 1, 1, 1)
        return alpha.sqrt() * x0 + (1 - alpha).sqrt() * eps, alpha.sqrt() * eps - (1 - alpha).sqrt() * x0

    def x0_from_v(self, xt: Tensor, v: Tensor, t: int) -> Tensor:
        alpha = self.alphas_cumprod[t]
        return (alpha.sqrt() * xt - (1 - alpha).sqrt() * v).clamp(-1, 1)

    def stratified_timesteps(self, n: int) -> Tensor:
        """One timestep of each n-th part of the chain, in a random order. Shapes: [n]."""
        places = (torch.arange(n, device=self.device) + torch.rand(n, device=self.device)) / n
        return (places * T).long().clamp_(0, T - 1)[torch.randperm(n, device=self.device)]

    def ddim(self, predict: Predict, xt: Tensor, steps: int) -> Tensor:
        """DDIM with eta 0 from noise."""
        timesteps = torch.linspace(T - 1, 0, steps).round().long().tolist()
        for t, after in zip(timesteps, [*timesteps[1:], None]):
            x0, alpha = predict(xt, t), self.alphas_cumprod[t]
            if after is None:
                return x0
            eps = (xt - alpha.sqrt() * x0) / (1 - alpha).sqrt()
            alpha = self.alphas_cumprod[after]
            xt = alpha.sqrt() * x0 + (1 - alpha).sqrt() * eps
        raise ValueError("expected one step or more, got none")

    def repaint(
        self,
        predict: Predict,
        known: Tensor,
        keep_mask: Tensor,
        walk: list[int],
        steps: int,
        coarse: Tensor | None,
        generator: torch.Generator,
    ) -> Tensor:
        """
        RePaint (arXiv 2201.09865) on `steps` of the chain. `keep_mask` 1 = known; `coarse`: a fill
        to begin from, noised to the walk's first step.
        """

        def noise() -> Tensor:
            return torch.randn(known.shape, generator=generator, device=self.device)

        timesteps = torch.linspace(0, T - 1, steps).round().long()
        bars = self.alphas_cumprod64[timesteps]
        before = torch.cat([torch.ones(1, dtype=torch.float64), bars[:-1]])
        bars, before, betas = bars.tolist(), before.tolist(), (1 - bars / before).tolist()
        top = bars[walk[0]]
        xt = noise() if coarse is None else top**0.5 * coarse + (1 - top) ** 0.5 * noise()
        for t, after in zip(walk, walk[1:]):
            if after > t:
                xt = (1 - betas[after]) ** 0.5 * xt + betas[after] ** 0.5 * noise()
                continue
            bar, prev, beta = bars[t], before[t], betas[t]
            noisy = bar**0.5 * known + (1 - bar) ** 0.5 * noise()
            xt = keep_mask * noisy + (1 - keep_mask) * xt
            x0 = predict(xt, int(timesteps[t]))
            mean = (prev**0.5 * beta * x0 + (1 - beta) ** 0.5 * (1 - prev) * xt) / (1 - bar)
            xt = mean + (beta * (1 - prev) / (1 - bar)) ** 0.5 * noise() if t > 0 else mean
        return keep_mask * known + (1 - keep_mask) * xt


def repaint_walk(start: int, jump_length: int, resamplings: int) -> list[int]:
    """The timesteps of a walk from `start` - 1 down to -1, with the jumps back of section 4.2."""
    left = {t: resamplings - 1 for t in range(0, start - jump_length, jump_length)}
    t, walk = start, []
    while t >= 1:
        t -= 1
        walk.append(t)
        if left.get(t, 0) > 0:
            left[t] -= 1
            walk += range(t + 1, t + jump_length + 1)
            t += jump_length
    return [*walk, -1]
