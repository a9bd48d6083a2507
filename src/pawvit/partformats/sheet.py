"""What COCO files have in common: pictures, categories, annotations. Knows JSON, no masks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pawvit.errors import PartMapError
from pawvit.images import MAX_PIXELS
from pawvit.partformats.given import label_of, vocabulary_of
from pawvit.partmaps import Labels


@dataclass(frozen=True)
class Sheet:
    """A COCO file.

    Attributes:
        path: of the file.
        vocabulary: the K parts in label order.
        images: file name → what the file says of the picture.
        annotations: as they are.
        categories: id → name.
        files: id of an image → its file name.
    """

    path: Path
    vocabulary: tuple[str, ...]
    images: dict[str, dict[str, Any]]
    annotations: list[dict[str, Any]]
    categories: dict[Any, str]
    files: dict[Any, str]

    @classmethod
    def read(cls, path: Path, names: Sequence[str] | None) -> Sheet:
        """Reads a file; raises PartMapError where it is none.

        Args:
            path: the JSON file.
            names: the parts in label order; unless given, its categories in the order of their ids.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            categories = {one["id"]: str(one["name"]).strip() for one in raw["categories"]}
            images = {str(one["file_name"]): dict(one) for one in raw["images"]}
            files = {one["id"]: name for name, one in images.items()}
            sizes = [(int(one["height"]), int(one["width"])) for one in images.values()]
            annotations = [dict(one) for one in raw["annotations"]]
            order = [categories[number] for number in sorted(categories)]
        except FileNotFoundError:
            raise PartMapError("no such file", where=path, mend="correct the path") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise PartMapError(
                f"this is no COCO file: {error!r}",
                where=path,
                mend="it needs images with their height and width, annotations and categories",
            ) from None
        if not len(files) == len(images) == len(raw["images"]):
            raise PartMapError("two of its images have one id or one file_name", where=path)
        for (height, width), name in zip(sizes, images, strict=True):
            if min(height, width) < 1 or height * width > MAX_PIXELS:
                raise PartMapError(f"{name} is {width} × {height}", where=path)
        return cls(path, vocabulary_of(names or order), images, annotations, categories, files)

    def image(self, annotation: dict[str, Any], where: str) -> str:
        """The file name of an annotation's picture."""
        number = _id(annotation.get("image_id"))
        if number not in self.files:
            raise PartMapError(
                f"{where} is of the image {number}, which is not there", where=self.path
            )
        return self.files[number]

    def label(self, described: dict[str, Any], where: str) -> int:
        """The label of an annotation's or a segment's category."""
        name = self.categories.get(_id(described.get("category_id")))
        found = None if name is None else label_of(name, self.vocabulary)
        if found is None:
            called = "" if name is None else f" ({name})"
            raise PartMapError(
                f"{where} is of the unknown category {described.get('category_id')}{called}",
                where=self.path,
                mend=f"the parts are {', '.join(self.vocabulary)}; --names names others",
            )
        return found


def _id(given: Any) -> int | str | None:
    """What can be an id; a list or an object is none."""
    return given if isinstance(given, int | str) else None


def image_entry(number: int, photo: str, labels: Labels) -> dict[str, Any]:
    """What a COCO file says of a picture."""
    height, width = labels.shape
    return {"id": number, "file_name": photo, "width": width, "height": height}
