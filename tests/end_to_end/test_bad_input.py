"""What a user gets wrong comes back as one line on stderr and status 2, never as a traceback.

A heated block on a cold plate is a good case; each test spoils one thing. A few run the command in a process of its
own; the others call what that process would call, which is quick.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import pytest

from bbrmodel.cli.main import main

CASE = """
schema_version = 1
name = "block"
[geometry]
mesh_file = "block.msh"
[bodies.block]
material = "ofhc_cu_rrr100"
emissivity = 0.1
[[boundary_conditions]]
surface = "block__bottom"
temperature_K = 80.0
[[heat_sources]]
name = "heater"
body = "block"
power_W = 0.1
[radiation]
rays_per_facet = 64
environment_temperature_K = 293.0
[ion]
position_m = [0.05, 0.05, 0.2]
rays = 4096
"""

BODIES, SURFACES = 1, 10  # numbers of the first physical groups


def block_mesh(origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0), *, divisions: int = 2) -> tuple[Any, Any, Any]:
    """Return points, tetrahedra and boundary triangles (bottom first, then all others) of a cube of 0.1 m."""
    steps = np.arange(divisions + 1)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    index = {tuple(node): number for number, node in enumerate(grid.tolist())}
    tetrahedra = []
    for corner in grid[(grid < divisions).all(axis=1)]:
        for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            path = [corner, *(corner + np.eye(3, dtype=int)[list(order[:k])].sum(axis=0) for k in (1, 2, 3))]
            tetrahedra.append([index[tuple(node.tolist())] for node in path])
    tets = np.array(tetrahedra)
    faces = np.concatenate([tets[:, [0, 1, 2]], tets[:, [0, 1, 3]], tets[:, [0, 2, 3]], tets[:, [1, 2, 3]]])
    unique, count = np.unique(np.sort(faces, axis=1), axis=0, return_counts=True)
    boundary = unique[count == 1]
    bottom = (grid[boundary][:, :, 2] == 0).all(axis=1)
    return 0.1 / divisions * grid + np.array(origin_m), tets, (boundary[bottom], boundary[~bottom])


def write_mesh(path: Path, blocks: dict[str, tuple[Any, Any, Any]]) -> None:
    """Write blocks with the groups `<name>`, `<name>__bottom` and `<name>__outer`."""
    points: list[Any] = []
    cells: list[tuple[str, Any]] = []
    groups: list[Any] = []
    names: dict[str, Any] = {}
    offset = 0
    for number, (name, (nodes, tets, (bottom, outer))) in enumerate(blocks.items()):
        tags = (BODIES + number, SURFACES + 2 * number, SURFACES + 2 * number + 1)
        kinds = (("tetra", tets, name), ("triangle", bottom, f"{name}__bottom"), ("triangle", outer, f"{name}__outer"))
        for tag, (kind, corners, label) in zip(tags, kinds, strict=True):
            cells.append((kind, corners + offset))
            groups.append(np.full(len(corners), tag))
            names[label] = np.array([tag, 3 if kind == "tetra" else 2])
        points.append(nodes)
        offset += len(nodes)
    data = {"gmsh:physical": groups, "gmsh:geometrical": groups}
    mesh = meshio.Mesh(np.concatenate(points), cells, cell_data=data, field_data=names)
    mesh.write(path, file_format="gmsh22", binary=False)


@dataclass(frozen=True)
class Workplace:
    """A directory with a case and its mesh, and the command line in it."""

    directory: Path
    repository: Path
    capture: pytest.CaptureFixture[str]

    def spoil(self, good: str, bad: str) -> None:
        """Replace text of the case."""
        path = self.directory / "case.toml"
        text = path.read_text()
        assert good in text
        path.write_text(text.replace(good, bad))

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in the directory, in a process of its own."""
        paths = os.pathsep.join([str(self.directory / "site"), str(self.repository)])
        return subprocess.run(
            [sys.executable, "-m", "bbrmodel", *arguments],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def error_lines(self, *arguments: str) -> list[str]:
        """Return the lines that a failing call leaves on stderr."""
        self.capture.readouterr()  # what the test's own writing of meshes said
        status = main(arguments)
        out, err = self.capture.readouterr()
        assert status == 2, err
        assert out == ""
        return err.splitlines()

    def error_line(self, *arguments: str) -> str:
        """Return the one line that a failing call leaves on stderr; `run case.toml` unless told."""
        return self.only(self.error_lines(*(arguments or ("run", "case.toml", "--no-plot"))))

    def only(self, lines: list[str]) -> str:
        """Return the only line of a message, after which nothing else is left behind."""
        (line,) = lines
        assert line.startswith("bbrmodel: error: ")
        assert not (self.directory / "results").exists()
        return line


@pytest.fixture
def workplace(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Workplace:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.toml").write_text(CASE)
    write_mesh(tmp_path / "block.msh", {"block": block_mesh()})
    return Workplace(tmp_path, repository, capsys)


@pytest.mark.fenics
def test_the_unspoilt_case_runs(workplace: Workplace) -> None:
    done = workplace.start("run", "case.toml", "--no-plot")
    assert (done.returncode, done.stderr) == (0, "")
    assert (workplace.directory / "results" / "block" / "001" / "result.json").is_file()


def test_a_misspelt_key(workplace: Workplace) -> None:
    workplace.spoil("power_W", "pwer_W")
    done = workplace.start("run", "case.toml")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert all(line.startswith("bbrmodel: error: ") for line in lines)
    assert any("heat_sources.heater.pwer_W" in line and "Did you mean 'power_W'?" in line for line in lines)


def test_two_mistakes_are_two_lines_and_a_count(workplace: Workplace) -> None:
    workplace.spoil("emissivity = 0.1", "emissivity = -0.1")
    workplace.spoil("temperature_K = 80.0", 'temperature_K = "cold"')
    lines = workplace.error_lines("run", "case.toml")
    first, second, count = sorted(lines, key=lambda line: ("problems" in line, line))
    assert "bodies.block.emissivity" in first
    assert "boundary_conditions.0.temperature_K" in second
    assert count == "bbrmodel: error: 2 problems in the input."


def test_an_unknown_material(workplace: Workplace) -> None:
    workplace.spoil("ofhc_cu_rrr100", "ofhc_cu_rr100")
    line = workplace.error_line()
    assert "bodies.block.material" in line
    assert "Did you mean 'ofhc_cu_rrr100'?" in line


def test_an_unknown_surface(workplace: Workplace) -> None:
    workplace.spoil('"block__bottom"', '"block__botom"')
    line = workplace.error_line()
    assert "block__botom" in line
    assert "Did you mean 'block__bottom'?" in line


def test_an_unknown_clock(workplace: Workplace) -> None:
    workplace.spoil("[ion]", '[ion]\nclock = "ca40_729"')
    line = workplace.error_line()
    assert "ca40_729" in line
    assert "Did you mean 'ca40p_729'?" in line


def test_no_temperature_anywhere(workplace: Workplace) -> None:
    workplace.spoil('[[boundary_conditions]]\nsurface = "block__bottom"\ntemperature_K = 80.0\n', "")
    workplace.spoil("environment_temperature_K = 293.0\n", "")
    line = workplace.error_line()
    assert "nothing holds a temperature" in line
    assert "environment_temperature_K" in line


def test_a_body_that_nothing_ties_to_a_temperature(workplace: Workplace) -> None:
    write_mesh(
        workplace.directory / "block.msh", {"block": block_mesh(), "floating": block_mesh((0.0, 0.0, 0.3), divisions=1)}
    )
    workplace.spoil("[[boundary", '[bodies.floating]\nmaterial = "ofhc_cu_rrr100"\nemissivity = 0.1\n[[boundary')
    before, _, _ = (workplace.directory / "case.toml").read_text().partition("[radiation]")
    (workplace.directory / "case.toml").write_text(before)
    assert "floating" in workplace.error_line()


def test_a_negative_emissivity(workplace: Workplace) -> None:
    workplace.spoil("emissivity = 0.1", "emissivity = -0.1")
    line = workplace.error_line()
    assert "bodies.block.emissivity = -0.1" in line


def test_a_temperature_that_no_cryostat_has(workplace: Workplace) -> None:
    workplace.spoil("temperature_K = 80.0", "temperature_K = -193.0")
    assert "boundary_conditions.0.temperature_K = -193" in workplace.error_line()


def test_an_open_enclosure_without_environment(workplace: Workplace) -> None:
    workplace.spoil("environment_temperature_K = 293.0\n", "")
    line = workplace.error_line()
    assert "block__" in line
    assert "environment_temperature_K" in line


def test_an_ion_inside_a_body(workplace: Workplace) -> None:
    workplace.spoil("[0.05, 0.05, 0.2]", "[0.05, 0.05, 0.051]")
    line = workplace.error_line()
    assert "ion" in line
    assert "block" in line


def test_a_sensor_outside_its_body(workplace: Workplace) -> None:
    workplace.spoil(
        "[radiation]", '[[sensors]]\nname = "pt100"\nbody = "block"\nposition_m = [0.05, 0.05, 0.3]\n[radiation]'
    )
    assert "pt100" in workplace.error_line()


def test_an_empty_mesh(workplace: Workplace) -> None:
    meshio.Mesh(np.eye(3), [("line", np.array([[0, 1], [1, 2]]))]).write(
        workplace.directory / "block.msh", file_format="gmsh22", binary=False
    )
    line = workplace.error_line()
    assert "block.msh" in line
    assert "empty" in line


def write_noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def cut_short(path: Path) -> None:
    path.write_text(path.read_text()[:200])


@pytest.mark.parametrize("damage", [write_noise, cut_short, Path.unlink, lambda path: path.write_text("")])
def test_a_mesh_file_that_cannot_be_read(workplace: Workplace, damage: Callable[[Path], Any]) -> None:
    damage(workplace.directory / "block.msh")
    assert "block.msh" in workplace.error_line()


@pytest.mark.parametrize("damage", [write_noise, Path.unlink, lambda path: path.write_text("[geometry\n")])
def test_a_case_file_that_cannot_be_read(workplace: Workplace, damage: Callable[[Path], Any]) -> None:
    damage(workplace.directory / "case.toml")
    assert "case.toml" in workplace.error_line()


def test_a_mesh_whose_groups_have_no_names(workplace: Workplace) -> None:
    nodes, tets, _ = block_mesh()
    mesh = meshio.Mesh(nodes, [("tetra", tets)])
    mesh.write(workplace.directory / "block.msh", file_format="gmsh22", binary=False)
    lines = workplace.error_lines("run", "case.toml")
    assert all(line.startswith("bbrmodel: error: ") for line in lines)
    assert any("bodies.block: the mesh has no such body." in line for line in lines)


def test_missing_dolfinx(workplace: Workplace) -> None:
    site = workplace.directory / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import sys\nsys.modules['dolfinx'] = None\n")
    done = workplace.start("run", "case.toml", "--no-plot")
    assert (done.returncode, done.stdout) == (2, "")
    line = workplace.only(done.stderr.splitlines())
    assert "dolfinx" in line
    assert "install" in line


@pytest.mark.parametrize("command", ["check", "mesh", "solve", "ion"])
def test_every_command_reports_a_bad_mesh_in_one_line(workplace: Workplace, command: str) -> None:
    write_noise(workplace.directory / "block.msh")
    assert "block.msh" in workplace.error_line(command, "case.toml")


def test_view_factors_of_a_missing_mesh(workplace: Workplace) -> None:
    assert "nowhere.msh" in workplace.error_line("view-factors", "nowhere.msh")


def test_a_study_with_a_misspelt_key(workplace: Workplace) -> None:
    (workplace.directory / "study.toml").write_text(
        'schema_version = 1\nname = "s"\ncase = "case.toml"\nworker = 2\n[grid]\n"ion.rays" = [4096]\n'
    )
    line = workplace.error_line("study", "study.toml")
    assert "worker" in line
    assert "Did you mean 'workers'?" in line


def test_the_mesh_of_these_tests_is_a_closed_cube() -> None:
    nodes, tets, (bottom, outer) = block_mesh()
    edges = nodes[tets][:, 1:] - nodes[tets][:, :1]
    volume = abs(np.linalg.det(edges)).sum() / 6.0
    assert volume == pytest.approx(1e-3, rel=1e-12)  # rounding
    assert (len(bottom), len(outer)) == (8, 40)


def test_an_ion_far_outside_the_model(workplace: Workplace) -> None:
    workplace.spoil("position_m = [0.05, 0.05, 0.2]", "position_m = [0.05, 0.05, 200.0]")
    assert "far outside the model" in workplace.error_line()


def test_check_finds_an_open_enclosure(workplace: Workplace) -> None:
    workplace.spoil("environment_temperature_K = 293.0\n", "")
    assert "leave the model" in workplace.error_line("check", "case.toml")
