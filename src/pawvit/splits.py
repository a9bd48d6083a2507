"""Dealing the photos of a table to splits: by individual, by time or by encounter.

Knows the photo table; it opens no picture. What only pictures tell (near-duplicates, the camera's
clock) is handed in.

By identity, no individual is in two splits. By time and by encounter the set is closed: the
individuals of the later splits are in the first one too, but no encounter is cut.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt

from pawvit.encounters import Pairs, components, encounters, encounters_in_time
from pawvit.errors import ConfigError, PhotoTableError
from pawvit.photos import PhotoTable

By = Literal["identity", "time", "encounter"]


def split_by_identity(
    identities: Sequence[str], shares: Mapping[str, float], *, seed: int = 0
) -> list[str]:
    """A split for each photo such that no individual is in two of them.

    Individuals are dealt by a hash of their name and the seed, so that photos or individuals added
    later leave the others where they are.

    Args:
        identities: one a photo; photos of unknown identity ("") get the split "".
        shares: split → its share of the individuals; the sum must be 1.
        seed: another seed deals anew.

    Returns:
        The split of each photo.

    Raises:
        ValueError: the shares are negative or don't add up to 1.
    """
    deal = _Dealer(shares)
    return [deal(_draw(seed, name)) if name else "" for name in identities]


def split_in_order(
    identities: Sequence[str],
    units: Sequence[int],
    order: Sequence[float],
    shares: Mapping[str, float],
    *,
    seed: int = 0,
) -> list[str]:
    """A split for each photo such that each individual's units go to the splits in order.

    A unit is dealt whole. The first of an individual goes to the first split, since what is not
    known can't be found again. The others go by the share of the individual's photos that come
    before them, plus a share of their own that is drawn once an individual: over many individuals,
    splits get the shares of photos that they should have, whatever the size of the units.

    Args:
        identities: one a photo; photos of unknown identity ("") get the split "".
        units: a code a photo; photos of one individual and one code stay together.
        order: a number a photo; units come in the order of their smallest.
        shares: split → its share of the photos, in the order that units go to them.
        seed: another seed draws anew.

    Raises:
        ValueError: the shares are negative or don't add up to 1.
    """
    deal = _Dealer(shares)
    splits = [""] * len(identities)
    individuals: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, (identity, unit) in enumerate(zip(identities, units, strict=True)):
        if identity:
            individuals[identity][unit].append(index)
    for identity, parts in individuals.items():
        inside = sorted(parts.values(), key=lambda unit: min(order[i] for i in unit))
        total, before, draw = sum(map(len, inside)), 0, _draw(seed, identity)
        for photos in inside:
            split = deal((before + draw * len(photos)) / total if before else 0)
            for index in photos:
                splits[index] = split
            before += len(photos)
    return splits


def with_splits(
    table: PhotoTable,
    shares: Mapping[str, float],
    *,
    by: By = "identity",
    seed: int = 0,
    force: bool = False,
    together: Pairs = (),
    taken: Sequence[datetime | None] | None = None,
) -> PhotoTable:
    """The table with a column `split`.

    Args:
        table: photos; those of unknown identity get no split.
        shares: split → its share of the individuals (by identity) or of the photos; splits of share
            0 are not dealt.
        by: "identity": no individual is in two splits. "encounter": whole encounters of each
            individual are dealt. "time": the same, the earlier photos of each individual to the
            earlier splits; where there are no encounters, a day is one.
        seed: another seed deals anew.
        force: replace the splits that the table has.
        together: pairs of photos that go to one split (near-duplicates, bursts). By identity, that
            joins the individuals on them; otherwise pairs of two individuals are left alone.
        taken: when each photo was taken, for "time"; without a time of day where it is midnight.

    Raises:
        PhotoTableError: the table has splits; a split would be without photos; encounters or dates
            that are needed are not there.
        ConfigError: the shares are negative or don't add up to 1.
    """
    check_request(table, shares, by=by, force=force)
    names = table.identities
    if by == "identity":
        splits = split_by_identity(_joined(names, together), shares, seed=seed)
    elif by == "encounter":
        units, paths = encounters(table, together), table.paths
        first = {unit: path for path, unit in sorted(zip(paths, units, strict=True), reverse=True)}
        order = [_draw(seed, first[unit]) for unit in units]
        splits = split_in_order(names, units, order, shares, seed=seed)
    else:
        units, order = encounters_in_time(table, taken or [None] * len(table), together)
        splits = split_in_order(names, units, order, shares, seed=seed)
    empty = [split for split, share in shares.items() if share > 0 and split not in splits]
    if empty:
        count = len(set(names) - {""})
        raise PhotoTableError(
            f"of {count} individuals none falls to {' or '.join(empty)}",
            where=table.source,
            mend="give it a larger share, or try another seed"
            + ("" if by == "identity" else "; only individuals with several encounters are shared"),
        )
    return PhotoTable(table.frame.assign(split=splits), table.root, table.source)


def check_request(
    table: PhotoTable, shares: Mapping[str, float], *, by: By = "identity", force: bool = False
) -> None:
    """Raises what `with_splits` would of the request, before any picture need be opened."""
    if any(table.column("split")) and not force:
        raise PhotoTableError(
            "the table has splits of its own",
            where=table.source,
            mend="keep them, or replace them with --force",
        )
    if by == "encounter":
        encounters(table)
    try:
        _Dealer(shares)
    except ValueError as error:
        raise ConfigError(str(error), mend="for example 0.7, 0.1 and 0.2") from None


def hold_out(table: PhotoTable, share: float, *, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Which photos to keep back: those of a share of the individuals, two of them at least.

    Individuals are drawn by a hash of their name. Only those with two photos or more are drawn,
    since one photo alone can't be recognised. Photos of unknown identity are not kept back.

    Raises:
        PhotoTableError: fewer than four individuals have two photos or more.
    """
    counts = Counter(name for name in table.identities if name)
    able = [name for name, photos in counts.items() if photos > 1]
    if len(able) < 4:
        raise PhotoTableError(
            f"only {len(able)} individuals have two photos or more: too few to keep some back",
            where=table.source,
            mend="add photos, or a column `split` with train and select",
        )
    able.sort(key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
    kept = set(able[: max(2, round(share * len(counts)))])
    return np.array([name in kept for name in table.identities], dtype=np.bool_)


class _Dealer:
    """A number of 0 … 1 → the split whose share of the line it falls on."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        if min(shares.values(), default=-1) < 0 or not math.isclose(sum(shares.values()), 1):
            given = ", ".join(f"{split} {share:g}" for split, share in shares.items())
            raise ValueError(f"shares must not be negative and must add up to 1: {given}")
        self.borders = np.cumsum(list(shares.values()))
        self.names = list(shares)

    def __call__(self, place: float) -> str:
        return self.names[
            min(int(np.searchsorted(self.borders, place, side="right")), len(self.names) - 1)
        ]


def _draw(seed: int, name: str) -> float:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _joined(identities: Sequence[str], together: Pairs) -> list[str]:
    """The identities, but one name for those that share a picture; unknown ones stay unknown."""
    known = {name: code for code, name in enumerate(sorted(set(identities) - {""}))}
    pairs = {(identities[one], identities[other]) for one, other in together}
    joined = components(len(known), [(known[a], known[b]) for a, b in pairs if a and b])
    first = {code: name for name, code in reversed(list(zip(known, joined, strict=True)))}
    return [first[joined[known[name]]] if name else "" for name in identities]
