"""Findings → one HTML page that needs nothing beside it.

Knows what is shown, in which words; how it looks is in `templates/`.
"""

from __future__ import annotations

import datetime
import platform
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from statistics import median
from typing import Any

import numpy as np
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pawvit.anatomy import colours
from pawvit.audit import summary
from pawvit.evaluation import METRICS, Evaluation
from pawvit.metrics import Floats
from pawvit.model.checkpoint import versions
from pawvit.report import charts
from pawvit.report.findings import Findings, confusions
from pawvit.report.plates import (
    Album,
    answer_plates,
    confusion_plates,
    map_plates,
    mask_plates,
)

TITLES = {
    "map_queries": "mAP over queries",
    "map_entities": "mAP over entities",
    "rank1": "rank-1",
    "rank5": "rank-5",
    "rank10": "rank-10",
    "minp": "mINP",
}
_PAIRS = 6  # of individuals that were confused
_PACKAGES = ("torchvision", "safetensors", "numpy", "pandas", "pillow", "matplotlib")


def render(
    found: Findings,
    *,
    pictures: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """The whole page as text.

    Args:
        found: what `findings.gather` found.
        pictures: False leaves out every picture of an animal; numbers, names and charts stay.
        progress: called with (sections done, sections).

    Raises:
        ImageError, PartMapError: a picture or a part map can't be read.
    """
    album = Album(pictures)
    listed = confusions(found.results[0], found.asked.identities)
    sections: list[Callable[[], dict[str, Any]]] = [
        lambda: _head(found),
        lambda: _data(found),
        lambda: {"parts": _legend(found), "map_pairs": map_plates(found, album)},
        lambda: _training(found),
        lambda: _numbers(found),
        lambda: {"mask_rows": mask_plates(found, album), **_weights(found)},
        lambda: {"retrieval": answer_plates(found, album)},
        lambda: {"confusions": confusion_plates(found, album, listed[:_PAIRS])},
        lambda: _made(found),
    ]
    context: dict[str, Any] = {"found": found, "pictures": pictures, "pairs_in_all": len(listed)}
    for number, section in enumerate(sections, start=1):
        context |= section()
        if progress:
            progress(number, len(sections))
    return environment().get_template("report.html").render(context)


def environment() -> Environment:
    """What pages are made with: the templates, strict about names, and how numbers are written."""
    made = Environment(
        loader=PackageLoader("pawvit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"percent": _percent, "count": lambda number: f"{number:,}"}
    return made


def _head(found: Findings) -> dict[str, Any]:
    first = found.results[0]
    shown = {"mAP": "map_queries", "rank-1": "rank1", "rank-5": "rank5", "rank-10": "rank10"}
    folder, now = found.folder.resolve(), datetime.datetime.now()
    cells = set(found.table.column("split")) - {""}
    return {
        # Many runs are called just that; then the folder around them tells them apart.
        "name": f"{folder.parent.name}/{folder.name}" if folder.name == "run" else folder.name,
        "made": f"{now.day} {now:%B %Y}",
        "tiles": [
            (title, getattr(first, name), first.intervals.get(name), first.chance[name])
            for title, name in shown.items()
        ],
        "hits": round(first.rank1 * first.valid),
        "by_chance": first.chance["rank1"] * first.valid,
        "taught": found.split == found.facts["train_split"],
        "untouched": sorted(
            cells - {found.facts["train_split"], found.facts["select_split"]},
            # `val` is what `pawvit data split` calls it.
            key=lambda split: (split != "val", split),
        ),
    }


def _data(found: Findings) -> dict[str, Any]:
    counts = list(Counter(name for name in found.table.identities if name).values())
    if "split" in found.table.frame.columns:
        cells = {split for split in found.table.column("split") if split}
        used = [found.facts["train_split"], found.facts["select_split"]]
        names = [name for name in used if name in cells] + sorted(cells - set(used))
        splits = {name: summary(found.table.part(name)) for name in names}
    else:
        splits = {
            found.facts["train_split"]: summary(found.learn),
            found.split: summary(found.asked),
        }
    uses = {
        found.facts["train_split"]: "trained on",
        found.facts["select_split"]: "chose the checkpoint",
    }
    return {
        "summary": summary(found.table),
        "splits": splits,
        "uses": uses,
        "per_individual": (min(counts), median(counts), max(counts)),
        "count_chart": Markup(charts.count_chart(counts)) if len(set(counts)) > 1 else None,
    }


def _training(found: Findings) -> dict[str, Any]:
    train = dict(found.history.train)
    rate = train.pop("learning_rate", None)
    total = train.pop("total", None)
    losses = train | ({"total, weighted": total} if total is not None else {})
    shown = {"mAP": "mAP", "rank1": "rank-1", "rank5": "rank-5"}
    validation = {
        title: found.history.validation[name]
        for name, title in shown.items()
        if name in found.history.validation
    }
    drawn = [
        (name, Markup(charts.loss_chart(series)), _from_to(series.values))
        for name, series in losses.items()
    ]
    return {
        "loss_charts": drawn,
        "rate_chart": None if rate is None else Markup(charts.rate_chart(rate)),
        "validation_chart": Markup(charts.validation_chart(validation, found.card.images_seen))
        if validation
        else None,
        "validation": validation,
    }


def _numbers(found: Findings) -> dict[str, Any]:
    rows = [
        (
            TITLES[name],
            [
                (getattr(result, name), result.intervals.get(name), result.chance[name])
                for result in found.results
            ],
        )
        for name in METRICS
    ]
    cases = [_case(result) for result in found.results]
    curves = dict(zip(cases, found.curves, strict=True))
    return {
        "metric_rows": rows,
        "cases": cases,
        "match_chart": Markup(charts.match_chart(curves)),
        "curves": curves,
    }


def _weights(found: Findings) -> dict[str, Any]:
    weights = found.descriptors.part_weights
    if weights is None:
        return {"weight_chart": None, "weights": []}
    drawn = charts.weight_chart(weights.astype(np.float64), *zip(*_legend(found), strict=True))
    low, high = np.percentile(weights, [5, 95], axis=0)
    columns = found.card.config.parts, weights.mean(axis=0), weights.std(axis=0), low, high
    return {"weight_chart": Markup(drawn), "weights": list(zip(*columns, strict=True))}


def _made(found: Findings) -> dict[str, Any]:
    parts = found.card.config.has_parts
    now = versions() | {name: metadata.version(name) for name in _PACKAGES}
    return {
        "settings": yaml.safe_dump(found.config.model_dump(mode="json"), sort_keys=False).strip(),
        "versions": [
            (name, found.card.versions.get(name, "–"), version) for name, version in now.items()
        ],
        "platform": platform.platform(),
        "again": f"pawvit train {found.facts['photos']}"
        f"{' -m ' + found.facts['maps'] if parts else ''} -o NEW-RUN"
        f" -p {found.folder.absolute() / 'config.yaml'}",
    }


def _case(result: Evaluation) -> str:
    return result.name.split(", ")[-1]


def _legend(found: Findings) -> list[tuple[str, str]]:
    """The parts and their colours, as CSS knows them."""
    parts = found.card.config.parts
    shades = ["#{:02x}{:02x}{:02x}".format(*shade) for shade in colours(len(parts))]
    return list(zip(parts, shades, strict=True))


def _from_to(values: Floats) -> str:
    return f"{values[0]:.3g} → {values[-1]:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
