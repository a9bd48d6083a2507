"""Re-identification networks that others have trained on many animals: by hub name, folder or file.

MegaDescriptor (Čermák et al. 2024) is a network of timm; MiewID (Otarashvili et al. 2024) is one
with a pooling of its own, rebuilt here: code that lies beside weights is never run. Knows their
layouts, preprocessing and licences; none of them is a default anywhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from huggingface_hub import hf_hub_download
from jaxtyping import Float
from torch import Tensor, nn

from pawvit import tensorfile
from pawvit.errors import CheckpointError
from pawvit.model import pretrained
from pawvit.model.config import IMAGENET_MEAN, IMAGENET_STD, ModelConfig

Colour = tuple[float, float, float]

CARD = "config.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")

MIEWID_BACKBONE = "efficientnetv2_rw_m"
_MIEWID_SIZE = (440, 440)
_MIEWID_NAMES = {"pooling.p", "bn.running_mean", "backbone.conv_stem.weight"}
_CLASSIFIERS = ("head.fc.weight", "head.weight", "classifier.weight", "fc.weight")


@dataclass(frozen=True)
class Family:
    """Networks of one publication.

    Attributes:
        name: what people call them.
        hub: a pattern that their names on the hub fit.
        licence: of the weights, in words.
        mean, std: RGB, of pixels in [0, 1]; what their authors tell users to take.
    """

    name: str
    hub: str
    licence: str
    mean: Colour
    std: Colour


# Those called CNN are no Swin Transformers and take ImageNet's mean and deviation, as timm says.
MEGADESCRIPTOR = Family(
    "MegaDescriptor",
    r"MegaDescriptor-[TSBL]-\d+",
    "CC BY-NC 4.0: not for commercial use",
    (0.5, 0.5, 0.5),
    (0.5, 0.5, 0.5),
)
MIEWID = Family(
    "MiewID", r"(?i:miewid)[-\w.]*", "no licence is stated", IMAGENET_MEAN, IMAGENET_STD
)


@dataclass(frozen=True)
class Source:
    """Where such a network lies.

    Attributes:
        text: as it was asked for.
        place: a folder or a file; None on the hub.
        family: whose it is; None for another network of timm in a folder.
    """

    text: str
    place: Path | None
    family: Family | None

    @property
    def name(self) -> str:
        """For tables and stamps, with the licence."""
        if self.family is None:
            return f"{Path(self.text).name} untrained"
        # A folder that the hub's client made is called by a hash, below the network's name.
        found = re.findall(self.family.hub, self.text)
        return f"{found[-1] if found else self.family.name} ({self.family.licence})"


def find(text: str) -> Source | None:
    """What a name, folder or file means; None where it means none of these networks.

    Args:
        text: `hf-hub:OWNER/NAME`, a folder with `config.json` and weights as the hub has them, or a
            `.safetensors` file of MiewID.
    """
    hub, path = text.removeprefix("hf-hub:"), Path(text)
    if hub != text:
        for family in (MEGADESCRIPTOR, MIEWID):
            if re.fullmatch(family.hub, hub.split("@")[0].rpartition("/")[2]):
                return Source(text, None, family)
        return None
    if path.is_dir() and (path / CARD).is_file():
        weights = path / WEIGHTS[0]
        if weights.is_file() and _is_miewid(weights):
            return Source(text, weights, MIEWID)
        # An absolute path: inside of its folder, a network is called ".".
        mega = re.search(MEGADESCRIPTOR.hub, str(path.absolute()))
        return Source(
            str(path.absolute()) if mega else text, path, MEGADESCRIPTOR if mega else None
        )
    if path.is_file() and path.suffix == ".safetensors" and _is_miewid(path):
        return Source(text, path, MIEWID)
    return None


def load(source: Source) -> tuple[nn.Module, ModelConfig]:
    """The network, which makes descriptors of normalised photos, and its preprocessing.

    Raises:
        ConfigError: it can't be downloaded.
        CheckpointError: its files can't be read, or the weights don't fit the network exactly.
    """
    if source.family is MIEWID:
        config = ModelConfig(
            backbone=MIEWID_BACKBONE,
            image_size=_MIEWID_SIZE,
            mean=MIEWID.mean,
            std=MIEWID.std,
        )
        return _miewid(source.place or _downloaded(source.text)), config
    if source.place is None:
        network, config = pretrained.any_network(source.text)
    else:
        network, config = _from_folder(source.place)
    if source.family is not None:
        told = {"mean": source.family.mean, "std": source.family.std}
        config = config.model_copy(update=told)
    return network, config


class MiewIDNetwork(nn.Module):
    """A convolutional backbone, the generalised mean of its map, and a batch norm."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        self.backbone: Any = timm.create_model(backbone, num_classes=0, global_pool="")
        self.pooling = GeneralisedMean()
        self.bn = nn.BatchNorm1d(self.backbone.num_features)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C"]:
        """Descriptors of normalised photos."""
        found: Tensor = self.bn(self.pooling(self.backbone(images)))
        return found


