"""The sets themselves, as data: addresses, licences, sizes, and who reads them.

Addresses and licences are those that the projects' own pages and wildlife-datasets' list name. No
checksum of these archives is published that we know of: what was downloaded is recorded instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pawvit.photos import PhotoTable
from pawvit.readers import read_atrw, read_folder
from pawvit.readers.pieces import LILA
from pawvit.sets.tables import read_nyala, read_stripes, read_wildbook


@dataclass(frozen=True)
class Archive:
    """One file to download.

    Attributes:
        url: its address.
        into: the folder below the set's own that it is unpacked in; "" for that one.
        sha256: as published; None where nobody publishes one.
        parts: addresses of the parts before it, in order, where a zip is split.
    """

    url: str
    into: str = ""
    sha256: str | None = None
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its file name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class PublicSet:
    """A set of photographs that anybody may download.

    Attributes:
        name: what a command calls it.
        about: animals, and how many by its authors.
        licence: its name; "" where its authors state none.
        licence_url: where that can be read.
        homepage: of the set, for citation and questions.
        megabytes: about how much is downloaded.
        archives: what is downloaded.
        table: reads the unpacked folder.
    """

    name: str
    about: str
    licence: str
    licence_url: str
    homepage: str
    megabytes: int
    archives: tuple[Archive, ...]
    table: Callable[[Path], PhotoTable]


_CDLA = "Community Data License Agreement, Permissive 1.0"
_CDLA_URL = "https://cdla.dev/permissive-1-0/"
_WILDBOOK = "https://storage.googleapis.com/public-datasets-lila/wild-me"
_STRIPES = (
    "https://storage.googleapis.com/google-code-archive-downloads/v2/code.google.com/stripespotter"
)

SETS = {
    one.name: one
    for one in (
        PublicSet(
            name="nyala",
            about="NyalaData: 1,934 photos of nyala antelopes, both flanks (Dlamini, van Zyl 2020)",
            licence="",
            licence_url="",
            homepage="https://github.com/tvanzyl/wildlife_reidentification",
            megabytes=495,
            archives=(
                Archive(
                    "https://github.com/tvanzyl/wildlife_reidentification/archive/refs/heads/main.zip"
                ),
            ),
            table=read_nyala,
        ),
        PublicSet(
            name="stripespotter",
            about="StripeSpotter: zebras, with flank and box (Lahiri et al. 2011)",
            licence="Creative Commons Attribution-ShareAlike 3.0",
            licence_url="https://creativecommons.org/licenses/by-sa/3.0/",
            homepage="https://code.google.com/archive/p/stripespotter/downloads",
            megabytes=229,
            archives=(
                Archive(
                    f"{_STRIPES}/data-20110718.zip",
                    parts=(f"{_STRIPES}/data-20110718.z01", f"{_STRIPES}/data-20110718.z02"),
                ),
            ),
            table=read_stripes,
        ),
        PublicSet(
            name="atrw",
            about="ATRW: Amur tigers, the paper's first set, plain and wild (Li et al. 2020)",
            licence="Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
            licence_url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
            homepage="https://lila.science/datasets/atrw",
            megabytes=1760,
            archives=(
                *(
                    Archive(f"{LILA}/{part}/{name}.tar.gz", into=name)
                    for part, name in (
                        ("train", "atrw_anno_reid_train"),
                        ("train", "atrw_reid_train"),
                        ("test", "atrw_anno_reid_test"),
                        ("test", "atrw_reid_test"),
                        ("test", "atrw_detection_test"),
                    )
                ),
                Archive(
                    "https://github.com/cvwc2019/ATRWEvalScript/archive/refs/heads/main.zip",
                    into="eval_script",
                ),
            ),
            table=read_atrw,
        ),
        PublicSet(
            name="hyenas",
            about="HyenaID2022: 3,129 spotted hyenas, 256 individuals, with viewpoint and box",
            licence=_CDLA,
            licence_url=_CDLA_URL,
            homepage="https://lila.science/datasets/hyena-id-2022/",
            megabytes=3441,
            archives=(Archive(f"{_WILDBOOK}/hyena.coco.tar.gz"),),
            table=read_wildbook,
        ),
        PublicSet(
            name="leopards",
            about="LeopardID2022: leopards, 430 individuals, with viewpoint and box",
            licence=_CDLA,
            licence_url=_CDLA_URL,
            homepage="https://lila.science/datasets/leopard-id-2022/",
            megabytes=8565,
            archives=(Archive(f"{_WILDBOOK}/leopard.coco.tar.gz"),),
            table=read_wildbook,
        ),
        PublicSet(
            name="sea-stars",
            about="SeaStarReID2023: 2,187 photos of 95 sea stars (Wahltinez 2024)",
            licence=_CDLA,
            licence_url=_CDLA_URL,
            homepage="https://lila.science/sea-star-re-id-2023/",
            megabytes=1689,
            archives=(
                Archive(
                    "https://storage.googleapis.com/public-datasets-lila/sea-star-re-id/"
                    "sea-star-re-id.zip"
                ),
            ),
            table=lambda root: read_folder(root / "sea-star-re-id"),
        ),
    )
}
"""Name → set."""
