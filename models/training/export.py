"""What a training leaves: a model folder that this project ships or adds as it is."""

import hashlib
from datetime import date
from pathlib import Path

import torch
import torch.nn.functional as F

from diffusion import T
from learning import Training
from network import UNSHUFFLE, UNet, as_json, diffusers_config, parameter_count

WEIGHTS = "diffusion_pytorch_model.fp16.safetensors"
SCHEDULER = {
    "_class_name": "DDPMScheduler",
    "beta_end": 0.02,
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.0001,
    "clip_sample": True,
    "clip_sample_range": 1.0,
    "num_train_timesteps": T,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": False,
    "thresholding": False,
    "timestep_spacing": "leading",
    "trained_betas": None,
    "variance_type": "fixed_small",
}
WORDS = ("name", "licence", "summary", "trainingData", "bias", "limits")


def default_words(training: Training, model_id: str) -> dict[str, str]:
    """What can be said without having looked."""
    counts = training.pack.counts()
    photos = ", ".join(f"{n} {name}" for name, n in counts.items())
    return {
        "name": model_id.replace("-", " ").capitalize(),
        "licence": "not stated",
        "summary": f"A diffusion model on pixels, trained on {sum(counts.values())} photos.",
        "trainingData": f"{sum(counts.values())} photos: {photos}.",
        "bias": "It knows what its photos show, and nothing else.",
        "limits": "Nobody has looked at its fills yet.",
    }


def training_facts(training: Training, device_name: str, error: float | None) -> dict:
    progress = training.progress
    return {
        "finishedOn": date.today().isoformat(),
        "photos": len(training.pack.train),
        "cropsSeen": progress.crops,
        "cropsBySize": {str(size): n for size, n in sorted(progress.crops_by_size.items())},
        "steps": progress.steps,
        "minutes": round(progress.seconds / 60, 1),
        "device": device_name,
        **({"begunFrom": progress.begun_from} if progress.begun_from else {}),
        **({"validationError": round(error, 5)} if error is not None else {}),
    }


def card(training: Training, model_id: str, words: dict[str, str], file: Path, facts: dict) -> dict:
    """`card.json`, as src/protocol/model-card.ts describes it."""
    shape, classes = training.shape, training.pack.classes
    data = file.read_bytes()
    return {
        "id": model_id,
        "name": words["name"],
        "checkpoint": {"path": file.name, "sizeBytes": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        "network": {
            "family": "diffusers-unet2d",
            "channels": 3,
            "outChannels": 3,
            "pixelUnshuffle": UNSHUFFLE,
            "sizeMultiple": shape.size_multiple,
            "nativeSize": 64,
            "isFixedSize": False,
            "parameters": parameter_count(training.network),
        },
        "diffusion": {
            "betaSchedule": SCHEDULER["beta_schedule"],
            "betaStart": SCHEDULER["beta_start"],
            "betaEnd": SCHEDULER["beta_end"],
            "numTrainTimesteps": T,
            "predictionType": SCHEDULER["prediction_type"],
            "varianceType": SCHEDULER["variance_type"],
            "clipDenoised": True,
        },
        "classes": [{"label": i, "name": name} for i, name in enumerate(classes)],
        "nullClassLabel": len(classes),
        **{key: words[key] for key in WORDS if key != "name"},
        "training": facts,
    }


@torch.no_grad()
def example_io(network: UNet) -> dict[str, torch.Tensor]:
    """Inputs and the network's answer in float32 on the processor, to check a conversion with."""
    generator, multiple = torch.Generator().manual_seed(5), network.shape.size_multiple
    height, width = (max(side, multiple) // multiple * multiple for side in (64, 48))
    x = torch.randn(2, 3, height, width, generator=generator)
    t, labels = torch.tensor([30, 700]), torch.tensor([0, network.shape.labels - 1])
    out = F.pixel_shuffle(network(F.pixel_unshuffle(x, UNSHUFFLE), t, labels), UNSHUFFLE)
    return {"x": x, "t": t, "class_labels": labels, "out": out.contiguous()}


def export(training: Training, network: UNet, folder: Path, words: dict[str, str], facts: dict) -> None:
    """Throws: SystemExit when a weight is not finite in float16; nothing is written then."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.cpu().contiguous().half() for name, value in network.state_dict().items()}
    if not all(torch.isfinite(value).all() for value in weights.values()):
        raise SystemExit(
            "Weights are not finite in float16; nothing is exported. Train on with a lower --lr."
        )
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / "config.json").write_text(as_json(diffusers_config(training.shape)))
    (folder / "scheduler_config.json").write_text(as_json(SCHEDULER))
    stored = UNet(training.shape).eval()
    stored.load_state_dict({name: value.float() for name, value in weights.items()})
    save_file(example_io(stored), folder / "io.safetensors")
    for name in (WEIGHTS, "io.safetensors"):
        (folder / name).chmod(0o644)  # safetensors writes for the owner alone
    (folder / "card.json").write_text(as_json(card(training, folder.name, words, folder / WEIGHTS, facts)))
