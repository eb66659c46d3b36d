"""Times garden-64 in PyTorch through diffusers, on the walk that bench-node.ts times.

    python3 -m venv venv && venv/bin/pip install torch diffusers safetensors numpy
    venv/bin/python src/lab/bench/bench_diffusers.py --size 64 --size 128 --threads 2

Prints one JSON object: `rows` hold, for each size, the times of a bare call of the network and of a
whole walk divided by its calls (injection, step, noise and renoise steps included).

diffusers' own RePaintScheduler knows the eps prediction only, and this network predicts v. So the
walk is written out here over DDPMScheduler: the same chain, the same moves as RePaint section 4.2.
"""

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import diffusers
import torch
from diffusers import DDPMScheduler, UNet2DModel
from safetensors.torch import load_file
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

NO_CLASS = 6
MODEL = Path(__file__).resolve().parents[3] / "models/garden-64"


class PixelNetwork(torch.nn.Module):
    """The UNet between pixel unshuffle and shuffle. Shapes: [N, 3, H, W] to [N, 3, H, W]."""

    def __init__(self, unet: UNet2DModel, channels_last: bool):
        super().__init__()
        self.unet = unet
        self.layout = torch.channels_last if channels_last else torch.contiguous_format

    def forward(self, xt: torch.Tensor, t, labels: torch.Tensor) -> torch.Tensor:
        x = pixel_unshuffle(xt, 2).contiguous(memory_format=self.layout)
        return pixel_shuffle(self.unet(x, t, class_labels=labels, return_dict=False)[0], 2)


def load_network(folder: Path, channels_last: bool) -> PixelNetwork:
    """Loads the float16 weights as float32."""
    unet = UNet2DModel.from_config(json.loads((folder / "config.json").read_text()))
    weights = load_file(folder / "diffusion_pytorch_model.fp16.safetensors")
    unet.load_state_dict({name: value.float() for name, value in weights.items()})
    network = PixelNetwork(unet.eval(), channels_last)
    return network.to(memory_format=network.layout)


def max_difference(network: PixelNetwork, folder: Path) -> float:
    """Compares with the outputs stored beside the weights."""
    io = load_file(folder / "io.safetensors")
    out = network(io["x"].float(), io["t"], io["class_labels"].long())
    return (out - io["out"].float()).abs().max().item()


def jump_moves(steps: int, jump: int, resamplings: int) -> list[tuple[str, int]]:
    """Returns the walk as ("denoise" | "renoise", label). Source: RePaint, get_schedule_jump."""
    climbs = {t: resamplings - 1 for t in range(0, steps - jump, jump)}
    moves, t = [], steps
    while t >= 1:
        t -= 1
        if t < steps - 1:
            moves.append(("denoise", t + 1))
        if climbs.get(t, 0) > 0:
            climbs[t] -= 1
            moves += [("renoise", t + k) for k in range(1, jump + 1)]
            t += jump
    return moves + [("denoise", 0)]


def collapse_climbs(moves: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Joins renoise steps that follow each other into one: (kind, from label, to label)."""
    joined: list[tuple[str, int, int]] = []
    for kind, t in moves:
        if kind == "renoise" and joined and joined[-1][0] == "renoise":
            joined[-1] = ("renoise", joined[-1][1], t)
        else:
            joined.append((kind, t - 1, t) if kind == "renoise" else (kind, t, t - 1))
    return joined


class Walk:
    """The RePaint walk of one image with a known left half."""

    def __init__(self, network: PixelNetwork, folder: Path, size: int, steps: int):
        self.network = network
        self.scheduler = DDPMScheduler.from_pretrained(folder)
        self.scheduler.set_timesteps(steps)
        self.timesteps = self.scheduler.timesteps.flip(0)
        self.alphas_cumprod = self.scheduler.alphas_cumprod[self.timesteps].tolist()
        self.known = torch.sin(torch.arange(3 * size * size) * 0.01).view(1, 3, size, size)
        self.keep_mask = (torch.arange(size) < size // 2).float().view(1, 1, 1, size)
        self.labels = torch.tensor([NO_CLASS])

    def inject(self, xt: torch.Tensor, label: int) -> torch.Tensor:
        alpha = self.alphas_cumprod[label]
        noisy = alpha**0.5 * self.known + (1 - alpha) ** 0.5 * torch.randn_like(xt)
        return self.keep_mask * noisy + (1 - self.keep_mask) * xt

    def renoise(self, xt: torch.Tensor, low: int, high: int) -> torch.Tensor:
        alpha = self.alphas_cumprod[high] / self.alphas_cumprod[low]
        return alpha**0.5 * xt + (1 - alpha) ** 0.5 * torch.randn_like(xt)

    def denoise(self, xt: torch.Tensor, label: int) -> torch.Tensor:
        t = self.timesteps[label]
        out = self.network(xt, t, self.labels)
        return self.scheduler.step(out, t, xt, return_dict=False)[0]

    def run(self, moves: list[tuple[str, int, int]]) -> torch.Tensor:
        xt = torch.randn_like(self.known)
        for i, (kind, start, end) in enumerate(moves):
            if kind == "renoise":
                xt = self.renoise(xt, start, end)
            else:
                xt = self.denoise(xt if i == 0 else self.inject(xt, start), start)
        return xt


def milliseconds(function) -> float:
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1000


def measure(walk: Walk, moves: list[tuple[str, int, int]], calls: int, walks: int) -> dict:
    """Returns milliseconds: of bare calls the median, the fastest and the mean processor time of
    all threads (which other work on the machine changes least), and the median walk per call."""
    xt = torch.zeros_like(walk.known)
    t = torch.tensor(500)
    for _ in range(3):
        walk.network(xt, t, walk.labels)
    cpu_start = time.process_time()
    bare = [milliseconds(lambda: walk.network(xt, t, walk.labels)) for _ in range(calls)]
    cpu = (time.process_time() - cpu_start) * 1000 / calls
    nfe = sum(kind == "denoise" for kind, _, _ in moves)
    whole = [milliseconds(lambda: walk.run(moves)) / nfe for _ in range(walks)]
    return {
        "nfe": nfe,
        "bareMs": statistics.median(bare),
        "fastestMs": min(bare),
        "cpuMs": cpu,
        "walkMs": statistics.median(whole) if whole else None,
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of the checkpoint")
    parser.add_argument("--size", type=int, action="append", help="side in pixels, repeatable")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=25, help="T, labels of the chain")
    parser.add_argument("--jump", type=int, default=5, help="j, jump length")
    parser.add_argument("--resamplings", type=int, default=3, help="r")
    parser.add_argument("--calls", type=int, default=40, help="bare calls timed")
    parser.add_argument("--walks", type=int, default=1, help="whole walks timed")
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


@torch.inference_mode()
def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = load_network(options.model, options.channels_last)
    difference = max_difference(network, options.model)
    if not difference < 1e-4:
        raise SystemExit(f"expected the stored outputs within 1e-4, got {difference:.2e}")
    moves = collapse_climbs(jump_moves(options.steps, options.jump, options.resamplings))
    rows = []
    for size in options.size or [64, 128]:
        walk = Walk(network, options.model, size, options.steps)
        rows.append({"size": size, **measure(walk, moves, options.calls, options.walks)})
    versions = {m.__name__: m.__version__ for m in (torch, diffusers)}
    report = {
        "versions": {"python": platform.python_version(), **versions},
        "threads": options.threads,
        "channelsLast": options.channels_last,
        "maxDifference": difference,
        "rows": rows,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
