"""pawvit: know every animal by its parts.

The few names that most programs need; each loads its own libraries only when it is first used.
Everything else is imported from its room (`pawvit.metrics`, `pawvit.training` …).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pawvit.catalogue import Catalogue
    from pawvit.descriptors import Descriptors
    from pawvit.embedder import Embedder
    from pawvit.errors import PawvitError
    from pawvit.evaluation import evaluate
    from pawvit.partmaps import PartMaps
    from pawvit.photos import PhotoTable
    from pawvit.protocols import leave_one_out, query_gallery
    from pawvit.readers import read_photos

__all__ = [
    "Catalogue",
    "Descriptors",
    "Embedder",
    "PartMaps",
    "PawvitError",
    "PhotoTable",
    "evaluate",
    "leave_one_out",
    "query_gallery",
    "read_photos",
]

_ROOMS = {
    "Catalogue": "catalogue",
    "Descriptors": "descriptors",
    "Embedder": "embedder",
    "PartMaps": "partmaps",
    "PawvitError": "errors",
    "PhotoTable": "photos",
    "evaluate": "evaluation",
    "leave_one_out": "protocols",
    "query_gallery": "protocols",
    "read_photos": "readers",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'pawvit' has no attribute {name!r}")
    return getattr(import_module(f"pawvit.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
