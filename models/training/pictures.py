"""Pictures to judge a training by: samples of each class, and RePaint fills of photos kept out."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from diffusion import Diffusion, Predict, repaint_walk
from network import UNSHUFFLE, UNet
from photos import Pack, Photo, middle


def predictor(network: UNet, diffusion: Diffusion, labels: Tensor, guidance: float) -> Predict:
    """Classifier-free guidance at 1 is the class alone."""
    none = torch.full_like(labels, network.shape.labels - 1)

    def predict(xt: Tensor, t: int) -> Tensor:
        times = torch.full((len(xt),), t, device=xt.device)
        v = network(xt, times, labels)
        if guidance != 1:
            plain = network(xt, times, none)
            v = plain + guidance * (v - plain)
        return diffusion.x0_from_v(xt, v, t)

    return predict


def as_rows(pictures: Tensor, columns: int) -> Image.Image:
    """A grid. Shapes: [N, 3, H, W] in [-1, 1]."""
    pixels = ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    rows = [np.concatenate(list(pixels[i : i + columns]), 1) for i in range(0, len(pixels), columns)]
    return Image.fromarray(np.concatenate(rows, 0))


@torch.no_grad()
def save_samples(
    network: UNet, diffusion: Diffusion, file: Path, size: int, steps: int, columns: int
) -> None:
    """A row for each class, and one for none."""
    count = network.shape.labels
    labels = torch.arange(count, device=diffusion.device).repeat_interleave(columns)
    shape = (len(labels), 3 * UNSHUFFLE**2, size // UNSHUFFLE, size // UNSHUFFLE)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(7)).to(diffusion.device)
    x0 = diffusion.ddim(predictor(network, diffusion, labels, 1.5), noise, steps)
    as_rows(F.pixel_shuffle(x0, UNSHUFFLE), columns).save(file)


def chosen_photos(pack: Pack, limit: int) -> list[Photo]:
    """One of each class first."""
    photos = pack.held_out or pack.train
    firsts = [next((p for p in photos if p.label == label), None) for label in (*range(pack.no_class), None)]
    chosen = [photo for photo in firsts if photo]
    return [*chosen, *(photo for photo in photos if photo not in chosen)][:limit] if chosen else []


def ellipse(size: int, device: torch.device) -> Tensor:
    """A keep mask, 0 in an ellipse of 0.4 of the width. Shapes: [1, 1, size, size]."""
    at = (torch.arange(size, device=device) + 0.5) / size - 0.5
    return ((at[:, None] ** 2 + at[None] ** 2) > 0.2**2).float()[None, None]


@torch.no_grad()
def save_fills(network: UNet, diffusion: Diffusion, pack: Pack, file: Path, steps: int, limit: int) -> None:
    """Of each photo: itself, its hole, the fill at 64 px, and refined at 128 px."""
    device, photos = diffusion.device, chosen_photos(pack, limit)
    if not photos:
        return
    labels = torch.tensor([pack.label_of(photo) for photo in photos], device=device)
    predict = predictor(network, diffusion, labels, 1.0)
    generator = torch.Generator(device=device).manual_seed(1)

    def fill(size: int, walk: list[int], coarse: Tensor | None) -> tuple[Tensor, Tensor]:
        known = torch.stack([middle(photo.pixels, size, size) for photo in photos]).to(device)
        keep = ellipse(size, device)
        planes = [F.pixel_unshuffle(part, UNSHUFFLE) for part in (known, keep.expand_as(known))]
        begin = None if coarse is None else F.pixel_unshuffle(coarse, UNSHUFFLE)
        x0 = diffusion.repaint(predict, planes[0], planes[1], walk, steps, begin, generator)
        return known, F.pixel_shuffle(x0, UNSHUFFLE)

    jump = max(1, steps // 10)
    _, small = fill(64, repaint_walk(steps, jump, 5 if steps >= 50 else 1), None)
    enlarged = F.interpolate(small, scale_factor=2, mode="bicubic").clamp(-1, 1)
    known, large = fill(128, repaint_walk(round(0.45 * steps), jump, 1), enlarged)
    columns = [known, known * ellipse(128, device), enlarged, large]
    as_rows(torch.stack(columns, 1).flatten(0, 1), len(columns)).save(file)
