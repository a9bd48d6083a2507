"""COCO panoptic: a JSON file, and beside it a folder of its name with a PNG a picture.

A pixel's colour is the number of its segment, R + 256 · G + 65536 · B, and the JSON file has the
category of each segment. 0 belongs to no segment: ignored where `background` is a category (as we
write it), background otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pawvit import files
from pawvit.anatomy import IGNORE, colours
from pawvit.errors import PartMapError
from pawvit.partformats.coco import bounds
from pawvit.partformats.given import BACKGROUND_NAME, Given, translated
from pawvit.partformats.pictures import read_numbers, write_numbers
from pawvit.partformats.sheet import Sheet, image_entry
from pawvit.partmaps import Labels, PartMaps, Parts


def opened(path: Path, names: Sequence[str] | None = None) -> Given:
    """Opens a panoptic file.

    Args:
        path: the JSON file; the PNGs lie in the folder of its name without `.json`.
        names: the parts in label order; unless given, its categories in the order of their ids.

    Raises:
        PartMapError: it is no such file, or a segment is of an unknown category or picture.
    """
    sheet = Sheet.read(path, names)
    nothing = IGNORE if BACKGROUND_NAME in sheet.categories.values() else len(sheet.vocabulary)
    pictures: dict[str, tuple[Path, dict[int, int]]] = {}
    for number, annotation in enumerate(sheet.annotations):
        where = f"annotations[{number}]"
        try:
            segments = {
                int(one["id"]): sheet.label(one, f"{where}, segment {one['id']}")
                for one in annotation["segments_info"]
            }
            file = path.with_suffix("") / str(annotation["file_name"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise PartMapError(f"{where} can't be read: {error!r}", where=path) from None
        pictures[sheet.image(annotation, where)] = (file, {0: nothing, **segments})

    def read(entry: str) -> Labels:
        file, meaning = pictures[entry]
        values = read_numbers(file)
        if values.ndim != 3:
            raise PartMapError("it is no colour picture; segments are red + 256 green + 65536 blue")
        image = sheet.images[entry]
        if values.shape[:2] != (int(image["height"]), int(image["width"])):
            raise PartMapError(
                f"it is {values.shape[1]} × {values.shape[0]}, the JSON file has"
                f" {image['width']} × {image['height']}"
            )
        ids = values[..., :3].astype(np.int64) @ np.array([1, 256, 65536])
        return translated(ids, meaning, str(file), "segments")

    return Given(path, sheet.vocabulary, tuple(pictures), read)


def write(vocabulary: Sequence[str], pictures: Iterable[tuple[str, Labels]], path: Path) -> None:
    """Writes a panoptic file and its folder of PNGs, the file at last.

    Args:
        vocabulary: the K parts; their categories are 1 … K, the background is K + 1.
        pictures: path of the photo, and its H × W labels.
        path: the JSON file.
    """
    folder = path.with_suffix("")
    places = PartMaps(folder, Parts(tuple(vocabulary)))
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for photo, labels in pictures:
        images.append(image_entry(len(images) + 1, photo, labels))
        ids = np.where(labels == IGNORE, 0, labels.astype(np.int64) + 1)
        coloured = np.stack([ids, 0 * ids, 0 * ids], axis=2).astype(np.uint8)
        place = places.path_of(photo)
        write_numbers(place, coloured)
        segments = [
            {
                "id": int(number),
                "category_id": int(number),
                "area": int((ids == number).sum()),
                "bbox": bounds(ids == number),
                "iscrowd": 0,
            }
            for number in np.unique(ids[ids > 0])
        ]
        annotations.append(
            {
                "image_id": len(images),
                "file_name": place.relative_to(folder).as_posix(),
                "segments_info": segments,
            }
        )
    shades = [*colours(len(vocabulary)), (0, 0, 0)]
    categories = [
        {
            "id": number,
            "name": name,
            "supercategory": "animal" if name in vocabulary else BACKGROUND_NAME,
            "isthing": int(name in vocabulary),
            "color": list(shades[number - 1]),
        }
        for number, name in enumerate((*vocabulary, BACKGROUND_NAME), start=1)
    ]
    files.write_json(path, {"images": images, "annotations": annotations, "categories": categories})
