"""Cameras: what each looks at, in words and colours. Knows no animals and no pixels.

Light and landscape differ between cameras by far more than animals differ in colour, so that
colour tells the camera and not the individual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pawvit.herd.animal import Colour


@dataclass(frozen=True)
class Camera:
    """One camera: what it looks at and how it sees.

    Args:
        name: for the table's column `camera`.
        sky: colours of the sky at the top and at the horizon.
        sun: colour of the sun or the moon, and where it stands, in widths and heights.
        hills: colours of the hills, the far ones first.
        ground: colours of the ground at the horizon and at the lower edge.
        grass: colour of the grass.
        leaf: colour of the trees' leaves.
        trees: what grows there.
        water: colour of the water, where there is any.
        horizon: its height, in heights from the top.
        cast: factors of red, green and blue.
        brightness, contrast: factors; contrast works about the middle grey.
        blur: standard deviation of the blur, in 1/100 of the photo's height.
        noise: standard deviation of the noise, in grey levels.
    """

    name: str
    sky: tuple[Colour, Colour]
    sun: tuple[Colour, float, float]
    hills: tuple[Colour, ...]
    ground: tuple[Colour, Colour]
    grass: Colour
    leaf: Colour
    trees: Literal["acacia", "round", "pine"]
    water: Colour | None
    horizon: float
    cast: tuple[float, float, float]
    brightness: float
    contrast: float
    blur: float
    noise: float


CAMERAS = (
    Camera(
        "savanna",
        sky=((126, 184, 220), (248, 232, 190)),
        sun=((255, 246, 208), 0.78, 0.17),
        hills=((182, 186, 160), (168, 164, 112)),
        ground=((216, 190, 112), (188, 148, 78)),
        grass=(160, 138, 60),
        leaf=(108, 122, 58),
        trees="acacia",
        water=None,
        horizon=0.5,
        cast=(1.04, 1.0, 0.92),
        brightness=1.06,
        contrast=1.0,
        blur=0.25,
        noise=3.0,
    ),
    Camera(
        "forest edge",
        sky=((168, 208, 196), (222, 236, 206)),
        sun=((246, 252, 226), 0.2, 0.12),
        hills=((126, 164, 132), (78, 124, 86)),
        ground=((124, 156, 84), (80, 112, 58)),
        grass=(62, 104, 48),
        leaf=(58, 104, 62),
        trees="round",
        water=None,
        horizon=0.46,
        cast=(0.87, 1.01, 0.9),
        brightness=0.95,
        contrast=0.92,
        blur=0.35,
        noise=5.0,
    ),
    Camera(
        "waterhole",
        sky=((112, 166, 222), (214, 236, 244)),
        sun=((255, 255, 244), 0.5, 0.12),
        hills=((150, 176, 196), (132, 160, 150)),
        ground=((204, 192, 152), (172, 150, 112)),
        grass=(120, 142, 78),
        leaf=(92, 132, 84),
        trees="acacia",
        water=(98, 158, 190),
        horizon=0.44,
        cast=(0.92, 1.0, 1.13),
        brightness=1.08,
        contrast=0.88,
        blur=0.4,
        noise=3.0,
    ),
    Camera(
        "dusk",
        sky=((74, 62, 118), (250, 150, 92)),
        sun=((255, 214, 140), 0.3, 0.36),
        hills=((132, 84, 118), (94, 62, 92)),
        ground=((134, 92, 92), (76, 56, 74)),
        grass=(70, 48, 64),
        leaf=(62, 44, 66),
        trees="acacia",
        water=None,
        horizon=0.52,
        cast=(1.0, 0.84, 0.91),
        brightness=0.94,
        contrast=0.95,
        blur=0.35,
        noise=7.0,
    ),
    Camera(
        "morning mist",
        sky=((206, 214, 222), (238, 234, 228)),
        sun=((255, 252, 240), 0.68, 0.24),
        hills=((204, 210, 214), (176, 188, 190)),
        ground=((182, 190, 172), (138, 152, 130)),
        grass=(118, 138, 112),
        leaf=(126, 150, 142),
        trees="pine",
        water=None,
        horizon=0.48,
        cast=(0.97, 1.0, 1.04),
        brightness=1.1,
        contrast=0.72,
        blur=0.5,
        noise=3.0,
    ),
    Camera(
        "red dunes",
        sky=((92, 160, 208), (244, 214, 186)),
        sun=((255, 240, 210), 0.14, 0.2),
        hills=((214, 142, 98), (196, 108, 66)),
        ground=((216, 134, 84), (178, 92, 56)),
        grass=(150, 120, 70),
        leaf=(118, 116, 70),
        trees="acacia",
        water=None,
        horizon=0.47,
        cast=(1.1, 0.95, 0.86),
        brightness=1.0,
        contrast=1.08,
        blur=0.3,
        noise=4.0,
    ),
)
