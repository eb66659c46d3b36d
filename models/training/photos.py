"""Photos to train on: read from folders or zip files, kept as a pyramid of pictures on the device."""

import io
import math
import os
import random
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from network import UNSHUFFLE

# The shipped weights' labels, in their order. It may grow at its end and never change.
GARDEN = ("daisy", "dandelion", "roses", "sunflowers", "tulips", "scenery")
NO_CLASS = "none"
# Scenes differ more from each other than flowers do.
SHARES = {"scenery": 1.5, NO_CLASS: 1.5}
SMALLEST = 64
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Photo:
    """`path`: class/name. `label`: of its class; None without one. `pixels`: [H, W, 3] uint8."""

    path: str
    label: int | None
    pixels: np.ndarray


@dataclass(frozen=True)
class Pack:
    classes: tuple[str, ...]
    train: list[Photo]
    held_out: list[Photo]

    @property
    def no_class(self) -> int:
        """The label that means no class: the last."""
        return len(self.classes)

    def label_of(self, photo: Photo) -> int:
        return self.no_class if photo.label is None else photo.label

    def counts(self) -> dict[str, int]:
        """Photos to train on, by class."""
        names = [*self.classes, NO_CLASS]
        found = [names[self.label_of(photo)] for photo in self.train]
        return {name: found.count(name) for name in names if name in found}


def list_files(folder: Path) -> list[tuple[str, bytes]]:
    """(path, bytes) of the pictures in a folder's subfolders and zip files."""
    files = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() in ENDINGS:
            files.append((name, path.read_bytes()))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path) as pack:
                names = [n for n in pack.namelist() if n.lower().endswith(ENDINGS)]
                files += [(name, pack.read(name)) for name in names]
    # An order that looks like chance and is the same everywhere.
    return sorted(files, key=lambda file: zlib.crc32(file[0].encode()))


def class_of(path: str) -> str:
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return folder or NO_CLASS


def class_names(paths: list[str], asked: list[str]) -> tuple[str, ...]:
    """The folders' names in order; the garden's six keep their places where one is there."""
    if asked:
        return tuple(asked)
    found = {class_of(path) for path in paths} - {NO_CLASS}
    garden = GARDEN if found & set(GARDEN) else ()
    return (*garden, *sorted(found - set(garden)))


def is_held_out(path: str) -> bool:
    """Two of a hundred, always the same ones."""
    return zlib.crc32(b"held" + path.encode()) % 50 == 0


def read_photo(file: tuple[str, bytes], classes: tuple[str, ...]) -> Photo | None:
    """None where the picture cannot be read or is too small for a crop."""
    path, data = file
    try:
        pixels = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
    except (OSError, ValueError) as error:
        print(f"{path} cannot be read and is left out: {error}")
        return None
    name = class_of(path)
    label = classes.index(name) if name in classes else None
    return Photo(path, label, pixels) if min(pixels.shape[:2]) >= SMALLEST else None


def read_pack(folder: Path, asked_classes: list[str], limit: int) -> Pack:
    """Throws: SystemExit where there is nothing to train on."""
    if not folder.is_dir():
        raise SystemExit(f"--data {folder} is no folder; give one with a subfolder of photos for each class.")
    files = list_files(folder)[: limit or None]
    classes = class_names([path for path, _ in files], asked_classes)
    with ThreadPoolExecutor(min(32, os.cpu_count() or 4)) as pool:
        photos = [p for p in pool.map(lambda file: read_photo(file, classes), files) if p]
    train = [photo for photo in photos if not is_held_out(photo.path)]
    if not train:
        raise SystemExit(
            f"--data {folder} holds no photo of {SMALLEST} pixels a side or more; expected jpg, png or "
            "webp files in a subfolder for each class, or zip files of such folders."
        )
    return Pack(classes, train, [photo for photo in photos if is_held_out(photo.path)])


def shrink(image: Tensor, height: int, width: int) -> Tensor:
    """Shapes: [1, 3, H, W] uint8."""
    resized = F.interpolate(image.float(), size=(height, width), mode="bicubic", antialias=True)
    return resized.round_().clamp_(0, 255).to(torch.uint8)


def short_sides(short: int, jitter: float) -> list[int]:
    """Fixed sizes and a ladder of factor 1.25 that begins elsewhere for each photo, largest first."""
    ladder = {round(32 * jitter * 1.25**i) for i in range(40)}
    own = {short} if short < 1024 else set()
    return sorted({s for s in {32, 64, 96, 128} | ladder | own if s <= short}, reverse=True)


