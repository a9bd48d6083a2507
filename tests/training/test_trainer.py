"""The loop: it learns, it logs, it stops cleanly and goes on exactly where it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pawvit.errors import ConfigError, PartMapError, PawvitError, PhotoTableError
from pawvit.model.heads import TrainingHeads
from pawvit.model.pawvit import PawViT
from pawvit.model.pretrained import build
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.readers import read_table, write_table
from pawvit.training.config import TrainConfig, load_config
from pawvit.training.dataset import TrainingPhotos, collate
from pawvit.training.run import Run
from pawvit.training.trainer import Progress, Trainer, choose_precision, parameter_groups

CPU = torch.device("cpu")


def photos_of(herd: Path, config: TrainConfig) -> TrainingPhotos:
    return TrainingPhotos(
        read_table(herd / "photos.csv").part("train"),
        PartMaps.open(herd / "maps"),
        image_size=config.model.image_size,
        map_size=config.model.map_size,
        augment=config.augment,
        rejected_mask_weight=config.loss.rejected_mask_weight,
    )


def trainer_of(
    herd: Path,
    folder: Path,
    config: TrainConfig,
    report: Callable[[Progress], None] = lambda progress: None,
    validate: Callable[[PawViT], dict[str, float]] = lambda model: {"mAP": 0.5},
) -> Trainer:
    torch.manual_seed(config.seed)
    data = photos_of(herd, config)
    model = build(config.model, "none")
    heads = TrainingHeads(model, len(data.entities))
    run = Run(folder, config, {"precision": "float32"}, data.entities)
    if not (folder / "config.yaml").exists():
        run.begin()
    return Trainer(config, data, model, heads, run, device=CPU, validate=validate, report=report)


def test_a_run_folder_holds_what_it_should(run: Path) -> None:
    for name in ("config.yaml", "run.json", "log.jsonl", "best.safetensors", "last.safetensors"):
        assert (run / name).stat().st_size > 0
    assert (run / "done").exists()
    assert list(run.glob("events.out.tfevents.*"))
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["kind"] == "train"]
    assert [line["images"] for line in steps] == [8, 16, 24, 32, 40, 48]
    assert {"identity", "triplet", "mask", "orientation", "total"} < set(steps[0])
    evaluations = [line["images"] for line in lines if line["kind"] == "validation"]
    assert evaluations == [0, 16, 32, 48]


def test_the_losses_fall(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    config = load_config("herd", [*tiny, "images=320", "optimiser.lr=2e-3", "augment.colour=0"])
    seen: list[Progress] = []
    trainer_of(herd, tmp_path / "run", config, seen.append).fit()
    first = sum(p.losses["mask"] for p in seen[:5])
    last = sum(p.losses["mask"] for p in seen[-5:])
    assert last < 0.9 * first


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    config = load_config("herd", tiny)
    trainer_of(herd, tmp_path / "whole", config).fit()

    broken = trainer_of(herd, tmp_path / "broken", config)
    broken.report = lambda progress: broken.stop() if progress.images == 24 else None
    with pytest.raises(KeyboardInterrupt):
        broken.fit()
    assert broken.run.load_last(broken.model, broken.heads)[1]["step"] == 3
    trainer_of(herd, tmp_path / "broken", config).fit()
    whole, again = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "broken"))
    assert whole.keys() == again.keys()
    for name, value in whole.items():
        assert torch.equal(value, again[name]), name
    logs = [(tmp_path / name / "log.jsonl").read_text() for name in ("whole", "broken")]
    assert logs[0] == logs[1]


def test_the_best_evaluation_is_kept(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    answers = iter([0.1, 0.5, 0.9, 0.3])
    config = load_config("herd", tiny)
    trainer_of(herd, tmp_path / "run", config, validate=lambda m: {"mAP": next(answers)}).fit()
    from pawvit.model.checkpoint import load_card

    card = load_card(tmp_path / "run" / "best.safetensors")
    assert (card.images_seen, card.metrics["mAP"]) == (32, 0.9)


def test_patience_ends_a_training_early(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    config = load_config("herd", [*tiny, "patience=1"])
    seen: list[int] = []
    trainer_of(herd, tmp_path / "run", config, lambda p: seen.append(p.images)).fit()
    assert max(seen) == 32  # the second evaluation is no better than the first


def test_a_run_that_was_killed_before_its_first_save_begins_anew(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    config = load_config("herd", tiny)
    killed = trainer_of(herd, tmp_path / "run", config)
    killed.run.log("train", 8, {"total": 1.0})
    trainer_of(herd, tmp_path / "run", config).fit()
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["kind"] == "validation"
    trainer_of(herd, tmp_path / "whole", config).fit()
    assert (tmp_path / "whole" / "log.jsonl").read_text().splitlines() == lines


def test_photos_that_changed_since_are_noticed(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    config = load_config("herd", tiny)
    trainer_of(herd, tmp_path / "run", config).fit()
    other = trainer_of(herd, tmp_path / "run", config)
    other.run.entities = ("somebody", *other.run.entities[1:])
    with pytest.raises(ConfigError, match="were changed"):
        other.fit()


def test_a_loss_that_is_no_number_stops_the_training(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    trainer = trainer_of(herd, tmp_path / "run", load_config("herd", tiny))
    with torch.no_grad():
        trainer.model.tokens.fill_(float("nan"))
    trainer.validate = lambda model: {"mAP": 0.0}
    with pytest.raises(PawvitError, match="no longer a number"):
        trainer.fit()


def test_a_begun_folder_is_not_overwritten(run: Path) -> None:
    config = load_config("herd")
    with pytest.raises(ConfigError, match="already holds"):
        Run(run, config, {}, []).begin()


def test_layers_learn_at_their_own_rates(tiny: tuple[str, ...]) -> None:
    config = load_config(
        "herd",
        [*tiny, "optimiser.lr=1e-4", "optimiser.new_lr=1e-3", "optimiser.layer_decay=0.5"],
    )
    model = build(config.model, "none")
    heads = TrainingHeads(model, 4)
    groups = parameter_groups(model, heads, config.optimiser)
    rate = {id(p): g["peak"] for g in groups for p in g["params"]}
    decay = {id(p): g["weight_decay"] for g in groups for p in g["params"]}
    assert rate[id(model.blocks[1].attn.qkv.weight)] == pytest.approx(1e-4)
    assert rate[id(model.blocks[0].attn.qkv.weight)] == pytest.approx(0.5e-4)
    assert rate[id(model.patch_embed.proj.weight)] == pytest.approx(0.25e-4)
    assert rate[id(model.tokens)] == rate[id(heads.entity.weight)] == 1e-3
    assert decay[id(heads.entity.weight)] > 0
    assert decay[id(heads.entity.bias)] == decay[id(model.tokens)] == 0
    assert id(heads.neck.bias) not in rate


def test_frozen_layers_stay_as_they_were(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    config = load_config("herd", [*tiny, "optimiser.frozen_blocks=1"])
    trainer = trainer_of(herd, tmp_path / "run", config)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer.fit()
    after = trainer.model.state_dict()
    for name, value in before.items():
        frozen = name.startswith(("blocks.0.", "patch_embed.", "patch_position"))
        if frozen:
            assert torch.equal(value, after[name]), name
    assert not torch.equal(before["blocks.1.attn.qkv.weight"], after["blocks.1.attn.qkv.weight"])


def test_a_photo_without_a_map_is_named(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    shutil.copytree(herd, tmp_path / "herd")
    table = read_table(tmp_path / "herd/photos.csv").part("train")
    PartMaps.open(tmp_path / "herd/maps").path_of(table.paths[3]).unlink()
    with pytest.raises(PartMapError, match="have no part map"):
        photos_of(tmp_path / "herd", load_config("herd", tiny))


def test_rejected_maps_are_not_looked_at(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    from pawvit.training.sampler import Draw

    shutil.copytree(herd, tmp_path / "herd")
    table = read_table(tmp_path / "herd/photos.csv").part("train")
    maps = PartMaps.open(tmp_path / "herd/maps")
    maps.path_of(table.paths[3]).unlink()
    said = ["yes", "no", "", "no", *[""] * (len(table) - 4)]
    table = PhotoTable(table.frame.assign(mask_ok=said), table.root, table.source)
    config = load_config("herd", tiny)

    def photos(weight: float) -> TrainingPhotos:
        return TrainingPhotos(
            table,
            maps,
            image_size=config.model.image_size,
            map_size=config.model.map_size,
            augment=config.augment,
            rejected_mask_weight=weight,
        )

    data = photos(config.loss.rejected_mask_weight)
    items = [data[Draw(photo, 0, False, 1)] for photo in range(4)]
    assert [weight for *_, weight in items] == [1, 0, 1, 0]
    assert [bool((labels == 255).all()) for _, labels, *_ in items] == [False, True, False, True]
    images, labels, entities, right, weights = collate(items)
    assert len(images) == len(labels) == len(entities) == len(right) == len(weights) == 4
    with pytest.raises(PartMapError, match=r"1 of .* have no part map") as caught:
        photos(0.5)
    assert "mask_ok" in str(caught.value.mend)
    maps.write(table.paths[3], maps.read(table.paths[0]))
    assert photos(0.5)[Draw(1, 0, False, 1)][4] == 0.5


def test_a_training_with_rejected_maps(herd: Path, tmp_path: Path, tiny: tuple[str, ...]) -> None:
    """Only the mask loss hears of it: the first step's other losses are the same."""
    shutil.copytree(herd, tmp_path / "herd")
    table = read_table(tmp_path / "herd/photos.csv")
    every_other = ["no" if row % 2 else "" for row in range(len(table))]
    config = load_config("herd", [*tiny, "images=8", "loss.rejected_mask_weight=0.5"])
    first: dict[str, dict[str, float]] = {}
    for name, said in (("none", [""] * len(table)), ("half", every_other)):
        changed = PhotoTable(table.frame.assign(mask_ok=said), table.root, table.source)
        write_table(changed, tmp_path / "herd/photos.csv")
        seen: list[Progress] = []
        trainer_of(tmp_path / "herd", tmp_path / name, config, seen.append).fit()
        first[name] = seen[0].losses
    for loss in ("identity", "triplet", "orientation"):
        assert first["none"][loss] == first["half"][loss]
    assert first["none"]["mask"] != first["half"]["mask"]


