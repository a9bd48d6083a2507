"""Networks of `transformers`, by hub name or saved folder: found, checked and loaded.

Knows names, folders and what goes wrong with them; it does not know what a network is for. Weights
are safetensors: a pickle is neither downloaded nor opened. A network's own Python code is fetched
and run only where that was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pawvit.errors import CheckpointError, MissingExtraError, PawvitError

CONFIG = "config.json"

HUB = "https://huggingface.co"

TIMEOUT = 10.0
"""Seconds in which the hub has to answer."""

_DATA = ("*.json", "*.safetensors", "*.txt", "README.md")
_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


@dataclass(frozen=True)
class Source:
    """A network's files on this machine.

    Attributes:
        name: as it was asked for.
        folder: with `config.json` and `*.safetensors`.
        config: what stands in the former.
        licence: of the weights, as their card tells it; "" where it does not.
    """

    name: str
    folder: Path
    config: dict[str, Any]
    licence: str

    @property
    def own_code(self) -> dict[str, str]:
        """Classes that the network brings along as Python files, by `transformers` door."""
        return dict(self.config.get("auto_map") or {})


def find(name: str, *, remote_code: bool = False) -> Source:
    """The files of a network; a hub's are downloaded once, and then taken from the cache.

    Args:
        name: `owner/name` on the hub, or a folder that `save_pretrained` wrote.
        remote_code: whether to fetch the network's own Python code too.

    Raises:
        MissingExtraError: `transformers` is not installed.
        CheckpointError: there is no such network, or the hub can't be reached.
    """
    need_transformers()
    folder = Path(name)
    if not folder.is_dir():
        folder = _downloaded(name, (*_DATA, *(["*.py"] if remote_code else [])))
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"there is no {CONFIG}: this is no network of transformers",
            where=name,
            mend="give a hub name, or a folder that save_pretrained wrote",
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{CONFIG} can't be read: {error}", where=name) from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{CONFIG} holds no settings", where=name)
    return Source(name, folder, config, _licence(folder))


def load(source: Source, door: Any, *, remote_code: bool = False) -> Any:
    """The network, in float32 and ready to infer.

    Args:
        source: its files.
        door: a class of `transformers` with `from_pretrained`.
        remote_code: whether the network's own Python code may run.

    Raises:
        CheckpointError: the files don't make a network of this class, whole.
    """
    with _quietly(), _told(source):
        network, report = door.from_pretrained(
            source.folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=remote_code,
            output_loading_info=True,
        )
        missing = sorted(report["missing_keys"]) + sorted(map(str, report["mismatched_keys"]))
        if missing:
            made = ", ".join(source.config.get("architectures") or ["?"])
            raise CheckpointError(
                f"the weights are of another network ({made}): {len(missing)} of"
                f" {type(network).__name__} are missing, {missing[0]} for one",
                where=source.name,
            )
        return network.float().eval()


def load_processor(source: Source, door: Any) -> Any:
    """What makes the network's input of pictures; raises CheckpointError where there is none."""
    with _quietly(), _told(source):
        return door.from_pretrained(source.folder, local_files_only=True, trust_remote_code=False)


def need_transformers() -> None:
    """Raises MissingExtraError where a package that networks need is not installed."""
    if find_spec("transformers") is None or find_spec("scipy") is None:
        raise MissingExtraError("a network of transformers", "teacher")


def _downloaded(name: str, patterns: tuple[str, ...]) -> Path:
    """The hub's files; without a network, those that were downloaded before."""
    import huggingface_hub
    from huggingface_hub import errors

    if Path(name).exists() or not _NAME.fullmatch(name):
        raise CheckpointError(
            "this is neither a folder nor a name of the hub",
            where=name,
            mend="correct the path, or write the name as the hub does: owner/name",
        )
    page, broke = f"{HUB}/{name}", "the hub can't be reached"
    try:
        # Asked for first and once: a download tries again and again for half a minute.
        huggingface_hub.HfApi().model_info(name, timeout=TIMEOUT)
        broke = "the hub's could not be downloaded"
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=list(patterns)))
    except errors.GatedRepoError:
        raise CheckpointError(
            "the hub gives this network to those only who accepted its terms",
            where=page,
            mend="accept them there, then: hf auth login",
        ) from None
    except errors.RepositoryNotFoundError:
        raise CheckpointError(
            "there is no such folder, and the hub has no network of this name",
            where=name,
            mend=f"look the name up: {HUB}/models",
        ) from None
    except Exception as error:  # whatever the hub's client and its own client stumble over
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    try:
        here = huggingface_hub.snapshot_download(
            name, allow_patterns=list(patterns), local_files_only=True
        )
        return Path(here)
    except Exception:
        raise CheckpointError(
            f"there is no such folder, and {broke}: {reason}",
            where=name,
            mend=f"check the network; or download {page} elsewhere and give its folder",
        ) from None


def _licence(folder: Path) -> str:
    """What the model card's head says."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    from huggingface_hub import ModelCard

    try:
        data = ModelCard.load(card, ignore_metadata_errors=True).data
    except Exception:  # a card is prose: whatever stands there, the network is none the worse
        return ""
    named = data.get("license_name") if data.get("license") == "other" else data.get("license")
    return str(named or "")


@contextmanager
def _told(source: Source) -> Iterator[None]:
    """Whatever loading stumbles over, as one CheckpointError."""
    try:
        yield
    except PawvitError:
        raise
    except ImportError as error:
        raise CheckpointError(
            f"the network needs more packages: {_first_line(error)}",
            where=source.name,
            mend="install them with pip",
        ) from None
    except Exception as error:  # loaders raise whatever they stumble over
        raise CheckpointError(
            f"the network can't be loaded: {_first_line(error)}", where=source.name
        ) from None


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextmanager
def _quietly() -> Iterator[None]:
    """Loading reports into the midst of our own bars; what matters is raised."""
    from transformers.utils import logging

    before, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if shown:
            logging.enable_progress_bar()
