"""Thick panes: light inside is mirrored by the rim or the mount, so that exchange is reciprocal at any thickness.

Rationale: light that ended at the rim once made the ion's temperature differ by 5 K from its cross check.
Setup: black boxes on both sides of a pane with straight or flaring rim, bare or in a mount; few paths.
Expected: a pipe with mirrors for walls passes all that enters, a flare all that enters by its narrow end.
"""

from dataclasses import replace
from pathlib import Path

import meshio
import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.pipeline import check_case, solve_case
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths import (
    FACE,
    Panes,
    PathExchange,
    PathOptics,
    PathSettings,
    PointSource,
    SurfaceOptics,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
)
from bbrmodel.solution import Solution
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray
from tests.verification.band_cases import band_power, case_text, write_pane_box
from tests.verification.shapes import bar_cells, cube

CLEAR, EDGE = 0.8, (8e-6,)
THICKNESSES = [1e-3, 0.1, 0.3]  # over width


def two_boxes(thickness: float, width: float) -> tuple[Enclosure, PathOptics]:
    """Return black boxes of sides 1 (`low`) and `width` (`high`), joined by a clear body whose rim is no facet."""
    low = cube(np.array([0.0, 0.0, -0.5]), 1.0, 2, inward=True)
    high = cube(np.array([0.0, 0.0, thickness + 0.5 * width]), width, 2, inward=True)
    faces = low.pop("z_high"), high.pop("z_low")
    shells = {"low": np.concatenate(list(low.values())), "high": np.concatenate(list(high.values()))}
    # The normals of both boxes point into them, and so out of the pane.
    enclosure = enclosure_of_triangles({**shells, "in": faces[0], "out": faces[1]})
    face = SurfaceOptics(absorptivity=0.1, transmittance=CLEAR, passage=FACE)
    black = SurfaceOptics()
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    a, b = np.array([0.5, -0.5, 0.0]), np.array([0.5, 0.5, 0.0])
    c, d = (np.array([0.5 * width, y * width, thickness]) for y in (0.5, -0.5))
    side = np.array([[a, b, c], [a, c, d]])
    rim = np.concatenate([side @ np.linalg.matrix_power(turn, k) for k in range(4)])
    pane = np.where(np.isin(enclosure.surface, [2, 3]), 0, -1)
    panes = Panes(pane, rim, np.zeros(len(rim), dtype=np.int64))
    optics = optics_of_surfaces(enclosure, {"low": black, "high": black, "in": face, "out": face})
    return enclosure, replace(optics, panes=panes)


def exchange(thickness: float, width: float) -> PathExchange:
    """Return the exchange of both boxes."""
    return path_exchange(*two_boxes(thickness, width), paths_per_facet=1 << 10)


@pytest.mark.parametrize("thickness", [1e-3, 0.3, 3.0, 10.0])
def test_a_pipe_with_mirrors_for_walls_passes_all_light_that_enters(thickness: float) -> None:
    found = exchange(thickness, 1.0)
    assert found.lost_fraction < 1e-6
    for one, two in ((0, 1), (1, 0)):
        error = found.one_way_error_m2[one, two]
        assert abs(found.one_way_m2[one, two] - CLEAR) < 4.0 * error  # the faces have 1 m2
        assert error < 0.01


@pytest.mark.parametrize("thickness", [0.1, 0.5, 2.0])
def test_a_flare_passes_all_light_that_enters_by_its_narrow_end_and_is_reciprocal(thickness: float) -> None:
    """Each reflection turns light towards the wide end; of what enters there (4 m2) three quarters come back."""
    found = exchange(thickness, 2.0)
    for one, two in ((0, 1), (1, 0)):
        assert abs(found.one_way_m2[one, two] - CLEAR) < 4.0 * found.one_way_error_m2[one, two]
    error = np.hypot(found.one_way_error_m2[0, 1], found.one_way_error_m2[1, 0])
    assert abs(found.one_way_m2[0, 1] - found.one_way_m2[1, 0]) < 4.0 * error
    back = found.one_way_m2[1, 1] - 5.0 * 4.0 + 4.0  # of high's light: beside what goes from wall to wall
    assert abs(back - 4.0 * 0.1 - 3.0 * CLEAR) < 4.0 * found.one_way_error_m2[1, 1]


