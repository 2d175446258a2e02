"""Optical keys of a case: what is accepted, what is refused and in which words."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import BbrModelError, ConfigError
from bbrmodel.pipeline import check_case
from bbrmodel.spec import Case, load_case, resolved_toml, surface_settings, with_overrides
from bbrmodel.spec.load import build_case
from tests.verification.band_cases import case_text, write_pane_box, write_shells
from tests.verification.shapes import cube

BASE = """
schema_version = 1
name = "optics"
[geometry]
mesh_file = "mesh.msh"
[radiation]
band_edges_m = [8e-6]
environment_temperature_K = 293.0
[[boundary_conditions]]
surface = "wall"
temperature_K = 80.0
[bodies.pane]
material = "ss304"
[surfaces.wall]
"""
WALL = "band_emissivities = [0.1, 0.5]\n"


def problems(text: str) -> tuple[str, ...]:
    """Return the lines that a case file is refused with."""
    with pytest.raises(ConfigError) as caught:
        build_case(tomllib.loads(text), label="file")
    return caught.value.problems


@pytest.mark.parametrize(
    ("wall", "line"),
    [
        ("emissivity = 0.1\nresistivity_of = 'gold'", "surfaces.wall = {emissivity = 0.1, resistivity_of = \"gold\"}: "
         "gives emissivity and resistivity_of, but only one of finish, emissivity, band_emissivities"),
        ("band_emissivities = [0.1]", "surfaces.wall.band_emissivities = [0.1]: has 1 values, but "
         "radiation.band_edges_m makes 2 bands. Give one value for each band, shortest wavelengths first."),
        ("band_emissivities = [0.1, 1.5]", "surfaces.wall.band_emissivities.1 = 1.5: must be at most 1"),
        ("band_emissivities = [0.4, 0.5]\nband_transmittances = [0.7, 0.0]", "surfaces.wall.band_transmittances = "
         "[0.7, 0.0]: in band 1 emissivity 0.4 + transmittance 0.7 exceed 1. Lower one of them."),
        ("emissivity = 0.1\nband_transmittances = [0.7, 0.0]", "band_transmittances = [0.7, 0.0]: means nothing "
         "without band_emissivities"),
        (WALL + "passage = 'sheet'", "surfaces.wall.passage = \"sheet\": means nothing without band_transmittances"),
        ("band_emissivities = [0.1, 0.5]\nband_transmittances = [0.7, 0.0]\npassage = 'outside'", "surfaces.wall."
         "passage = \"outside\": must be 'body', 'sheet' or 'environment'"),
        ("emissivity = 0.1\ndirectional = true", "surfaces.wall.directional = true: needs a surface that Fresnel's "
         "formulas describe. Give one of resistivity_of, resistivity_ohm_m, refractive_indices."),
        ("refractive_indices = [1.0, 2.0]", "surfaces.wall.refractive_indices = [1.0, 2.0]: needs k beside n. Add "
         "extinction_coefficients."),
        ("refractive_indices = [0.0, 2.0]\nextinction_coefficients = [1.0, 1.0]", "refractive_indices.0 = 0.0: must be "
         "greater than 0"),
        ("resistivity_ohm_m = -1.0", "surfaces.wall.resistivity_ohm_m = -1.0: must be greater than 0"),
    ],
)  # fmt: skip
def test_contradictory_optics_are_named_with_place_value_rule_and_remedy(wall: str, line: str) -> None:
    found = problems(BASE + wall)
    assert any(line in problem for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("band_edges_m = [8e-6]\n", "", "surfaces.wall.band_emissivities = [0.1, 0.5]: needs bands of wavelength. "
         "Give radiation.band_edges_m, the wavelengths between them."),
        ("[8e-6]", "[8e-6, 1e-6]", "radiation.band_edges_m = [8e-06, 1e-06]: must grow. Sort the wavelengths"),
        ("[8e-6]", "[]", "radiation.band_edges_m = []: needs at least one wavelength. Give wavelengths in metres"),
        ("[8e-6]", "[-8e-6]", "radiation.band_edges_m.0 = -8e-06: must be greater than 0"),
        ("[8e-6]", "8e-6", "radiation.band_edges_m = 8e-06: must be a list. Write [value, ...]."),
    ],
)  # fmt: skip
def test_bands_that_do_not_fit_are_named(old: str, new: str, line: str) -> None:
    found = problems((BASE + WALL).replace(old, new))
    assert any(line in problem for problem in found), found


def test_a_window_to_the_environment_needs_an_environment() -> None:
    text = BASE.replace("environment_temperature_K = 293.0\n", "") + WALL
    found = problems(text + "band_transmittances = [0.5, 0.0]\npassage = 'environment'")
    assert found == (
        'file: surfaces.wall.passage = "environment": has no outside to pass to. Give '
        "radiation.environment_temperature_K.",
    )


def test_directional_metals_without_bands_are_refused() -> None:
    found = problems(BASE.replace("band_edges_m = [8e-6]\n", "") + "resistivity_of = 'gold'\ndirectional = true")
    assert found == (
        "file: surfaces.wall.directional = true: needs bands of wavelength. Give radiation.band_edges_m, the "
        "wavelengths between them.",
    )


def test_a_library_window_without_bands_is_refused() -> None:
    found = problems(BASE.replace("band_edges_m = [8e-6]\n", "") + "window_of = 'bk7'\npassage = 'environment'")
    assert found == (
        'file: surfaces.wall.window_of = "bk7": needs bands of wavelength. Give radiation.band_edges_m, the '
        "wavelengths between them.",
    )


def test_a_glob_gives_all_optical_keys_together() -> None:
    text = BASE + 'radiates = true\n[surfaces."wa*"]\n' + WALL + "band_transmittances = [0.5, 0.0]\npassage = 'sheet'"
    case = build_case(tomllib.loads(text))
    settings = surface_settings(case, "wall")
    assert settings is not None
    assert (settings.band_emissivities, settings.band_transmittances) == ((0.1, 0.5), (0.5, 0.0))
    assert settings.passage == "sheet"


def test_an_override_by_emissivity_takes_the_bands_away_and_the_file_round_trips() -> None:
    text = BASE + WALL + "band_transmittances = [0.5, 0.0]\npassage = 'sheet'\n"
    case = build_case(tomllib.loads(text))
    assert build_case(tomllib.loads(resolved_toml(case).replace(str(Path.cwd()) + "/", ""))) == case
    changed = with_overrides(case, ["surfaces.wall.emissivity=0.3"])
    wall = changed.surfaces["wall"]
    assert (wall.emissivity, wall.band_emissivities, wall.band_transmittances, wall.passage) == (0.3, None, None, None)


def shells(directory: Path, optics: str, radiation: str = "band_edges_m = [8e-6]") -> Case:
    """Return a closed cube of one surface at 100 K."""
    sides = cube([0, 0, 0], 1.0, 1, inward=True)
    write_shells(directory / "mesh.msh", {"wall": np.concatenate(list(sides.values()))})
    path = directory / "case.toml"
    path.write_text(case_text({"wall": (100.0, optics)}, radiation))
    return load_case(path)


@pytest.mark.parametrize(
    ("optics", "message"),
    [
        ("resistivity_of = 'gld'", r'surfaces."wall": metal \'gld\' has no resistivity in the library. Did you mean'),
        (WALL + "band_transmittances = [0.5, 0.0]\npassage = 'body'", "passage = 'body': it has no body behind it."),
        ("window_of = 'ss304'", "surfaces.\"wall\": material 'ss304' has no window data in the library. Known: bk7"),
        ("band_emissivities = [0.0, 0.5]", "band_1: no surface absorbs and the model is closed"),
    ],
)
def test_optics_that_do_not_fit_the_mesh_or_the_library_are_named(tmp_path: Path, optics: str, message: str) -> None:
    with pytest.raises(BbrModelError) as caught:
        check_case(shells(tmp_path, optics), cache=tmp_path)
    assert message.replace("\\", "") in str(caught.value)


def test_a_metal_outside_its_table_is_named_with_its_surface(tmp_path: Path) -> None:
    case = with_overrides(shells(tmp_path, "resistivity_of = 'gold'"), ["boundary_conditions.0.temperature_K=900"])
    with pytest.raises(BbrModelError, match=r'surfaces."wall" at the expected 900 K: gold: resistivity'):
        check_case(case, cache=tmp_path)


def test_a_face_of_a_body_is_no_sheet(tmp_path: Path) -> None:
    write_pane_box(tmp_path / "mesh.msh", 0.01, 1)
    path = tmp_path / "case.toml"
    path.write_text(BASE + WALL + '[surfaces."pane__*"]\n' + WALL + "band_transmittances = [0.5, 0.0]\npassage='sheet'")
    with pytest.raises(BbrModelError, match="passage = 'sheet': it is a face of body 'pane'"):
        check_case(load_case(path), cache=tmp_path)
