"""`bbrmodel view-factors` on meshes that form no enclosure: one line with the surface's name, or a note."""

import json
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, write_boxes, write_shells

Capture = pytest.CaptureFixture[str]
BOTH = pytest.mark.parametrize("method", [["--rays", "128"], ["--method", "exact"]], ids=["ray", "exact"])


def room() -> dict[str, FloatArray]:
    return cube([0, 0, 0], 1.0, 2, inward=True)


def block(centre: list[float], side: float = 0.2, divisions: int = 1) -> FloatArray:
    return np.concatenate(list(cube(centre, side, divisions, inward=False).values()))


def error_of(path: Path, options: list[str], capsys: Capture) -> str:
    """Return the one line that a failing call leaves on stderr."""
    assert main(["view-factors", str(path), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("bbrmodel: error: ")
    return line


@BOTH
def test_an_open_room(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    surfaces = room()
    del surfaces["y_low"]
    line = error_of(write_shells(tmp_path / "open.msh", surfaces), method, capsys)
    assert "surface '" in line
    assert "--open" in line


@BOTH
def test_a_flipped_wall(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    surfaces = {**room(), "block": block([0.1, 0.0, 0.0])[:, ::-1]}
    line = error_of(write_shells(tmp_path / "flipped.msh", surfaces), method, capsys)
    assert "from behind" in line


@BOTH
def test_a_surface_given_twice(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    surfaces = {**room(), "copy": room()["x_low"]}
    line = error_of(write_shells(tmp_path / "twice.msh", surfaces), method, capsys)
    assert "'x_low'" in line
    assert "'copy'" in line


@BOTH
def test_shells_of_two_blocks_that_touch_with_different_meshes(
    tmp_path: Path, method: list[str], capsys: Capture
) -> None:
    surfaces = {**room(), "left": block([-0.1, 0, 0], divisions=2), "right": block([0.1, 0, 0], divisions=3)}
    line = error_of(write_shells(tmp_path / "touching.msh", surfaces), method, capsys)
    assert "surface 'left': facet" in line
    assert "overlaps facet" in line
    assert "of surface 'right' in one plane" in line


@BOTH
@pytest.mark.parametrize("divisions", [2, 3])
def test_two_bodies_that_touch_but_share_no_facet(
    tmp_path: Path, method: list[str], divisions: int, capsys: Capture
) -> None:
    """With the same divisions the faces coincide, with others they overlap."""
    boxes = {
        "left": (np.zeros(3), np.ones(3), (2, 2, 2)),
        "right": (np.array([1.0, 0.0, 0.0]), np.ones(3), (divisions, divisions, divisions)),
    }
    path = write_boxes(tmp_path / "bodies.msh", boxes, lambda centre: "side")
    line = error_of(path, [*method, "--open"], capsys)
    assert "'left__side'" in line
    assert "'right__side'" in line
    assert "Fragment" in line


@BOTH
def test_a_facet_without_area(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    surfaces = {**room(), "line": np.array([[[0.0, 0, 0], [0.1, 0.1, 0.1], [0.3, 0.3, 0.3]]])}
    line = error_of(write_shells(tmp_path / "line.msh", surfaces), method, capsys)
    assert "surface 'line'" in line
    assert "has no area" in line


@BOTH
def test_a_room_that_nothing_joins_is_listed(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    cell = {f"cell_{name}": part for name, part in cube([0.1, 0, 0], 0.15, 1, inward=True).items()}
    path = write_shells(tmp_path / "cell.msh", {**room(), "block": block([0.1, 0, 0]), **cell})
    assert main(["view-factors", str(path), *method, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["enclosures"]
    assert [part["name"] for part in found] == ["x_low", "cell_x_low"]
    assert sorted(found[1]["surfaces"]) == sorted(cell)


@BOTH
def test_a_sliver_is_named_on_stderr(tmp_path: Path, method: list[str], capsys: Capture) -> None:
    surfaces = room()
    a, b, c = surfaces["x_low"][0]
    cut = a + 1e-5 * (c - a)
    surfaces["x_low"] = np.concatenate([[[a, b, cut], [cut, b, c]], surfaces["x_low"][1:]])
    assert main(["view-factors", str(write_shells(tmp_path / "sliver.msh", surfaces)), *method]) == 0
    assert "surface 'x_low': 1 facets of the model are slivers" in " ".join(capsys.readouterr().err.split())