def test_weights_sum_to_one_and_repeat_in_any_number_of_threads() -> None:
    enclosure, optics = two_boxes(0.4, 1.5)
    source, settings = PointSource((0.1, 0.0, -0.3)), PathSettings(paths=1 << 13, replicas=8)
    found = trace_weights(enclosure, optics, source=source, settings=settings)
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)  # rounding
    assert found.lost_fraction < 1e-6
    again = trace_weights(enclosure, optics, source=source, settings=replace(settings, threads=1))
    assert found.replicas.tobytes() == again.replicas.tobytes()


def test_faces_of_one_pane_that_pass_different_shares_are_refused() -> None:
    enclosure, optics = two_boxes(0.4, 1.0)
    other = np.where(enclosure.surface == 3, 0.5, optics.transmittance)
    uneven = replace(optics, transmittance=other)
    with pytest.raises(ConfigError, match=r"'in' and 'out': are faces of one pane .* but pass 0\.8 and 0\.5"):
        path_exchange(enclosure, uneven, paths_per_facet=16)


def write_mounted_pane(path: Path, thickness: float, *, is_stack: bool = False) -> None:
    """Write two unit boxes of shells, `low` and `high`, parted by a `mount` with a `pane` of a ninth of its area.

    The upper half of a stack is a body `lid` of its own.
    """
    low = cube(np.zeros(3), 1.0, 3, inward=True)
    high = cube(np.array([0.0, 0.0, 1.0 + thickness]), 1.0, 3, inward=True)
    del low["z_high"], high["z_low"]
    shells = [np.concatenate(list(box.values())) for box in (low, high)]
    points, cells, faces = bar_cells(np.array([-0.5, -0.5, 0.5]), np.array([1.0, 1.0, thickness]), (3, 3, 2))

    def is_pane(corners: FloatArray) -> FloatArray:
        """Return 1 in the middle column."""
        return (np.abs(points[corners].mean(axis=1)[:, :2]).max(axis=1) < 1.0 / 6.0).astype(int)

    height = points[faces].mean(axis=1)[:, 2] - 0.5
    level = np.where(height < 1e-9, 0, np.where(height > thickness - 1e-9, 1, 2))
    corners = np.concatenate(shells).reshape(-1, 3)
    triangles = np.concatenate([faces, np.arange(len(corners)).reshape(-1, 3) + len(points)])
    names = ["mount__in", "mount__out", "mount__rim", "pane__in", "pane__out", "unused", "low", "high"]
    number = np.concatenate([level + 3 * is_pane(faces), np.full(len(shells[0]), 6), np.full(len(shells[1]), 7)])
    upper = points[cells].mean(axis=1)[:, 2] > 0.5 + 0.5 * thickness
    body = 1 + is_pane(cells) * (1 + (upper & is_stack))
    data = {"gmsh:physical": [body, number + 101]}
    data["gmsh:geometrical"] = data["gmsh:physical"]
    field = {name: np.array([101 + k, 2]) for k, name in enumerate(names) if name != "unused"}
    field |= {name: np.array([k, 3]) for k, name in enumerate(["mount", "pane", "lid"][: body.max()], start=1)}
    blocks = [("tetra", cells), ("triangle", triangles)]
    mesh = meshio.Mesh(np.concatenate([points, corners]), blocks, cell_data=data, field_data=field)
    meshio.write(path, mesh, file_format="gmsh22", binary=False)


def solve(directory: Path, text: str) -> Solution:
    """Solve a case beside its mesh."""
    path = directory / "case.toml"
    path.write_text(text)
    return solve_case(load_case(path), cache=directory / "cache")


def mounted_case(T: tuple[float, float, float], *, is_stack: bool = False) -> str:
    """Return black boxes at T[0] and T[1] with mounts alike and a pane at T[2]."""
    black, bare = "emissivity = 1.0", ""
    surfaces = {"low": (T[0], black), "high": (T[1], black), "mount__in": (T[0], black), "mount__out": (T[1], black)}
    surfaces |= {"pane__in": (T[2], bare), "pane__out": (T[2], bare), "mount__rim": (None, "radiates = false")}
    radiation = "band_edges_m = [8e-6]\nrays_per_facet = 256\npaths_per_facet = 8192"
    text = case_text(surfaces, radiation, "position_m = [0.1, 0.0, -0.1]\nrays = 65536\ncross_check_paths = 65536")
    text = text.replace('[surfaces."pane__in"]\n\n', "").replace('[surfaces."pane__out"]\n\n', "")
    clear = "band_emissivities = [0.05, 0.9]\nband_transmittances = [0.9, 0.0]"
    text += "[bodies.mount]\nconductivity_W_m_K = 1.0\n"
    for name in ("pane", "lid") if is_stack else ("pane",):
        text += f"[bodies.{name}]\nconductivity_W_m_K = 1.0\n{clear}\n"
        text += f'[[joints]]\nbetween = ["mount", "{name}"]\nconductance_W_m2_K = 1.0\n'
    return text


