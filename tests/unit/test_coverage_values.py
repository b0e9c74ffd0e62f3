"""Values of shapes at many points at once, in single precision, beside those at one point."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.coverage.circles.values import Shape, Values, raise_to, value_of

STEP_M = 4.5
_AT = np.arange(81)
POINTS: tuple[Values, Values] = (
    (_AT % 9 * STEP_M).astype(np.float32),
    (_AT // 9 * STEP_M).astype(np.float32),
)
_MOST = np.float32(9.0)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Half discs and trapezoids, about and beside the points, far from the origin."""
    angle = draw(st.floats(0.0, 6.3))
    radius, other = draw(st.floats(0.2, 300.0)), draw(st.floats(0.2, 300.0))
    length = draw(st.one_of(st.just(-1.0), st.floats(2.0, 400.0)))
    x, y = draw(st.floats(59_700.0, 60_300.0)), draw(st.floats(-44_300.0, -43_700.0))
    return x, y, float(np.cos(angle)), float(np.sin(angle)), length, radius, radius if length < 0.0 else other


def raised(shape: Shape, column: int, row: int) -> Values:
    """Values at the corners of a block of eight cells a side."""
    value = np.full(_AT.size, -_MOST, dtype=np.float32)
    raise_to(shape, (column * 8 * STEP_M, row * 8 * STEP_M), POINTS, _MOST, value)
    return value.reshape(9, 9)


@settings(deadline=None)  # the first call compiles
@given(shape=shapes())
def test_many_points_have_the_values_of_one_by_one(shape: Shape) -> None:
    many = raised(shape, 1666, -1222)
    for r in range(9):
        for c in range(9):
            x, y = (1666 * 8 + c) * STEP_M, (-1222 * 8 + r) * STEP_M
            beside = [value_of(shape, x + dx, y + dy) for dx in (-0.002, 0.002) for dy in (-0.002, 0.002)]
            # At straight ends values leap: from what is left to nothing.
            kept = np.clip([*beside, value_of(shape, x, y)], -_MOST, _MOST)
            assert kept.min() - 0.01 <= many[r, c] <= kept.max() + 0.01


@settings(deadline=None)  # the first call compiles
@given(shape=shapes())
def test_a_corner_of_two_blocks_has_one_value(shape: Shape) -> None:
    here, east, north = raised(shape, 1666, -1222), raised(shape, 1667, -1222), raised(shape, 1666, -1221)
    assert (here[:, 8] == east[:, 0]).all()
    assert (here[8] == north[0]).all()


def test_values_are_raised_and_never_lowered() -> None:
    shape = (60_000.0, -44_000.0, 1.0, 0.0, -1.0, 50.0, 50.0)
    value = np.full(_AT.size, 3.0, dtype=np.float32)
    raise_to(shape, (60_000.0, -44_000.0), POINTS, _MOST, value)
    assert value.min() == 3.0
    assert value[0] == _MOST