def test_one_entity_is_not_enough(herd: Path, tiny: tuple[str, ...]) -> None:
    config = load_config("herd", tiny)
    table = read_table(herd / "photos.csv").part("train")
    with pytest.raises(PhotoTableError, match="training needs two"):
        TrainingPhotos(
            table.take([0]),
            PartMaps.open(herd / "maps"),
            image_size=config.model.image_size,
            map_size=config.model.map_size,
            augment=config.augment.model_copy(update={"mirror": False}),
        )


def test_mirrored_photos_are_other_entities_of_the_other_flank(
    herd: Path, tiny: tuple[str, ...]
) -> None:
    config = load_config(
        "herd",
        [*tiny, "augment.rotation=0", "augment.colour=0", "augment.zoom=0", "augment.shift=0"],
    )
    data = photos_of(herd, config)
    plain = len(set(data.table.entities))
    assert len(data.entities) == 2 * plain
    from pawvit.training.sampler import Draw

    first = data.shows[0][0][0]
    mirrored = next(e for e, own in enumerate(data.shows) if (first, True) in own)
    image, labels, _, right, _ = data[Draw(first, 0, False, 1)]
    other, flipped, entity, left, _ = data[Draw(first, mirrored, True, 1)]
    assert torch.equal(image.flip(-1), other)
    assert torch.equal(labels.flip(-1), flipped)
    assert entity == mirrored
    assert {right, left} == {0.0, 1.0}


def test_precision_is_measured_or_as_asked() -> None:
    assert choose_precision("bf16", CPU) == "bf16"
    assert choose_precision("float32", CPU) == "float32"
    assert choose_precision("auto", CPU) in ("bf16", "float32")
