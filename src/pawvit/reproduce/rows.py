"""The paper's tables 1 to 3 as data: their figures, and what each row changes in a training.

Knows numbers and settings; it trains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pawvit.errors import ConfigError
from pawvit.training.config import TrainConfig, load_config

_DESCRIPTOR = "model.retrieval=descriptor"

Figures = tuple[float | None, ...]
"""In per cent, a column each; None where the paper gives none."""


@dataclass(frozen=True)
class Row:
    """A method.

    Attributes:
        name: the folder of its trainings, and what `--rows` calls it.
        title: what the paper calls it.
        changes: settings that make it this row, whatever else is set.
        unless_set: settings that it has unless others are given.
        paper: the paper's figures; empty for a row that the paper does not have.
    """

    name: str
    title: str
    changes: tuple[str, ...] = ()
    unless_set: tuple[str, ...] = ()
    paper: Figures = ()

    def config(self, preset: str, settings: Sequence[str], seed: int) -> TrainConfig:
        """The settings of a training of this row; raises ConfigError as `load_config` does.

        Whatever the preset compares by, the tables are about the paper's descriptor.
        """
        asked = load_config(preset, [_DESCRIPTOR, *self.unless_set, *settings, *self.changes])
        return asked.model_copy(update={"seed": asked.seed + seed})


@dataclass(frozen=True)
class Published:
    """What others report, as the paper cites it; it is not run here.

    Attributes:
        title: the method, its backbone and resolution.
        paper: the figures.
    """

    title: str
    paper: Figures


@dataclass(frozen=True)
class Table:
    """One of the paper's tables.

    Attributes:
        name: "table1" and so on.
        caption: the paper's, without the set.
        data: the set that it is measured on, "atrw" or "yakreid".
        preset: whose settings it takes unless others are asked for.
        groups: its two tests.
        metrics: of each test, by the names in `summary.METRICS`.
        mean: whether a column in front is the mean of both mAP (mmAP).
        published: rows that are not run.
        rows: rows that are run; those without figures of the paper only where they are asked for.
        steps: whether each row is compared with the one before it (table 3), or the last with all.
    """

    name: str
    caption: str
    data: str
    preset: str
    groups: tuple[str, str]
    metrics: tuple[str, ...]
    mean: bool
    published: tuple[Published, ...]
    rows: tuple[Row, ...]
    steps: bool = False

    @property
    def set_name(self) -> str:
        """What people call the set."""
        return {"atrw": "ATRW", "yakreid": "YakReID-103"}[self.data]

    def chosen(self, names: Sequence[str]) -> list[Row]:
        """The rows of these names in the table's order; without names, those of the paper.

        Raises:
            ConfigError: there is no such row.
        """
        known = [row.name for row in self.rows]
        strange = [name for name in names if name not in known]
        if strange:
            raise ConfigError(
                f"{self.name} has no row {', '.join(strange)}", mend=f"rows: {', '.join(known)}"
            )
        return [row for row in self.rows if (row.name in names if names else row.paper)]


_PLAIN = ("model.network=plain",)
_CNN = (
    "model.network=plain",
    "model.backbone=seresnet50",
    "model.architecture={}",
    "model.mean=[0.485, 0.456, 0.406]",
    "model.std=[0.229, 0.224, 0.225]",
)
"""Its authors' normalisation, as in the released code."""

_HUB = ("weights=hub",)
_BLIND = ("loss.orientation=0.0",)


def _compared(cnn: Figures, vit: Figures, paw: Figures) -> tuple[Row, ...]:
    """Rows of tables 1 and 2."""
    return (
        Row("seresnet50", "Baseline, SE-ResNet50", _CNN, _HUB, cnn),
        Row("seresnet50-ce-tri", "SE-ResNet50 without orientation loss", (*_CNN, *_BLIND), _HUB),
        Row("vit", "Baseline, ViT", _PLAIN, (), vit),
        Row("vit-ce-tri", "ViT without orientation loss", (*_PLAIN, *_BLIND)),
        Row("pcb", "PCB: six stripes, ViT", ("model.network=stripes", *_BLIND)),
        Row("paw-vit", "PAW-ViT (ours)", (), (), paw),
    )


