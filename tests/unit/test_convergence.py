"""Observed order, extrapolated value and error bar of a number on a sequence of meshes."""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.spec import load_case
from bbrmodel.study.convergence import CAUTIOUS, converge_case, judge

HALVES = np.array([4.0, 2.0, 1.0])


@pytest.mark.parametrize("order", [1.0, 1.7, 3.0])
def test_order_and_limit_of_a_power_law_are_found(order: float) -> None:
    size = np.array([3.0, 1.9, 1.0])  # any ratio
    found = judge("q", "W", tuple(5.0 - 0.2 * size**order), size=size, noise=0.0)
    assert found.order == pytest.approx(order, rel=1e-9)
    assert found.extrapolated == pytest.approx(5.0, rel=1e-12)
    assert found.error == pytest.approx(1.25 * 0.2, rel=1e-9)


@pytest.mark.parametrize("values", [(1.0, 1.1, 1.05), (1.0, 1.1, 1.3), (2.0, 2.0, 2.0)])
def test_without_a_limit_in_sight_the_last_difference_counts_three_times(values: tuple[float, ...]) -> None:
    found = judge("q", "W", values, size=HALVES, noise=0.0)
    assert found.order is None
    assert found.extrapolated == values[-1]
    assert found.error == pytest.approx(CAUTIOUS * abs(values[-1] - values[-2]))


def test_differences_within_the_noise_have_no_order() -> None:
    values = (1.16, 1.04, 1.01)
    assert judge("q", "K", values, size=HALVES, noise=0.0).order == pytest.approx(2.0)
    found = judge("q", "K", values, size=HALVES, noise=0.02)
    assert found.order is None
    assert found.error == pytest.approx(3.0 * 0.03 + 0.02)


def test_two_meshes_give_a_difference_only() -> None:
    assert judge("q", "W", (1.1, 1.0), size=HALVES[1:], noise=0.0).order is None


def test_levels_and_builders_are_checked(tmp_path: Path) -> None:
    case = load_case("split_sphere")
    with pytest.raises(ConfigError, match="levels = 1: at least 2"):
        converge_case(case, levels=1)
    with pytest.raises(ConfigError, match="at most 3 by resolution"):
        converge_case(case, levels=4, by="resolution")


def test_a_sphere_is_refined_and_keeps_its_exact_answer(tmp_path: Path) -> None:
    """SP01: two isothermal halves see each other as wholes, so the ion's temperature is exact on any mesh."""
    case = load_case("split_sphere", ["geometry.resolution=coarse", "radiation.rays_per_facet=64"])
    found = converge_case(case, levels=2, cache=tmp_path)
    assert found.facets[1] == 4 * found.facets[0]
    assert found.size_m[1] == pytest.approx(0.5 * found.size_m[0], rel=1e-9)
    ion = found.quantities[0]
    assert (ion.name, ion.unit) == ("T_eff", "K")
    assert ion.values[1] == pytest.approx(170.58994056, abs=4.0 * ion.noise + 0.05)  # and the polygons


CUBE = """
schema_version = 1
name = "cube"
[geometry]
mesh_size_m = 0.3
[[geometry.parts]]
name = "cube"
kind = "box"
size_m = [1.0, 1.0, 1.0]
[bodies.cube]
conductivity_W_m_K = 1.0
[[boundary_conditions]]
surface = "cube__*"
temperature_K = 80.0
[[heat_sources]]
name = "heater"
body = "cube"
power_W = 100.0
[[sensors]]
name = "middle"
body = "cube"
position_m = [0.0, 0.0, 0.0]
"""


def mean_rise_of_a_cube() -> float:
    """Return the mean of u where div grad u = -1 in a unit cube with u = 0 on its sides, from its Fourier series."""
    odd = np.arange(1, 400, 2, dtype=float) ** 2
    u, v, w = np.meshgrid(odd, odd, odd, indexing="ij")
    return float(512.0 / np.pi**8 * (1.0 / (u * v * w * (u + v + w))).sum())


@pytest.mark.fenics
@pytest.mark.parametrize(("degree", "lowest", "highest", "error"), [(1, 1.8, 2.2, 0.06), (2, 3.0, 4.0, 2e-3)])
def test_a_heated_cube_converges_to_its_series_within_the_stated_error(
    tmp_path: Path, degree: int, lowest: float, highest: float, error: float
) -> None:
    """Rationale: the mean temperature is the energy of the solution, whose order is twice the degree where the solution
    is smooth; at the edges its second derivatives grow without limit, which costs quadratic elements part of the 4.
    Expected: such an order on three meshes, and the series within the stated error.
    """
    (tmp_path / "cube.toml").write_text(CUBE + f"[solver]\ndegree = {degree}\n", encoding="utf-8")
    found = converge_case(load_case(tmp_path / "cube.toml"), cache=tmp_path)
    numbers = {one.name: one for one in found.quantities}
    assert {"cube mean", "cube max", "sensor:middle", "temperature:cube__x_low", "source:heater"} <= set(numbers)
    mean = numbers["cube mean"]
    assert mean.order is not None
    assert lowest < mean.order <= highest
    exact = 80.0 + 100.0 * mean_rise_of_a_cube()
    assert abs(mean.extrapolated - exact) <= mean.error
    assert mean.error < error  # K, of a rise of 2 K


@pytest.mark.fenics
def test_both_degrees_on_one_mesh_tell_the_error_of_the_temperatures(tmp_path: Path) -> None:
    (tmp_path / "cube.toml").write_text(CUBE, encoding="utf-8")
    found = converge_case(load_case(tmp_path / "cube.toml"), by="degree", cache=tmp_path)
    assert found.cells[0] == found.cells[1]
    mean = next(one for one in found.quantities if one.name == "cube mean")
    exact = 80.0 + 100.0 * mean_rise_of_a_cube()
    assert abs(mean.values[1] - exact) < 0.05 * abs(mean.values[0] - exact)
    assert abs(mean.extrapolated - exact) < mean.error
    with pytest.raises(ConfigError, match="levels = 3: at least 2, and at most 3 by resolution and 2 by degree"):
        converge_case(load_case(tmp_path / "cube.toml"), by="degree", levels=3)