class Pyramid:
    """
    Every photo at several scales, one after another in a flat uint8 tensor. Crops are cut from a
    scale as they are, so the ladder of scales is the jitter, and no crop is ever enlarged.
    """

    def __init__(self, pack: Pack, device: torch.device):
        self.device, self.no_class = device, pack.no_class
        jitters, buffers, rows, offset = random.Random(5), [], [], 0
        for k, photo in enumerate(pack.train):
            height, width = photo.pixels.shape[:2]
            source = torch.from_numpy(photo.pixels).to(device).permute(2, 0, 1)[None]
            for s in short_sides(min(height, width), 1.25 ** jitters.random()):
                while min(source.shape[2:]) >= 4 * s:  # so that the filter stays small
                    source = shrink(source, source.shape[2] // 2, source.shape[3] // 2)
                h, w = (max(s, round(side * s / min(height, width))) for side in (height, width))
                picture = source if (h, w) == tuple(source.shape[2:]) else shrink(source, h, w)
                buffers.append(picture[0].permute(1, 2, 0).reshape(-1))
                rows.append((offset, h, w, k, pack.label_of(photo), s))
                offset += h * w * 3
        self.pixels = torch.cat(buffers)
        self.rows = np.array(rows, dtype=np.int64)
        self.table = torch.from_numpy(self.rows).to(device)
        self.roots = np.array([math.sqrt(p.pixels.shape[0] * p.pixels.shape[1]) for p in pack.train])
        self.labels = np.array([pack.label_of(photo) for photo in pack.train])
        names = [*pack.classes, NO_CLASS]
        self.shares = {label: SHARES.get(name, 1.0) for label, name in enumerate(names)}
        self._odds: dict[int, Tensor] = {}

    def odds(self, crop: int) -> Tensor:
        """
        How likely each picture is: classes evenly but for SHARES, large photos more often, coarse
        scales, hence whole scenes, more often. Shapes: [pictures].
        """
        if crop in self._odds:
            return self._odds[crop]
        odds, usable = np.zeros(len(self.rows)), np.zeros(len(self.labels), bool)
        fits = self.rows[:, 5] >= crop
        for k in range(len(self.labels)):
            own = np.flatnonzero((self.rows[:, 3] == k) & fits)[::-1]
            steps = (np.arange(len(own) + 1) / max(1, len(own))) ** (2 / 3)
            odds[own] = np.diff(steps)
            usable[k] = len(own) > 0
        weights = np.zeros(len(self.labels))
        for label in set(self.labels.tolist()):
            own = (self.labels == label) & usable
            if own.any():
                weights[own] = self.shares[label] * self.roots[own] / self.roots[own].sum()
        odds *= weights[self.rows[:, 3]]
        if not odds.any():
            raise SystemExit(
                f"No photo is large enough for crops of {crop} px; leave them out of --schedule."
            )
        self._odds[crop] = torch.tensor(odds, dtype=torch.float32, device=self.device)
        return self._odds[crop]

    def batch(self, n: int, crop: int, class_dropout: float, colour: float) -> tuple[Tensor, Tensor]:
        """Crops in [-1, 1], unshuffled, and labels. Shapes: [n, 12, crop / 2, crop / 2], [n]."""
        device, rand = self.device, lambda *shape: torch.rand(n, *shape, device=self.device)
        entry = self.table[torch.multinomial(self.odds(crop), n, replacement=True)]
        offset, height, width, labels = entry[:, 0], entry[:, 1], entry[:, 2], entry[:, 4]
        top, left = (rand() * (height - crop + 1)).long(), (rand() * (width - crop + 1)).long()
        step = torch.arange(crop, device=device)
        columns = torch.where((rand() < 0.5)[:, None], crop - 1 - step, step) + left[:, None]
        rows = (top[:, None] + step) * width[:, None]
        places = offset[:, None, None] + 3 * (rows[:, :, None] + columns[:, None, :])
        x = self.pixels[places[..., None] + torch.arange(3, device=device)]
        x = x.permute(0, 3, 1, 2).float() / 127.5 - 1
        if colour > 0:
            x = jittered(x, colour)
        is_dropped = rand() < class_dropout
        labels = torch.where(is_dropped, torch.full_like(labels, self.no_class), labels)
        return F.pixel_unshuffle(x, UNSHUFFLE), labels


def jittered(x: Tensor, strength: float) -> Tensor:
    """Half of the pictures with a little other contrast, brightness, saturation and tint."""

    def u(channels: int) -> Tensor:
        return 2 * torch.rand(len(x), channels, 1, 1, device=x.device) - 1

    on = (torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5).float() * strength
    mean, grey = x.mean((1, 2, 3), keepdim=True), x.mean(1, keepdim=True)
    contrast = (x - mean) * (1 + 2 * on * u(1)) + mean
    return (contrast + on * u(1) + 2 * on * u(1) * (x - grey) + 0.5 * on * u(3)).clamp(-1, 1)


def middle(pixels: np.ndarray, short: int, crop: int) -> Tensor:
    """The middle crop of a photo whose short side is scaled to `short`. Shapes: [3, crop, crop]."""
    height, width = pixels.shape[:2]
    size = [max(crop, round(side * short / min(height, width))) for side in (width, height)]
    scaled = np.asarray(Image.fromarray(pixels).resize(size, Image.LANCZOS))
    top, left = (scaled.shape[0] - crop) // 2, (scaled.shape[1] - crop) // 2
    square = scaled[top : top + crop, left : left + crop].copy()
    return torch.from_numpy(square).permute(2, 0, 1).float() / 127.5 - 1