TABLES = {
    one.name: one
    for one in (
        Table(
            name="table1",
            caption="Comparison of performance",
            data="atrw",
            preset="paper-atrw",
            groups=("single-camera", "cross-camera"),
            metrics=("mAP", "rank-1", "rank-5"),
            mean=True,
            published=(
                Published("PPbM-a, ResNet50, 256×128", (62.9, 74.1, 88.2, 96.4, 51.7, 76.8, 91.0)),
                Published("PPbM-b, ResNet50, 256×128", (60.3, 72.8, 89.4, 95.6, 47.8, 77.1, 90.7)),
                Published(
                    "NWPU-ASGO, DenseNet, 256×256", (75.1, 87.9, 96.9, 98.3, 62.2, 92.5, 95.1)
                ),
                Published("AER, SE-ResNet50, 224×224", (76.2, None, 95.7, None, None, 88.0, None)),
                Published(
                    "PGCFL, SE-ResNet50, 224×448", (77.0, 89.8, 96.6, 97.7, 64.3, 91.3, 95.8)
                ),
                Published(
                    "PPGNet, SE-ResNet50, 256×512, true poses",
                    (77.9, 89.6, 99.4, 99.4, 66.3, 90.8, 97.7),
                ),
            ),
            rows=_compared(
                (74.2, 84.0, 95.9, 98.6, 64.4, 86.7, 94.2),
                (73.5, 85.2, 94.4, 97.1, 61.9, 89.1, 94.9),
                (77.1, 89.0, 96.7, 98.6, 65.2, 90.6, 95.2),
            ),
        ),
        Table(
            name="table2",
            caption="Comparison of performances",
            data="yakreid",
            preset="paper-yak",
            groups=("simple", "hard"),
            metrics=("mAP", "rank-1", "rank-5"),
            mean=False,
            published=(
                Published("PGCFL, SE-ResNet50, 224×448", (69.4, 94.2, 96.1, 59.0, 85.1, 91.8)),
                Published("PCB, ResNet50, 384×128", (70.9, 94.7, 97.1, 64.8, 89.9, 94.2)),
                Published("AER, SE-ResNet50, 224×224", (None, None, None, 66.1, 92.3, None)),
                Published("PCN-RERP, SE-ResNet50, 288×488", (76.3, 97.6, 98.1, 68.6, 91.8, 93.3)),
            ),
            rows=_compared(
                (77.7, 97.6, 98.3, 71.9, 92.8, 94.2),
                (77.2, 95.6, 98.1, 71.7, 93.7, 96.1),
                (79.1, 96.1, 96.8, 73.2, 92.8, 96.6),
            ),
        ),
        Table(
            name="table3",
            caption="Ablation study of PAW-ViT",
            data="atrw",
            preset="paper-atrw",
            groups=("single-camera", "cross-camera"),
            metrics=("mAP", "rank-1"),
            mean=False,
            published=(),
            rows=(
                Row(
                    "ce",
                    "cross-entropy",
                    ("loss.triplet=0.0", "loss.mask=0.0", *_BLIND),
                    (),
                    (84.0, 94.7, 62.5, 88.8),
                ),
                Row(
                    "ce-tri", "+ triplet", ("loss.mask=0.0", *_BLIND), (), (87.4, 95.6, 63.5, 88.5)
                ),
                Row("ce-tri-ss", "+ distillation", _BLIND, (), (87.7, 96.0, 64.4, 90.0)),
                Row("ce-tri-ss-or", "+ orientation", (), (), (89.0, 96.7, 65.2, 90.6)),
            ),
            steps=True,
        ),
    )
}
"""Name → table."""
