"""How an animal looks on a day: its colours in a season and its scars. Knows no pose, no pixels.

The layout of the marks never changes: what a season changes is colour and bulk, what a wound
leaves is there from its day on.
"""

from __future__ import annotations

from dataclasses import dataclass

from pawvit.herd.animal import Animal, Colour
from pawvit.herd.coat import Outline

SCAR: Colour = (236, 178, 168)

_FROST: Colour = (196, 190, 182)


@dataclass(frozen=True, eq=False)
class Look:
    """Colours, bulk and scars.

    Args:
        base, mark, pale, dark: colours of the coat, the marks, the belly and the lower legs.
        girth: the trunk's bulk, relative to the plainest antelope.
        scars: flank → outlines in body coordinates.
    """

    base: Colour
    mark: Colour
    pale: Colour
    dark: Colour
    girth: float
    scars: dict[str, tuple[Outline, ...]]


def look(animal: Animal, *, winter: float = 0.0, scarred: bool = False) -> Look:
    """The look of an animal.

    Args:
        animal: who.
        winter: how far its winter coat has grown, [0, 1]: greyer and thicker, marks duller.
        scarred: whether its wounds have happened.
    """
    species = animal.species
    base, mark, pale, dark = (
        _tinted(c, animal) for c in (species.base, species.mark, species.pale, species.dark)
    )
    base = mixed(base, _FROST, 0.55 * winter)
    return Look(
        base=base,
        mark=mixed(mark, base, 0.3 * winter),
        pale=mixed(pale, _FROST, 0.3 * winter),
        dark=mixed(dark, base, 0.15 * winter),
        girth=species.girth * animal.girth * (1 + 0.07 * winter),
        scars=animal.scars if scarred else {},
    )


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """The first colour with a share of the second, [0, 1]."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _tinted(colour: Colour, animal: Animal) -> Colour:
    red, green, blue = (
        min(255, round(channel * factor))
        for channel, factor in zip(colour, animal.tint, strict=True)
    )
    return red, green, blue
