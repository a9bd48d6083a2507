"""What the catalogue answers with: plain records, no database behind them."""

from __future__ import annotations

from dataclasses import dataclass

from pawvit.anatomy import side_shown
from pawvit.descriptors import ModelStamp


@dataclass(frozen=True)
class Photo:
    """A photo in the catalogue.

    Args:
        id: its number in this catalogue.
        path: the absolute path of the file when it was added last.
        sha256: as `descriptors.photo_hash` makes it.
        individual: the name that its latest standing decision gives it; "" is unidentified.
        orientation: as given, one of `anatomy.ORIENTATIONS`.
        camera, encounter: "" where unknown.
        added: ISO 8601, UTC.
        box: where on the picture the animal is, as in a photo table; "" is the whole picture.
        predicted: the flank that the catalogue's model sees, "" where it can't tell.
        confidence: of that prediction, in [0, 1].
    """

    id: int
    path: str
    sha256: str
    individual: str
    orientation: str
    camera: str
    encounter: str
    added: str
    box: str = ""
    predicted: str = ""
    confidence: float = 0.0

    @property
    def side(self) -> str:
        """The orientation to go by: as given, else as predicted with confidence."""
        return side_shown(self.orientation, self.predicted, self.confidence)

    @property
    def was_predicted(self) -> bool:
        """Whether nobody but the model says which side the photo shows."""
        return self.side != self.orientation


@dataclass(frozen=True)
class Individual:
    """An individual that at least one photo shows.

    Args:
        name: unique in the catalogue.
        photos: how many photos show it.
        orientations: how many photos of each orientation.
        encounters: how many named encounters it was seen in.
    """

    name: str
    photos: int
    orientations: dict[str, int]
    encounters: int


@dataclass(frozen=True)
class Decision:
    """One line of a photo's history, which only ever grows.

    Args:
        id: its number in this catalogue; later ones are larger.
        kind: "identify", or "undo", which takes an earlier one back.
        individual: the name that is given, or was taken back.
        author: who decided; "" where unknown.
        at: ISO 8601, UTC.
        note: in the author's words.
        standing: whether it has not been taken back (an undo always stands).
    """

    id: int
    kind: str
    individual: str
    author: str
    at: str
    note: str
    standing: bool

    def __str__(self) -> str:
        verb = "identified as" if self.kind == "identify" else "taken back:"
        by = f" by {self.author}" if self.author else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.at[:10]} {verb} {self.individual}{by}{note}"


@dataclass(frozen=True)
class Added:
    """What an addition changed.

    Args:
        photos: photos that are new.
        skipped: photos that were there already, the same picture twice in the file among them.
        individuals: individuals that are new.
        identified: photos that were there unidentified and have a name now.
        updated: photos that were there and whose path, orientation, camera or encounter is new.
    """

    photos: int
    skipped: int
    individuals: int
    identified: int
    updated: int


@dataclass(frozen=True)
class Summary:
    """The catalogue in numbers; `model` is None until the first photos are added."""

    model: ModelStamp | None
    individuals: int
    photos: int
    unidentified: int
    encounters: int
    orientations: dict[str, int]
