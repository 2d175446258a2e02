"""What holds for every pair of triangles: reciprocity, bounds, scaling, motion, and cutting in parts."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from bbrmodel.radiation.exact import triangle_pair_factor
from bbrmodel.typing import FloatArray

COORDINATE = st.floats(-1.0, 1.0, allow_subnormal=False).map(lambda x: round(x, 3))
TRIANGLE = st.lists(COORDINATE, min_size=9, max_size=9).map(lambda x: np.array(x).reshape(3, 3))


def area(triangle: FloatArray) -> float:
    return float(0.5 * np.linalg.norm(np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])))


def is_fit(triangle: FloatArray) -> bool:
    """Return whether a triangle is no needle: its area is at least 1 % of its longest side squared."""
    sides = np.linalg.norm(triangle - np.roll(triangle, 1, axis=0), axis=1)
    return area(triangle) > 0.01 * sides.max() ** 2 > 1e-4


def draw(a: FloatArray, b: FloatArray, gap: float) -> FloatArray:
    """Return the second triangle lifted along z, so that both face many ways but never meet."""
    assume(is_fit(a) and is_fit(b))
    lifted: FloatArray = b + np.array([0.0, 0.0, 2.0 + gap])
    return lifted


@given(TRIANGLE, TRIANGLE, st.floats(0.01, 5.0))
def test_exchange_is_the_same_in_both_directions(a: FloatArray, b: FloatArray, gap: float) -> None:
    b = draw(a, b, gap)
    there, back = area(a) * triangle_pair_factor(a, b), area(b) * triangle_pair_factor(b, a)
    assert abs(there - back) <= 1e-12  # rounding of logarithms times square metres


@given(TRIANGLE, TRIANGLE, st.floats(0.01, 5.0))
def test_a_factor_is_a_fraction(a: FloatArray, b: FloatArray, gap: float) -> None:
    b = draw(a, b, gap)
    assert 0.0 <= triangle_pair_factor(a, b) <= 1.0 + 1e-12


@given(TRIANGLE, TRIANGLE, st.floats(0.01, 5.0), st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_moving_turning_and_scaling_change_nothing(
    a: FloatArray, b: FloatArray, gap: float, seed: int, scale: float
) -> None:
    b = draw(a, b, gap)
    turn = Rotation.random(random_state=seed)
    moved = [scale * (turn.apply(t) + np.array([1.0, -2.0, 0.5])) for t in (a, b)]
    # Needles of one per cent of their length squared lose two digits.
    assert abs(triangle_pair_factor(moved[0], moved[1]) - triangle_pair_factor(a, b)) <= 1e-11


@given(TRIANGLE, TRIANGLE, st.floats(0.01, 5.0))
def test_the_parts_of_a_receiver_add_up(a: FloatArray, b: FloatArray, gap: float) -> None:
    b = draw(a, b, gap)
    middle = 0.5 * (b[1] + b[2])
    parts = sum(triangle_pair_factor(a, np.array(t)) for t in ([b[0], b[1], middle], [b[0], middle, b[2]]))
    assert abs(parts - triangle_pair_factor(a, b)) <= 1e-11


@given(st.floats(0.05, 3.09), st.floats(0.1, 10.0))
def test_the_factors_in_a_closed_prism_sum_to_one(angle: float, length: float) -> None:
    """A prism over a triangle of any angle is closed: what one half of a wall sees sums to one."""
    tip = np.array([np.cos(angle), np.sin(angle)])
    corners = np.array([[0.0, 0.0], [1.0, 0.0], tip])
    low = np.column_stack([corners, np.zeros(3)])
    high = low + np.array([0.0, 0.0, length])
    walls = [(low[k], low[(k + 1) % 3], high[(k + 1) % 3], high[k]) for k in range(3)]
    triangles = [np.array([w[0], w[3], w[2]]) for w in walls] + [np.array([w[0], w[2], w[1]]) for w in walls]
    triangles += [low, high[::-1]]
    total = sum(triangle_pair_factor(triangles[0], t) for t in triangles[1:])
    assert abs(total - 1.0) <= 1e-10
