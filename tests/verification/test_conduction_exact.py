"""Conduction with radiation, exact answers, through a case and its own mesh.

Rationale: conduction, joints, radiation and boundary conditions must add up. Setup: bars whose sides are insulated
(radiates = false). Expected: one-dimensional solutions that linear elements represent exactly, so tolerances are those
of the solver; where rays decide the exchange, a gap far wider than high, with its own tolerance.
"""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray
from tests.verification.shapes import write_boxes

pytestmark = pytest.mark.fenics


def end_of_bar(point: FloatArray, length: float) -> str:
    """Name a facet by the end of the bar along x that it lies on."""
    return "cold" if point[0] < 1e-9 else "hot" if point[0] > length - 1e-9 else "side"


def solve_bar(folder: Path, text: str, *, length: float, divisions: int = 6) -> Solution:
    """Solve a case whose mesh is one bar of the given length and 0.1 x 0.1 section."""
    boxes = {"bar": (np.zeros(3), np.array([length, 0.1, 0.1]), (divisions, 2, 2))}
    write_boxes(folder / "bar.msh", boxes, lambda point: end_of_bar(point, length))
    path = folder / "case.toml"
    path.write_text('schema_version = 1\nname = "bar"\n[geometry]\nmesh_file = "bar.msh"\n' + text, encoding="utf-8")
    return solve_case(load_case(path), cache=folder / "cache")


def exact_radiating_end(numbers: dict[str, float], sigma: float = STEFAN_BOLTZMANN) -> float:
    """Return the end temperature of a bar that conducts from `fixed` and radiates to `ambient`."""
    k, length, fixed, ambient, emissivity = (numbers[n] for n in ("k", "length", "fixed", "ambient", "emissivity"))
    low, high = sorted((fixed, ambient))
    for _ in range(200):
        middle = 0.5 * (low + high)
        gain = k / length * (fixed - middle) + emissivity * sigma * (ambient**4 - middle**4)
        low, high = (middle, high) if gain > 0 else (low, middle)
    return middle


BAR_RADIATING = """
[bodies.bar]
conductivity_W_m_K = {k}
emissivity = {emissivity}
[surfaces.bar__side]
radiates = false
[surfaces.bar__{fixed_end}]
radiates = false
[[boundary_conditions]]
surface = "bar__{fixed_end}"
temperature_K = {fixed}
[radiation]
rays_per_facet = 64
environment_temperature_K = {ambient}
"""


@pytest.mark.parametrize(
    ("numbers", "published", "sigma"),
    [
        (
            {"k": 50.0, "length": 1.0, "fixed": 273.15, "ambient": 261.15, "emissivity": 1.0},
            273.15 - 0.95073865,
            5.669e-8,
        ),
        ({"k": 55.6, "length": 0.1, "fixed": 1000.0, "ambient": 300.0, "emissivity": 0.98}, 927.0076, 5.67e-8),
    ],
    ids=["CO03", "CO04 (NAFEMS T2)"],
)
def test_bar_that_radiates_from_its_end(
    tmp_path: Path, numbers: dict[str, float], published: float, sigma: float
) -> None:
    """1e-6 of the temperature, against the equation with today's sigma; it gives the published value with `sigma`."""
    assert exact_radiating_end(numbers, sigma) == pytest.approx(published, rel=1e-6)
    text = BAR_RADIATING.format(fixed_end="cold", **numbers)
    solution = solve_bar(tmp_path, text, length=numbers["length"])
    end = solution.thermal.node_temperature_K[solution.solid.points_m[:, 0] > numbers["length"] - 1e-9]
    expected = exact_radiating_end(numbers)
    np.testing.assert_allclose(end, expected, rtol=1e-6)
    flux = numbers["k"] / numbers["length"] * (numbers["fixed"] - expected)
    assert -solution.thermal.heat_flows_W["radiation"] / 0.01 == pytest.approx(flux, rel=1e-6)
    assert solution.thermal.energy_balance.relative < 1e-8


SLABS = """
[bodies.hot]
conductivity_W_m_K = 10.0
emissivity = 0.8
[bodies.cold]
conductivity_W_m_K = 10.0
emissivity = 0.6
[surfaces."*__side"]
radiates = false
[surfaces."*__outer"]
radiates = false
[[boundary_conditions]]
surface = "hot__outer"
temperature_K = 1000.0
[[boundary_conditions]]
surface = "cold__outer"
temperature_K = 300.0
[radiation]
rays_per_facet = 4096
environment_temperature_K = 600.0
"""


