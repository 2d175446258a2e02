"""Infinite plates at distance, with the exact exchange between them.

Rationale: a gap of finite width costs its edges 2e-4 (`test_conduction_exact.py`, `test_heat_paths_exact.py`); the
coupling itself must be as good as the solve. Setup: two bars face each other; what a facet of one sees is the other
face, every facet in proportion to its area, as between infinite plates. Expected: the one-dimensional answers, to 1e-8.
"""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.materials import constant_curve
from bbrmodel.mesh.split import JointFacets, SplitMesh, add_middles
from bbrmodel.radiation.exchange_areas import from_upper
from bbrmodel.radiation.light_classes import SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.typing import FloatArray, IntArray
from tests.verification.shapes import bar_cells

pytestmark = pytest.mark.fenics

LENGTH, SIDE, GAP = 0.1, 0.1, 0.05


def two_bars(degree: int) -> SplitMesh:
    """Return two bars along x; the joint lists their faces across the gap, the facets their far ends."""
    points, cells, triangles = bar_cells(np.zeros(3), np.array([LENGTH, SIDE, SIDE]), (4, 2, 2))
    mirrored = points * [-1.0, 1.0, 1.0] + [2.0 * LENGTH + GAP, 0.0, 0.0]
    offset = len(points)
    x = points[triangles][:, :, 0]
    faces, ends = triangles[(x > LENGTH - 1e-9).all(axis=1)], triangles[(x < 1e-9).all(axis=1)]
    area = np.full(len(faces), SIDE**2 / len(faces))
    mesh = SplitMesh(
        points_m=np.concatenate([points, mirrored]),
        cells=np.concatenate([cells, cells + offset]),
        cell_body=np.repeat([0, 1], len(cells)),
        facet_nodes=np.concatenate([ends, ends + offset]),
        joints=(JointFacets((0, 1), faces, faces + offset, area),),
    )
    return mesh if degree == 1 else add_middles(mesh)


def plates(mesh: SplitMesh, emissivities: tuple[float, float]) -> LightExchange:
    """Return the exchange between both faces as between infinite plates."""
    joint = mesh.joints[0]
    num = len(joint.area_m2)
    area = np.tile(joint.area_m2, 2)
    upper = np.zeros((2 * num, 2 * num))
    upper[:num, num:] = np.outer(joint.area_m2, joint.area_m2) / joint.area_m2.sum()
    sparse = csr_matrix(upper)
    nothing = np.zeros(2 * num)
    areas = from_upper(sparse, np.zeros(sparse.nnz), escape=nothing, escape_variance=nothing, area_m2=area)
    nodes: IntArray = np.concatenate([joint.nodes_first, joint.nodes_second])
    surface = np.repeat([0, 1], num)
    emissivity: FloatArray = np.array(emissivities)[surface]
    surfaces = RadiatingSurfaces(
        areas=dict.fromkeys(SourceOptics(emissivity, emissivity, emissivity).light_names, areas),
        traced=frozenset(),
        area_m2=area,
        optics=SourceOptics(emissivity, emissivity, emissivity),
        patch=surface,
        nodes=nodes[:, -3:],
        shell_temperature_K=np.full(2 * num, np.nan),
        surface=surface,
        surface_names=("first", "second"),
        radiates=np.ones(2 * num, dtype=bool),
        corners=nodes[:, :3] if mesh.degree == 2 else None,
    )
    return LightExchange(surfaces, len(mesh.points_m))


def solve(
    mesh: SplitMesh, exchange: LightExchange, held_K: tuple[float, float], k: float, gas: float = 0.0
) -> tuple[FloatArray, float]:
    """Return temperatures and the flux [W/m2] that the first end supplies; `gas` is the conductance of the gap."""
    from bbrmodel.conduction.newton import SteadyProblem, solve_steady
    from bbrmodel.conduction.solid import Solid
    from bbrmodel.conduction.terms import JointTerm

    fixed = np.zeros(len(mesh.points_m), dtype=bool)
    start = np.full(len(mesh.points_m), sum(held_K) / 2.0)
    ends = np.split(mesh.facet_nodes, 2)
    for nodes, value in zip(ends, held_K, strict=True):
        fixed[nodes] = True
        start[nodes] = value
    joint = mesh.joints[0]
    gap = JointTerm("gas", joint.nodes_first, joint.nodes_second, joint.area_m2, gas)
    solid = Solid(mesh, (constant_curve(k), constant_curve(k)))
    result = solve_steady(SteadyProblem(solid, [gap], fixed, start, exchange), tolerance=1e-11)
    return result.T, float(result.reaction_W[np.unique(ends[0])].sum()) / SIDE**2


def gap_faces(held_K: tuple[float, float], k: float, factor: float, gas: float = 0.0) -> tuple[float, float, float]:
    """Return flux and face temperatures of two slabs that exchange `factor` sigma (T1^4 - T2^4) + gas (T1 - T2)."""
    low, high = 0.0, k / LENGTH * (held_K[0] - held_K[1]) / 2.0
    for _ in range(200):
        flux = 0.5 * (low + high)
        first, second = held_K[0] - flux * LENGTH / k, held_K[1] + flux * LENGTH / k
        crossing = factor * STEFAN_BOLTZMANN * (first**4 - second**4) + gas * (first - second)
        low, high = (flux, high) if crossing > flux else (low, flux)
    return flux, first, second


@pytest.mark.parametrize("degree", [1, 2])
def test_two_slabs_across_a_vacuum_gap_of_infinite_width(degree: int) -> None:
    """CO01: q = 14581.2627500345 W/m2, faces 854.187372499655 and 445.812627500345 K with sigma = 5.67037e-8."""
    mesh = two_bars(degree)
    T, flux = solve(mesh, plates(mesh, (0.8, 0.6)), (1000.0, 300.0), k=10.0)
    expected = gap_faces((1000.0, 300.0), 10.0, 1.0 / (1.0 / 0.8 + 1.0 / 0.6 - 1.0))
    # The published numbers differ by sigma: 1e-7 of it.
    assert expected == pytest.approx((14581.2627500345, 854.187372499655, 445.812627500345), rel=1e-6)
    joint = mesh.joints[0]
    found = (flux, T[joint.nodes_first].mean(), T[joint.nodes_second].mean())
    assert found == pytest.approx(expected, rel=1e-8)
    np.testing.assert_allclose(T[joint.nodes_first], expected[1], rtol=1e-8)


@pytest.mark.parametrize("degree", [1, 2])
def test_gas_and_light_between_infinite_plates_add(degree: int) -> None:
    """CO11: faces at 200 and 100 K, gas of 0.09187557 W/m/K over 1 m: 37.532557 W/m2 with sigma = 5.669e-8."""
    assert 9.187557 + 5.669e-8 * (200.0**4 - 100.0**4) / 3.0 == pytest.approx(37.532557, rel=1e-7)
    mesh = two_bars(degree)
    _, flux = solve(mesh, plates(mesh, (0.5, 0.5)), (200.0, 100.0), k=1e4, gas=0.09187557)
    assert flux == pytest.approx(gap_faces((200.0, 100.0), 1e4, 1.0 / 3.0, 0.09187557)[0], rel=1e-8)
    # With faces at exactly 200 and 100 K: the bars take 4e-4 K each.
    assert flux == pytest.approx(9.187557 + STEFAN_BOLTZMANN * (200.0**4 - 100.0**4) / 3.0, rel=1e-5)
