"""Parts and orientations: what every room of the house agrees on.

Knows names and numbers only; it knows no files, no arrays and no networks.
"""

from __future__ import annotations

from collections.abc import Sequence

IGNORE = 255
"""Label of a pixel that no loss and no score may count."""

MAX_PARTS = 32
"""More parts than this is a mistake: labels and tokens are spent for nothing."""

TIGER_PARTS = ("head", "body", "tail", "hind legs", "front legs")
"""K = 5 of the paper's §4.3.1 (ATRW)."""

YAK_PARTS = ("head", "body", "hind legs", "front legs")
"""K = 4 of the paper's §4.3.2 (YakReID-103): the tail lies too close to the body."""

ORIENTATIONS = ("left", "right", "front", "back", "unknown")
"""Which side of the animal the camera sees; "left" is the animal's own left flank."""

FLANKS = ("left", "right")

CONFIDENT = 0.99
"""From this confidence on a predicted flank counts as if it were given (docs/results.md)."""

_MIRROR = {"left": "right", "right": "left"}

# Okabe and Ito's colours keep apart for every kind of colour vision; beyond eight they repeat,
# darker.
_OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (160, 160, 160),
)
BACKGROUND_COLOUR = (24, 24, 24)
IGNORE_COLOUR = (255, 255, 255)


def mirrored(orientation: str) -> str:
    """The orientation that a mirror image shows ("left" → "right", "front" → "front")."""
    return _MIRROR.get(orientation, orientation)


def comparable(first: str, second: str) -> bool:
    """Whether two photos can show the same pattern.

    Opposite flanks carry different patterns and can't be compared; what is unknown, or seen from
    the front or the back, is compared with everything.
    """
    return _MIRROR.get(first) != second


def side_shown(given: str, predicted: str, confidence: float) -> str:
    """The orientation to go by.

    Args:
        given: what people say, one of `ORIENTATIONS`; unless "unknown" it holds.
        predicted: the flank that a model sees, "" where none does.
        confidence: of the model, in [0, 1]; below `CONFIDENT` it counts for nothing.
    """
    return predicted if given == "unknown" and predicted and confidence >= CONFIDENT else given


def side_label(side: str, confidence: float | None) -> str:
    """An orientation for people to read; a confidence means that only a model says so."""
    if confidence is None:
        return side
    # Never "100 %": no prediction is certain.
    return f"{side} (predicted, {min(confidence, 0.999):.1%})"


def colours(number: int) -> list[tuple[int, int, int]]:
    """`number` RGB colours in [0, 255], one a part, that colour-blind people can tell apart."""
    found = []
    for index in range(number):
        dim = 0.6 ** (index // len(_OKABE_ITO))
        red, green, blue = _OKABE_ITO[index % len(_OKABE_ITO)]
        found.append((int(red * dim), int(green * dim), int(blue * dim)))
    return found


def palette(parts: Sequence[str]) -> list[int]:
    """A 256 × 3 palette for label PNGs: parts, then background, 255 = ignore."""
    flat = [channel for colour in colours(len(parts)) for channel in colour]
    flat += BACKGROUND_COLOUR
    flat += [0] * (3 * IGNORE - len(flat))
    flat += IGNORE_COLOUR
    return flat
