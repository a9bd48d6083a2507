"""Tensors with a header of words, in one safetensors file. Nothing is unpickled.

Knows names and tensors; it knows no network and no teacher.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from pawvit import files


def write(
    path: str | os.PathLike[str], tensors: Mapping[str, Tensor], header: Mapping[str, str]
) -> None:
    """Writes the file atomically.

    Raises:
        PawvitError: the disk is full or the folder can't be written; the previous file is kept.
    """
    with files.atomic(path) as temporary:
        contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        try:
            save_file(contiguous, temporary, dict(header))
        except SafetensorError as error:  # a full disk, in the library's own type
            raise OSError(str(error)) from error


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the header.

    Raises:
        OSError: there is no such file.
        ValueError: it is cut short or of another kind.
    """
    with _opened(path) as opened:
        tensors = {
            # A copy: Windows can't replace a file that tensors are still mapped to.
            name: opened.get_tensor(name).clone()
            for name in opened.keys()  # noqa: SIM118
        }
        return tensors, dict(opened.metadata() or {})


def read_header(path: str | os.PathLike[str]) -> dict[str, str]:
    """The header alone, at once however large the file is; raises as `read` does."""
    with _opened(path) as opened:
        return dict(opened.metadata() or {})


def names(path: str | os.PathLike[str]) -> set[str]:
    """What the tensors are called, without reading them; raises as `read` does."""
    with _opened(path) as opened:
        return set(opened.keys())


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as opened:
            yield opened
    except SafetensorError as error:
        raise ValueError(str(error)) from error
