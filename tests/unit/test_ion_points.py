"""Further points of the ion in case files, their figures and their mistakes."""

import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError, GeometryError
from bbrmodel.pipeline import check_case
from bbrmodel.results import write_result
from bbrmodel.spec import Ion, build_case, load_case
from bbrmodel.viz import plot_ion_figure
from tests.unit.result_samples import make_case, make_solution
from tests.verification.shapes import write_boxes

BASE = {
    "schema_version": 1,
    "name": "points",
    "geometry": {"apparatus": "split_sphere"},
    "radiation": {},
    "ion": {"position_m": [0.0, 0.0, 0.0]},
}
Capture = pytest.CaptureFixture[str]


def ion(**keys: object) -> Ion:
    """Return the ion of a case with more keys."""
    case = build_case({**BASE, "ion": {**BASE["ion"], **keys}})  # type: ignore[dict-item]
    assert case.ion is not None
    return case.ion


def test_points_of_a_line_are_even_and_hold_both_ends() -> None:
    line = {"from_m": [0.0, 0.0, -0.3], "to_m": [0.0, 0.4, 0.0], "number": 6}
    places = ion(line=line, points=[{"name": "aside", "position_m": [0.1, 0.0, 0.0]}]).further_places
    assert [place.name for place in places] == ["aside", *(f"line_{k}" for k in range(1, 7))]
    assert places[0].key == "ion.points.0.position_m"
    assert places[0].distance_m is None
    assert places[1].position_m == (0.0, 0.0, -0.3)
    assert places[-1].position_m == (0.0, 0.4, 0.0)
    np.testing.assert_allclose([place.distance_m for place in places[1:]], np.linspace(0.0, 0.5, 6), rtol=1e-14)
    steps = np.diff([place.position_m for place in places[1:]], axis=0)
    np.testing.assert_allclose(steps, np.tile(steps[0], (5, 1)), atol=1e-15)  # rounding


def test_an_ion_alone_has_no_further_places() -> None:
    assert ion().further_places == ()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            {"points": [{"name": "a", "position_m": [0, 0, 0.0]}, {"name": "a", "position_m": [0, 0, 0.1]}]},
            r'ion\.points\.1\.name = "a": is already the name of points\.0',
        ),
        ({"line": {"from_m": [0, 0, 0.1], "to_m": [0, 0, 0.1]}}, r"ion\.line\.to_m = .*is where the line starts"),
        ({"line": {"from_m": [0, 0, 0.1], "to_m": [0, 0, 0.2], "number": 1}}, r"ion\.line\.number = 1"),
        ({"line": {"from_m": [0, 0, 0.1]}}, r"ion\.line\.to_m"),
        ({"quantisation_axis": [0, 0, 0]}, r"ion\.quantisation_axis = .*zero vector"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ion(**keys)


def test_a_point_in_a_body_is_named_before_anything_is_solved(tmp_path: Path) -> None:
    write_boxes(tmp_path / "mesh.msh", {"block": ([0.0, 0, 0], [1.0, 1, 1], (2, 2, 2))}, lambda centre: "side")
    (tmp_path / "case.toml").write_text(
        """
schema_version = 1
name = "block"
[geometry]
mesh_file = "mesh.msh"
[bodies.block]
material = "ofhc_cu_rrr100"
[surfaces."*"]
emissivity = 0.5
[radiation]
environment_temperature_K = 293.0
[ion]
position_m = [1.5, 0.5, 0.5]
[ion.line]
from_m = [1.5, 0.5, 0.5]
to_m = [0.5, 0.5, 0.5]
number = 2
"""
    )
    with pytest.raises(
        GeometryError, match=r"ion\.line = \[0\.5, 0\.5, 0\.5\], line_2: the ion lies inside body 'block'"
    ):
        check_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")


def test_spectrum_and_line_are_drawn_from_a_result(tmp_path: Path, capsys: Capture) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    for name in ("spectrum", "line"):
        assert main(["plot", str(directory), name]) == 0
        path = directory / f"ion_{name}.png"
        assert str(path) in capsys.readouterr().out.replace("\n", "")
        picture = matplotlib.image.imread(path)
        assert picture.shape[:2] == (1100, 1600)
        assert (picture[:, :, :3].min(axis=2) < 0.9).mean() > 0.01  # something is on it
    assert plot_ion_figure(directory, "line", tmp_path / "elsewhere").is_file()


@pytest.mark.parametrize(
    ("name", "missing", "said"),
    [("line", "points", "has no line of points. Add [ion.line]"), ("spectrum", "spectrum", "holds no spectrum")],
)
def test_a_result_without_such_a_figure_says_so(
    name: str, missing: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    document = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    document["ion"][missing] = [] if missing == "points" else None
    (directory / "result.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["plot", str(directory), name]) == 2
    assert said in capsys.readouterr().err


def test_a_case_does_not_go_with_a_figure_of_a_result(tmp_path: Path, capsys: Capture) -> None:
    assert main(["plot", str(tmp_path), "line", "--case", "lncioc_ca2"]) == 2
    assert "--case lncioc_ca2: goes with `plot material NAME`" in capsys.readouterr().err


def test_a_results_tables_of_the_ion_are_printed(tmp_path: Path, capsys: Capture) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    assert main(["ion", str(directory)]) == 0
    text = capsys.readouterr().out
    for words in ("Bodies as the ion sees them", "Further points", "line_2", "anisotropy along the quantisation axis"):
        assert words in text
    assert "tensor shift of |m| = 2.5" in text
    assert "nearest surface: block__top" in text
