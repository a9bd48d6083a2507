"""Charts as inline SVG that follows the page: its colours are CSS variables, its text is text.

Knows numbers and names; it knows no run, no table and no page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pawvit.evaluation import MatchCurve
from pawvit.metrics import Floats
from pawvit.report.history import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# matplotlib draws with these colours, and the page's own take their place afterwards.
_INK, _MUTED, _LINE = "#010101", "#020202", "#030303"
_SERIES = ("#040404", "#050505", "#060606")
_VARIABLES = {
    _INK: "var(--ink)",
    _MUTED: "var(--muted)",
    _LINE: "var(--line)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(_SERIES, start=1)},
}

_WIDE, _HIGH = 4.6, 2.9  # inches; 72 CSS pixels each, so that text keeps its size on a phone
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pawvit",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _MUTED,
    "axes.labelsize": 10,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.6,
    "xtick.color": _LINE,
    "ytick.color": _LINE,
    "xtick.labelcolor": _MUTED,
    "ytick.labelcolor": _MUTED,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
}


def loss_chart(series: Series) -> str:
    """One loss over the images seen: every step faintly, and their running median."""
    with rc_context(_STYLE):
        figure, axes = _empty(3.3, 2.1)
        axes.plot(series.images, series.values, color=_MUTED, linewidth=0.8, alpha=0.45)
        axes.plot(series.images, _smooth(series.values), color=_SERIES[0])
        _images_axis(axes, series.images)
        _fit_range(axes, series.values)
        return _svg(figure)


def rate_chart(series: Series) -> str:
    """The learning rate over the images seen."""
    with rc_context(_STYLE):
        figure, axes = _empty(3.3, 2.1)
        axes.plot(series.images, series.values, color=_SERIES[0])
        axes.set_ylim(bottom=0)
        _images_axis(axes, series.images)
        axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
        axes.yaxis.offsetText.set_color(_MUTED)
        return _svg(figure)


def validation_chart(metrics: Mapping[str, Series], best: int) -> str:
    """Metrics in per cent over the images seen, each line named at its end; `best` is marked."""
    with rc_context(_STYLE):
        figure, axes = _empty(_WIDE, _HIGH)
        markers = ("o", "s", "^")
        ends = []
        for (name, series), colour, marker in zip(metrics.items(), _SERIES, markers, strict=False):
            percent = 100 * series.values
            axes.plot(series.images, percent, color=colour, marker=marker, markersize=4)
            ends.append((float(percent[-1]), name, colour))
        axes.axvline(best, color=_MUTED, linewidth=1, linestyle=(0, (2, 3)))
        top = max(float(100 * series.values.max()) for series in metrics.values())
        axes.set_ylim(0, min(100, top * 1.15) or 1)
        axes.set_ylabel("per cent")
        images = np.concatenate([series.images for series in metrics.values()])
        _images_axis(axes, images)
        _name_ends(axes, ends, float(images.max()))
        return _svg(figure)


def match_chart(curves: Mapping[str, MatchCurve]) -> str:
    """CMC in per cent with 95 % bands, each named at its end, and chance for each, dashed."""
    with rc_context(_STYLE):
        figure, axes = _empty(_WIDE, _HIGH)
        ends = []
        # The first is drawn broader, so that it shows where a second one lies right upon it.
        for (name, curve), colour, breadth in zip(
            curves.items(), _SERIES, (4.0, 1.6), strict=False
        ):
            ranks = np.arange(1, len(curve.share) + 1)
            axes.fill_between(
                ranks, 100 * curve.lower, 100 * curve.upper, color=colour, alpha=0.16, linewidth=0
            )
            axes.plot(ranks, 100 * curve.share, color=colour, linewidth=breadth)
            axes.plot(ranks, 100 * curve.chance, color=colour, linewidth=1.2, linestyle=(0, (3, 3)))
            ends.append((float(100 * curve.share[-1]), name, colour))
        depth = max(len(curve.share) for curve in curves.values())
        axes.set_xlim(0.5, depth + 0.5)
        axes.set_ylim(0, 102)
        axes.set_xlabel("among the first … answers")
        axes.set_ylabel("queries, per cent")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(ends) > 1:
            _name_ends(axes, ends, depth)
        return _svg(figure)


def weight_chart(weights: Floats, names: Sequence[str], colours: Sequence[str]) -> str:
    """Part weights in per cent: a bar for the middle half of the photos, a line for 90 %, a dot
    for the mean.

    Args:
        weights: N × K, in [0, 1].
        names: the K parts.
        colours: as CSS knows them.
    """
    with rc_context(_STYLE):
        figure, axes = _empty(_WIDE, 0.75 + 0.42 * len(names))
        for place, (own, colour) in enumerate(zip(100 * weights.T, colours, strict=True)):
            low, lower, upper, high = np.percentile(own, [5, 25, 75, 95])
            axes.plot([low, high], [place, place], color=_MUTED, linewidth=1.2)
            axes.barh(place, upper - lower, left=lower, height=0.46, color=colour, linewidth=0)
            axes.plot(own.mean(), place, marker="o", markersize=6, color=_INK)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", labelcolor=_INK, length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.axvline(100 / len(names), color=_MUTED, linewidth=1, linestyle=(0, (2, 3)))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("part weight, per cent")
        return _svg(figure)


def count_chart(counts: Sequence[int]) -> str:
    """How many individuals have so many photos."""
    with rc_context(_STYLE):
        figure, axes = _empty(_WIDE, _HIGH)
        step = max(1, -(-max(counts) // 24))
        edges = np.arange(0.5, max(counts) + 0.5 + step, step)
        axes.hist(counts, bins=edges.tolist(), color=_SERIES[0], rwidth=0.86)
        axes.set_xlabel("photos of an individual")
        axes.set_ylabel("individuals")
        axes.grid(visible=False, axis="x")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True, nbins=8, steps=[1, 2, 5, 10]))
        return _svg(figure)


def _empty(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    return figure, axes


def _images_axis(axes: Axes, images: Floats) -> None:
    axes.set_xlim(0, max(float(images.max()), 1))
    axes.set_xlabel("images seen")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 4, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))


def _fit_range(axes: Axes, values: Floats) -> None:
    """Single steps that jump out do not flatten the rest."""
    low, high = np.percentile(values, [0.5, 99.5])
    margin = 0.06 * (high - low) or 0.1
    axes.set_ylim(0 if 0 <= low < 0.4 * high else low - margin, high + margin)


def _smooth(values: Floats) -> Floats:
    """The running median over a twentieth of the steps."""
    reach = max(1, len(values) // 40)
    return np.array(
        [np.median(values[max(0, i - reach) : i + reach + 1]) for i in range(len(values))]
    )


def _name_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], right: float) -> None:
    """Names beside the lines' ends, moved apart where they would lie over each other."""
    low, high = axes.get_ylim()
    gap = 0.085 * (high - low)
    heights: list[float] = []
    for value, _, _ in sorted(ends):
        heights.append(max([value, *(height + gap for height in heights)]))
    above = max(0.0, heights[-1] - high)
    for (_, name, colour), height in zip(sorted(ends), heights, strict=True):
        height -= above
        axes.annotate(
            name, (right, height), (6, 0), textcoords="offset points", va="center", color=colour,
            annotation_clip=False,
        )  # fmt: skip


def _svg(figure: Figure) -> str:
    """The drawing without what only a file of its own needs, coloured by the page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r' id="(?!p|m)[^"]*"', "", text)  # clip paths and markers are referred to
    text = re.sub(r"font: (\d+\.?\d*)px [^;\"]*", r"font-size: \1px", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    match = re.search(r'viewBox="0 0 ([\d.]+)', text)
    width = match[1] if match else "400"
    return re.sub(
        r"<svg[^>]*>",
        lambda whole: re.sub(r' (width|height|version|xmlns[^=]*)="[^"]*"', "", whole[0]).replace(
            "<svg", f'<svg aria-hidden="true" style="max-width: {float(width) * 4 / 3:.0f}px"'
        ),
        text,
        count=1,
    )
