"""Seconds a training step takes an image, side by side in one run, as ratios.

    python benchmarks/train_step.py [PRESET]

Compares, on random pictures: part tokens that join at the input with tokens that join after the
frozen blocks (`model.join_block`), and float32 with bf16 autocast.
"""

from __future__ import annotations

import sys
import time

import torch

from pawvit.losses.criterion import Criterion, Targets
from pawvit.model.heads import TrainingHeads
from pawvit.model.pretrained import build
from pawvit.training.config import load_config
from pawvit.training.trainer import parameter_groups

ROUNDS = 2
BATCH = 16


def stepper(preset: str, overrides: list[str], bf16: bool):
    config = load_config(preset, [*overrides, "weights=none"])
    model = build(config.model, "none").train()
    heads = TrainingHeads(model, 100).train()
    optimiser = torch.optim.AdamW(parameter_groups(model, heads, config.optimiser))
    criterion = Criterion(**config.loss.model_dump(exclude={"triplet_on"}))
    images = torch.rand(BATCH, 3, *config.model.image_size)
    labels = torch.randint(0, config.model.K + 1, (BATCH, *config.model.map_size)).to(torch.uint8)
    targets = Targets(torch.arange(BATCH) // config.sampler.photos, torch.ones(BATCH), labels)

    def step() -> float:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            features = model(images)
            outputs = heads(features)
        total, _ = criterion(
            features.descriptor,
            outputs.entity_logits,
            outputs.orientation_logits,
            outputs.mask_logits,
            targets,
        )
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        optimiser.step()
        return (time.perf_counter() - start) / BATCH

    return step


def main() -> None:
    preset = sys.argv[1] if len(sys.argv) > 1 else "vits14-cpu"
    steppers = {
        "as in the preset": stepper(preset, [], bf16=False),
        "tokens from the input on": stepper(preset, ["model.join_block=0"], bf16=False),
        "bf16 autocast": stepper(preset, [], bf16=True),
    }
    times: dict[str, list[float]] = {name: [] for name in steppers}
    for _ in range(ROUNDS + 1):
        for name, step in steppers.items():
            times[name].append(step())
    base = min(times["as in the preset"][1:])
    print(
        f"{preset}, {torch.get_num_threads()} threads, best of {ROUNDS}, batch {BATCH}, s an image"
    )
    for name, seen in times.items():
        print(f"{name:28} {min(seen[1:]):.3f}   × {min(seen[1:]) / base:.2f}")


if __name__ == "__main__":
    main()
