"""COCO segmentations: one annotation a part, the categories are the parts.

Reading: polygons, run lengths plain or packed. Where annotations overlap, the smaller one lies on
top; of two of one size, the later. What no annotation covers is background; a category may be
called `background` or `ignore`. Writing: packed run lengths; ignored pixels are a category of their
own, marked `iscrowd`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pawvit import files
from pawvit.errors import KeypointError, PartMapError
from pawvit.partformats.given import IGNORE_NAME, Given, label_of
from pawvit.partformats.runs import packed, run_lengths
from pawvit.partformats.sheet import Sheet, image_entry
from pawvit.partmaps import Labels
from pawvit.teacher.outlines import outline_mask


def opened(path: Path, names: Sequence[str] | None = None) -> Given:
    """Opens a COCO file.

    Args:
        path: the JSON file.
        names: the parts in label order; unless given, its categories in the order of their ids.

    Raises:
        PartMapError: it is no such file, or an annotation is of an unknown category or picture.
    """
    sheet = Sheet.read(path, names)
    by_image: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for number, annotation in enumerate(sheet.annotations):
        where = f"annotations[{number}]"
        sheet.image(annotation, where)
        by_image[annotation["image_id"]].append(
            annotation | {"where": where, "label": sheet.label(annotation, where)}
        )

    def read(entry: str) -> Labels:
        image = sheet.images[entry]
        size = (int(image["height"]), int(image["width"]))
        labels = np.full(size, len(sheet.vocabulary), np.uint8)
        drawn = []
        for annotation in by_image[image["id"]]:
            try:
                mask = outline_mask(annotation["segmentation"], size)
            except KeypointError as error:
                raise PartMapError(f"{annotation['where']}: {error.what}", where=path) from None
            except KeyError:
                raise PartMapError(
                    f"{annotation['where']} has no segmentation", where=path
                ) from None
            drawn.append((int(mask.sum()), annotation["label"], mask))
        # Sorting keeps the order of equals: the later one is painted later.
        for _, label, mask in sorted(drawn, key=lambda one: -one[0]):
            labels[mask] = label
        return labels

    return Given(path, sheet.vocabulary, tuple(sheet.images), read)


def write(vocabulary: Sequence[str], pictures: Iterable[tuple[str, Labels]], path: Path) -> None:
    """Writes a COCO file.

    Args:
        vocabulary: the K parts; their categories are 1 … K.
        pictures: path of the photo, and its H × W labels.
        path: the JSON file.
    """
    names = [*vocabulary, IGNORE_NAME]
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for photo, labels in pictures:
        images.append(image_entry(len(images) + 1, photo, labels))
        for category, name in enumerate(names, start=1):
            mask = labels == label_of(name, vocabulary)
            if mask.any():
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": len(images),
                        "category_id": category,
                        "segmentation": {
                            "size": list(labels.shape),
                            "counts": packed(run_lengths(mask)),
                        },
                        "area": int(mask.sum()),
                        "bbox": bounds(mask),
                        "iscrowd": int(name == IGNORE_NAME),
                    }
                )
    used = {annotation["category_id"] for annotation in annotations}
    categories = [
        {"id": number, "name": name, "supercategory": "animal"}
        for number, name in enumerate(names, start=1)
        if name != IGNORE_NAME or number in used
    ]
    files.write_json(path, {"images": images, "annotations": annotations, "categories": categories})


def bounds(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
    """x, y, width, height of the pixels of a mask that has some."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
