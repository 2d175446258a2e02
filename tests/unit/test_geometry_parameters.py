"""Parameter tables of the apparatus: limits, names, README."""

import re
from pathlib import Path

import pytest

from bbrmodel.errors import GeometryError, UnknownNameError
from bbrmodel.geometry import (
    Parameter,
    apparatus_parameters,
    generate_mesh,
    list_apparatus,
    parameter_table,
    read_parameters,
    resolve_parameters,
)
from bbrmodel.resources import geometries_dir

TABLE = {
    "gap_m": Parameter(0.005, "m", "paper", "x", "gap of the cover", 0.001, 0.02),
    "count": Parameter(3, "-", "paper", "x", "number of holes", 0, 6),
    "side": Parameter("outside", "-", "assumed", "x", "side", choices=("outside", "inside")),
    "open": Parameter(True, "-", "assumed", "x", "whether it is open"),
}


def test_defaults_fill_in_what_is_not_given() -> None:
    values = resolve_parameters("demo", TABLE, {"count": 2})
    assert values == {"gap_m": 0.005, "count": 2, "side": "outside", "open": True}


def test_a_whole_number_is_a_length() -> None:
    table = {"gap_m": Parameter(1.5, "m", "paper", "x", "gap")}
    value = resolve_parameters("demo", table, {"gap_m": 2})["gap_m"]
    assert isinstance(value, float)
    assert value == 2.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"gapm": 0.1}, "there is no parameter 'gapm'. Did you mean 'gap_m'"),
        ({"gap_m": 0.0}, r"gap_m = 0.0: must lie in \[0.001, 0.02\] m \(gap of the cover\)"),
        ({"gap_m": -0.002}, r"gap_m = -0.002: must lie in"),
        ({"gap_m": float("nan")}, "gap_m = nan: must lie in"),
        ({"gap_m": "wide"}, "gap_m = 'wide': must be a number in m"),
        ({"count": True}, "count = True: must be a number"),
        ({"count": 2.5}, "count = 2.5: must be a whole number"),
        ({"side": "above"}, "side = 'above': must be one of outside, inside"),
        ({"open": 1}, "open = 1: must be true or false"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule(given: dict[str, object], message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        resolve_parameters("demo", TABLE, given)


def test_all_wrong_values_are_reported_at_once() -> None:
    with pytest.raises(GeometryError, match=r"(?s)gapm.*count = 9"):
        resolve_parameters("demo", TABLE, {"gapm": 1.0, "count": 9})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[a]\ndefualt = 1\nunit = "m"\n', "a.defualt is not a key of a parameter. Did you mean 'default'"),
        ("[a]\ndefault = 1\n", "a: .*missing"),
        (
            '[a]\ndefault = 1\nunit = "m"\norigin = "guessed"\nsource = ""\ndescription = ""\n',
            "a.origin = 'guessed': must be one of",
        ),
    ],
)
def test_a_wrong_parameter_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text(text)
    with pytest.raises(GeometryError, match=message):
        read_parameters(path)


def test_the_shipped_apparatus_are_listed() -> None:
    assert {"grey_sphere_hole", "lncioc_ca2", "split_sphere"} <= set(list_apparatus())


def test_an_unknown_apparatus_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no apparatus 'lncioc_ca'. Did you mean 'lncioc_ca2'"):
        generate_mesh("lncioc_ca", {}, resolution="coarse", cache=tmp_path)


def test_an_unknown_resolution_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="resolution = 'medium': must be one of coarse, default, fine"):
        generate_mesh("split_sphere", {}, resolution="medium", cache=tmp_path)


@pytest.mark.parametrize("name", ["grey_sphere_hole", "lncioc_ca2", "split_sphere"])
def test_the_readme_shows_exactly_the_parameter_table(name: str) -> None:
    text = (geometries_dir() / name / "README.md").read_text(encoding="utf-8")
    assert parameter_table(apparatus_parameters(name)) in text


@pytest.mark.parametrize("name", ["grey_sphere_hole", "lncioc_ca2", "split_sphere"])
def test_defaults_keep_their_own_limits_and_names_carry_their_unit(name: str) -> None:
    parameters = apparatus_parameters(name)
    resolve_parameters(name, parameters, {key: parameter.default for key, parameter in parameters.items()})
    for key, parameter in parameters.items():
        if parameter.unit in ("m", "m3", "deg"):
            assert re.search(f"_{parameter.unit}$", key), key
