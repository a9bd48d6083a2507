"""docs/experiments.md from what the notebooks hold. Knows words and figures; it trains nothing."""

from __future__ import annotations

from pathlib import Path

from notebook import RESULTS, Notebook
from pawvit import files
from pawvit.reproduce.summary import Figure, figures
from study import Study, load, names

PAGE = Path(__file__).parents[1] / "docs" / "experiments.md"
METRICS = ("mAP", "mAP over entities", "rank-1", "rank-5")

JUDGED = {
    "select": "`select`",
    "val": "`val`",
    "held": "`select` and a third of those of `train`, on which nothing was trained here",
}

HEAD = """# Experiments
Every question that was asked of the method, what was changed, and what came of it.
`experiments/lab.py` writes this page, nobody edits it; it trains what is missing of a study:

```bash
python experiments/lab.py run ladder photos.csv maps/ -o lab/ --workers 2
```

In per cent, with 95 % intervals from 1,000 resamplings of the individuals; the mAP of each seed in
square brackets. Differences are paired, query by query, between means over seeds. The decision is a
rule: *helps* or *costs* where the interval of the difference in mAP, flank unknown, lies on one
side of zero, else *not shown*.
"""


def write(page: Path = PAGE, root: Path = RESULTS) -> Path:
    """Writes the page; gives its path."""
    sections = [section(name, load(name), Notebook(name, root)) for name in names()]
    files.write_text(page, "\n".join([HEAD, *filter(None, sections)]))
    return page


def section(name: str, study: Study, notebook: Notebook) -> str:
    """A study's part of the page; "" where nothing was measured yet."""
    done = {row: notebook.answers(row) for row in study.rows if notebook.seeds(row)}
    if not done:
        return ""
    shared = [f"`{one}`" for one in (study.preset, *study.settings)]
    lines = [
        f"## {study.title}",
        study.about.strip(),
        "",
        f"Study `{name}`, all rows: {', '.join(shared)}; judged on the individuals of"
        f" {JUDGED[study.judged_on]}.",
        "",
        "| question | change | mAP | over entities | rank-1 | rank-5 | flank known: mAP | rank-1 |"
        " mAP against | decision |",
        f"|{'---|' * 10}",
    ]
    for row, found in done.items():
        what, ours = study.rows[row], figures(METRICS, found)
        shown = [str(ours[place]) for place in (0, 1, 2, 3, 4, 6)]
        if len(found) > 1:
            shown[0] += f" [{', '.join(f'{one:.1f}' for one in ours[0].seeds)}]"
        gains = {
            other: figures(METRICS, found, done[other])[0]
            for other in what.against
            if other in done
        }
        against = "; ".join(f"{other}: {signed(gain)}" for other, gain in gains.items())
        decided = "; ".join(decision(gain) for gain in gains.values())
        gone = f" ({what.gone})" if what.gone else ""
        cells = [what.question, f"**{row}**: {what.change}{gone}", *shown, against, decided]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_settings(study, list(done)), ""]
    return "\n".join(lines)


def signed(figure: Figure) -> str:
    """A difference with its interval."""
    bounds = "" if figure.lower is None else f" ({figure.lower:+.1f} to {figure.upper:+.1f})"
    return f"{figure.value:+.1f}{bounds}"


def decision(figure: Figure) -> str:
    """The rule of the page's head."""
    if figure.lower is not None and figure.lower > 0:
        return "helps"
    if figure.upper is not None and figure.upper < 0:
        return "costs"
    return "not shown"


def _settings(study: Study, done: list[str]) -> list[str]:
    changed = ((row, study.rows[row].settings) for row in done)
    return [f"- {row}: {', '.join(f'`{one}`' for one in own)}" for row, own in changed if own]