@pytest.mark.fenics
@pytest.mark.parametrize(("thickness", "is_stack"), [(0.01, False), (0.2, False), (0.2, True)])
def test_a_pane_in_a_mount_passes_what_its_face_takes_in_at_any_thickness(
    tmp_path: Path, thickness: float, is_stack: bool
) -> None:
    """The mount is no facet of the enclosure inside; nothing of the light ends there, nor where panes touch."""
    write_mounted_pane(tmp_path / "mesh.msh", thickness, is_stack=is_stack)
    found = solve(tmp_path, mounted_case((80.0, 293.0, 150.0), is_stack=is_stack))
    e, t = np.array([0.05, 0.9]), np.array([0.9, 0.0])
    low, high, pane = (band_power(EDGE, T) for T in (80.0, 293.0, 150.0))
    gain = float((t * (high - low) + e * (pane - low)).sum()) / 9.0
    # About 30 000 paths of the short band pass the pane: four standard errors. The long band closes to its exact value.
    assert found.thermal.net_radiation_W["low"] == pytest.approx(gain, rel=0.02)
    assert sum(found.thermal.net_radiation_W.values()) == pytest.approx(0.0, abs=1e-9 * gain)
    assert found.thermal.energy_balance.relative < 1e-7
    assert found.ion is not None
    assert found.ion.cross_check is not None
    assert abs(found.ion.cross_check.deviation_sigma) < 4.0
    assert any("mirrors all light inside" in note and " pane" in note for note in found.warnings)


@pytest.mark.fenics
def test_an_isothermal_room_with_a_thick_pane_has_its_temperature(tmp_path: Path) -> None:
    write_mounted_pane(tmp_path / "mesh.msh", 0.2)
    found = solve(tmp_path, mounted_case((120.0, 120.0, 120.0)))
    assert found.ion is not None
    assert found.ion.effective_temperature_K == pytest.approx(120.0, rel=1e-9)  # weights sum to 1 to 1e-9


@pytest.mark.fenics
def test_a_pane_that_is_clear_on_one_side_alone_is_refused_before_the_solve(tmp_path: Path) -> None:
    write_mounted_pane(tmp_path / "mesh.msh", 0.2)
    text = mounted_case((80.0, 293.0, 150.0))
    text += '[surfaces."pane__out"]\nband_emissivities = [0.2, 0.9]\nband_transmittances = [0.5, 0.0]\n'
    path = tmp_path / "case.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="band_1: surfaces 'pane__in' and 'pane__out': are faces of one pane"):
        check_case(load_case(path), cache=tmp_path / "cache")


@pytest.mark.fenics
def test_the_ion_agrees_with_its_cross_check_behind_a_pane_of_any_thickness(tmp_path: Path) -> None:
    """Bright box, a pane with a bare rim, the room outside: nothing depends on the thickness, for only sky is seen."""
    reached = []
    for thickness in THICKNESSES:
        directory = tmp_path / str(thickness)
        directory.mkdir()
        write_pane_box(directory / "mesh.msh", thickness, 3)
        surfaces = {"wall": (80.0, "emissivity = 0.1"), "pane__rim": (None, "radiates = false")}
        radiation = "band_edges_m = [8e-6]\nrays_per_facet = 256\npaths_per_facet = 1024\n"
        ion = "position_m = [0.0, 0.0, 0.0]\nrays = 65536\ncross_check_paths = 65536"
        text = case_text(surfaces, radiation + "environment_temperature_K = 293.0", ion)
        pane = "band_emissivities = [0.05, 0.9]\nband_transmittances = [0.9, 0.0]"
        found = solve(directory, f"{text}[bodies.pane]\nconductivity_W_m_K = 1e4\n{pane}\n").ion
        assert found is not None
        assert found.cross_check is not None
        assert abs(found.cross_check.deviation_sigma) < 4.0
        reached.append((found.effective_temperature_K, found.effective_temperature_std_K))
    T, error = np.array(reached).T
    assert np.ptp(T) < 4.0 * np.hypot(error.max(), error.max())