def test_two_slabs_across_a_vacuum_gap(tmp_path: Path) -> None:
    """CO01: q = 14581.26 W/m2 and gap faces 854.187 and 445.813 K.

    The gap is 1e-4 of its width, so that the edges see 2e-4 of the surroundings; these are set near the mean fourth
    power of the faces, and the mean flux through the gap is compared to 2e-4.
    """

    def name(point: FloatArray) -> str:
        x = point[0]
        faces = {0.0: "outer", 0.1: "gap", 0.1001: "gap", 0.2001: "outer"}
        return next((label for at, label in faces.items() if abs(x - at) < 1e-9), "side")

    boxes = {
        "hot": (np.array([0.0, 0.0, 0.0]), np.array([0.1, 1.0, 1.0]), (4, 5, 5)),
        "cold": (np.array([0.1001, 0.0, 0.0]), np.array([0.1, 1.0, 1.0]), (4, 5, 5)),
    }
    write_boxes(tmp_path / "slabs.msh", boxes, name)
    text = 'schema_version = 1\nname = "slabs"\n[geometry]\nmesh_file = "slabs.msh"\n' + SLABS
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    solution = solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")
    flux = solution.thermal.heat_flows_W["temperature:hot__outer"]
    assert flux == pytest.approx(14581.2627500345, rel=2e-4)
    facets = solution.facets
    for surface, expected in (("hot__gap", 854.187372499655), ("cold__gap", 445.812627500345)):
        mine = facets.surface == facets.surface_names.index(surface)
        assert solution.thermal.facet_temperature_K[mine].mean() == pytest.approx(expected, abs=0.05)


JOINT = """
[bodies.warm]
conductivity_W_m_K = 100.0
[bodies.cool]
conductivity_W_m_K = 100.0
[[joints]]
between = ["warm", "cool"]
conductance_W_m2_K = {h}
[[boundary_conditions]]
surface = "warm__outer"
temperature_K = 100.0
[[boundary_conditions]]
surface = "cool__outer"
temperature_K = 80.0
[[sensors]]
name = "at_joint"
body = "warm"
position_m = [0.1, 0.05, 0.05]
"""


@pytest.mark.parametrize("h", [0.0, 10.0, 1000.0, 1e6, float("inf")])
def test_heat_through_a_joint_is_that_of_three_resistances_in_series(tmp_path: Path, h: float) -> None:
    """Linear elements are exact here: 1e-9 of the flow."""
    half = {
        "warm": (np.zeros(3), np.full(3, 0.1), (3, 2, 2)),
        "cool": (np.array([0.1, 0, 0]), np.full(3, 0.1), (3, 2, 2)),
    }
    path = write_boxes(
        tmp_path / "apart.msh",
        half,
        lambda p: "outer" if abs(p[0] - 0.1) > 0.0999 else "joint" if abs(p[0] - 0.1) < 1e-9 else "side",
    )
    merge_points(path, tmp_path / "joint.msh")
    text = JOINT.format(h=h)
    header = 'schema_version = 1\nname = "joint"\n[geometry]\nmesh_file = "joint.msh"\n'
    (tmp_path / "case.toml").write_text(header + text, encoding="utf-8")
    solution = solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")
    resistance = 0.2 / 100.0 / 0.01 + (1.0 / (h * 0.01) if h else np.inf)
    flow = 20.0 / resistance
    assert solution.thermal.heat_flows_W["temperature:warm__outer"] == pytest.approx(flow, rel=1e-9, abs=1e-9)
    joint = solution.thermal.joints[0]
    assert joint.between == ("warm", "cool")
    assert joint.heat_W == pytest.approx(flow, rel=1e-9, abs=1e-9)
    assert joint.temperature_step_K == pytest.approx(flow / (h * 0.01) if h else 20.0, rel=1e-9)
    if 0.0 < h < np.inf:
        assert solution.thermal.sensors[0].temperature_K == pytest.approx(100.0 - flow * 0.1 / 100.0 / 0.01, rel=1e-9)


def merge_points(source: Path, target: Path) -> None:
    """Rewrite a mesh with coincident points made one, and without the triangles between bodies."""
    import meshio

    raw = meshio.read(source)
    _, first, inverse = np.unique(np.round(raw.points, 9), axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    triangles, tags = inverse[raw.cells_dict["triangle"]], raw.cell_data_dict["gmsh:physical"]["triangle"]
    key = np.sort(triangles, axis=1)
    _, index, count = np.unique(key, axis=0, return_index=True, return_counts=True)
    keep = np.sort(index[count == 1])
    cells = [("tetra", inverse[raw.cells_dict["tetra"]]), ("triangle", triangles[keep])]
    physical = [raw.cell_data_dict["gmsh:physical"]["tetra"], tags[keep]]
    used = {int(tag) for tag in np.concatenate(physical)}
    names = {name: value for name, value in raw.field_data.items() if int(value[0]) in used}
    data = {"gmsh:physical": physical, "gmsh:geometrical": physical}
    mesh = meshio.Mesh(raw.points[first], cells, cell_data=data, field_data=names)
    meshio.write(target, mesh, file_format="gmsh22", binary=False)
