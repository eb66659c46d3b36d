"""Trains a class-conditional pixel diffusion model on your photos and leaves a model folder.

    python3 -m pip install torch numpy pillow safetensors
    python3 models/training/train.py --data photos/ --out run/

README.md beside it has the rest.
"""

import argparse
import json
import re
import signal
import time
from pathlib import Path

import torch

from export import WORDS, default_words, export, training_facts
from learning import Recipe, Training, parse_schedule
from network import Shape, begin_from, parameter_count
from photos import Pyramid, read_pack
from pictures import save_fills, save_samples

SCHEDULE = "0:32=1;0.12:32=.2,64=.8;0.55:32=.1,64=.5,96=.2,128=.2;0.9:64=.5,96=.2,128=.3"


def parse_arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with a subfolder of photos for each class, or zip files of such; photos in a folder called none have no class",
    )
    p.add_argument(
        "--out",
        type=Path,
        default=Path("run"),
        help="folder of this training; run again, it goes on from what is there",
    )
    p.add_argument("--id", default="garden-64-new", help="the model's id, and its folder below --out")
    p.add_argument("--words", type=Path, help="JSON with what the card should say: " + ", ".join(WORDS))
    p.add_argument("--crops", type=int, default=400_000, help="how many crops the training shows")
    p.add_argument("--minutes", type=float, default=0, help="how long it trains instead")
    p.add_argument(
        "--stop-after",
        type=float,
        default=0,
        help="leave after so many minutes, to be gone on with by the same command",
    )
    p.add_argument("--init", type=Path, help="begin from a model folder or a .safetensors file")
    p.add_argument(
        "--classes", default="", help="the classes in the order of their labels; default: the folders' names"
    )
    p.add_argument("--channels", default="64,96,160,192")
    p.add_argument("--layers", type=int, default=2)
    p.add_argument("--attention-levels", default="", help="levels with attention, 0 the finest: '3' or '2,3'")
    p.add_argument("--head-dim", type=int, default=32)
    p.add_argument(
        "--batch", type=int, default=512, help="crops of a step at 64 px; other sizes get as many pixels"
    )
    p.add_argument(
        "--schedule", default=SCHEDULE, help="from which part of the training on: crop size=odds, ..."
    )
    p.add_argument("--lr", type=float, default=5e-4)
    p.add_argument("--lr-end", type=float, default=1e-5)
    p.add_argument("--warmup", type=int, default=300, help="steps")
    p.add_argument("--class-dropout", type=float, default=0.15)
    p.add_argument("--colour", type=float, default=0.05, help="strength of the colour jitter")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--float32", action="store_true", help="on a GPU, too, where bfloat16 is the default")
    p.add_argument("--compile", action="store_true", help="torch.compile: minutes at the start, then faster")
    p.add_argument("--threads", type=int, default=0, help="of the processor")
    p.add_argument("--limit", type=int, default=0, help="use this many photos only")
    p.add_argument("--log-every", type=int, default=50, help="steps")
    p.add_argument("--save-every", type=float, default=2.5, help="minutes between checkpoints")
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


def integers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)


def read_words(file: Path | None, defaults: dict[str, str]) -> dict[str, str]:
    if file is None:
        return defaults
    words = json.loads(file.read_text(encoding="utf-8"))
    unknown = [key for key in words if key not in WORDS]
    if unknown or not all(isinstance(value, str) and value for value in words.values()):
        raise SystemExit(
            f"--words {file} must be an object of texts called {', '.join(WORDS)}; got {', '.join(words)}."
        )
    return {**defaults, **words}


def open_training(a: argparse.Namespace, device: torch.device) -> Training:
    pack = read_pack(a.data, [name for name in a.classes.split(",") if name], a.limit)
    print(f"{len(pack.train)} photos to train on {pack.counts()}, {len(pack.held_out)} kept out")
    shape = Shape(integers(a.channels), a.layers, integers(a.attention_levels), a.head_dim, pack.no_class + 1)
    recipe = Recipe(
        crops=a.crops,
        minutes=a.minutes,
        batch=a.batch,
        schedule=parse_schedule(a.schedule),
        lr=a.lr,
        lr_end=a.lr_end,
        warmup=a.warmup,
        class_dropout=a.class_dropout,
        colour=a.colour,
        bfloat16=device.type == "cuda" and not a.float32,
        seed=a.seed,
    )
    training = Training(shape, recipe, pack, device, a.out, a.compile)
    if training.resume():
        print(f"going on from {training.checkpoint}: {training.progress.crops:,} crops so far")
    elif a.init:
        begin_from(training.network, a.init)
        training.begin()
        training.progress.begun_from = a.init.name
    return training


def save_pictures(training: Training, network, folder: Path) -> None:
    """On a processor few and rough ones: they show that the chain works."""
    is_fast = training.device.type == "cuda"
    steps, columns, photos = (50, 8, 8) if is_fast else (8, 2, 2)
    save_samples(network, training.diffusion, folder / "samples-64.png", 64, steps, columns)
    if is_fast:
        save_samples(network, training.diffusion, folder / "samples-128.png", 128, steps, columns // 2)
    save_fills(network, training.diffusion, training.pack, folder / "fills.png", steps, photos)


def main() -> None:
    began, a = time.time(), parse_arguments()
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", a.id):
        raise SystemExit(f'--id must be small letters and digits joined by "-", got "{a.id}".')
    device = torch.device(a.device)
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    a.out.mkdir(parents=True, exist_ok=True)
    training = open_training(a, device)
    words = read_words(a.words, default_words(training, a.id))
    print(f"{parameter_count(training.network):,} parameters on {device}")
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: signals.append(received))
    until = began + 60 * a.stop_after if a.stop_after else float("inf")

    def say(line: str) -> None:
        print(line, flush=True)
        with (a.out / "log.txt").open("a") as log:
            log.write(line + "\n")

    if training.recipe.done(training.progress) < 1:
        pyramid = Pyramid(training.pack, device)
        training.run(pyramid, until, say, a.log_every, 60 * a.save_every, lambda: bool(signals))
    network, error = training.best()
    name = (
        torch.cuda.get_device_name()
        if device.type == "cuda"
        else f"processor, {torch.get_num_threads()} threads"
    )
    folder = a.out / a.id
    export(training, network, folder, words, training_facts(training, name, error))
    save_pictures(training, network, folder)
    is_done = training.recipe.done(training.progress) >= 1
    say(
        f"{folder} holds the model"
        + ("" if is_done else "; the training is not over, run the same command to go on")
    )


if __name__ == "__main__":
    main()