class GeneralisedMean(nn.Module):
    """The mean of powers over a map, and its root; the exponent was learned (Radenović 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.full((1,), 3.0))

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C"]:
        """One number a channel."""
        return maps.clamp(min=1e-6).pow(self.p).mean(dim=(2, 3)).pow(1 / self.p)


def _miewid(file: Path) -> nn.Module:
    network = MiewIDNetwork(MIEWID_BACKBONE)
    # "final" is the classifier of its training; some files have it, some don't.
    state = pretrained.from_file(file, dict(network.state_dict()), besides=("final.",))
    network.load_state_dict(state)
    return network.eval()


def _is_miewid(file: Path) -> bool:
    try:
        return tensorfile.names(file) >= _MIEWID_NAMES
    except (OSError, ValueError):  # whoever loads it says what is wrong
        return False


def _downloaded(text: str) -> Path:
    pretrained.refuse_unreachable_hub(text)
    name, _, revision = text.removeprefix("hf-hub:").partition("@")
    try:
        return Path(hf_hub_download(name, WEIGHTS[0], revision=revision or None))
    except (OSError, ValueError) as error:  # the second: no repository can be called so
        raise pretrained.not_downloaded(text, str(error)) from None


def _from_folder(folder: Path) -> tuple[nn.Module, ModelConfig]:
    """A network of timm from files as the hub has them, its weights taken exactly."""
    card = folder / CARD
    try:
        told = json.loads(card.read_text(encoding="utf-8"))
        shape, own = dict(told.get("model_args") or {}), dict(told.get("pretrained_cfg") or told)
        name = str(told["architecture"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"the card is of no network of timm: {error!r}",
            where=card,
            mend="give a folder with config.json and model.safetensors as timm's hub has them",
        ) from None
    file = next((folder / one for one in WEIGHTS if (folder / one).is_file()), None)
    if file is None:
        raise CheckpointError(f"there is no {' or '.join(WEIGHTS)}", where=folder)
    try:
        if file.suffix == ".bin":
            state = torch.load(file, map_location="cpu", weights_only=True)
        else:
            state = tensorfile.read(file)[0]
        # With as many classes as the file has timm takes every parameter or none.
        classes = next((len(state[one]) for one in _CLASSIFIERS if one in state), 0)
        network: Any = timm.create_model(
            name,
            pretrained=True,
            pretrained_cfg_overlay={"state_dict": state, "num_classes": classes},
            num_classes=classes,
            **shape,
        )
    except Exception as error:  # unpicklers, timm and torch raise whatever they stumble over
        raise CheckpointError(
            f"the weights can't be read, or are no {name}: {error}", where=file
        ) from None
    network.reset_classifier(0)
    usual = timm.data.resolve_model_data_config(network)
    size, mean, std = (own.get(key, usual[key]) for key in ("input_size", "mean", "std"))
    config = ModelConfig(
        backbone=name, image_size=tuple(size[1:]), mean=tuple(mean), std=tuple(std)
    )
    return network.eval(), config
