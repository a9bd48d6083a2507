"""Shapes: checked against circles and lines worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.shapes import ellipse, normals, smooth, tube, turned


def area(outline: np.ndarray) -> float:
    x, y = outline.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_a_quarter_turn_takes_x_to_y() -> None:
    assert turned(np.array([[1.0, 0.0], [0.0, 1.0]]), np.pi / 2) == pytest.approx(
        np.array([[0.0, 1.0], [-1.0, 0.0]])
    )


def test_a_spline_goes_through_its_points() -> None:
    points = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
    assert smooth(points, 21)[[0, 10, 20]] == pytest.approx(points)


def test_a_straight_tube_is_a_rectangle_with_half_discs() -> None:
    line, radii = np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]]), np.full(3, 0.5)
    assert area(tube(line, radii)) == pytest.approx(4 + np.pi / 4, rel=0.01)
    half = area(tube(line, radii, round_end=False))
    assert half == pytest.approx(4 + np.pi / 8, rel=0.01)


def test_across_a_line_to_the_left_is_down() -> None:
    assert normals(np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 0.0]])) == pytest.approx(
        np.tile([0.0, 1.0], (3, 1))
    )


def test_an_ellipse_has_its_area() -> None:
    assert area(ellipse(3, 4, 2, 1)) == pytest.approx(2 * np.pi, rel=0.02)
