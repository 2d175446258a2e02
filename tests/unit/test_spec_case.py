"""Reading cases: defaults, parameters, round trip, and one line for each mistake."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from spec_samples import SMALL, changed, problems_of, write

from bbrmodel.errors import ConfigError
from bbrmodel.spec import (
    Case,
    Radiation,
    Solver,
    build_case,
    case_schema,
    load_case,
    matching_names,
    resolved_toml,
    surface_settings,
)


def test_a_small_case_gets_its_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    case = load_case(path)
    assert case.source == path
    assert case.radiation == Radiation(
        rays_per_facet=1000, seed=1, portal_rays=200_000, portals=case.radiation.portals if case.radiation else ()
    )
    assert case.solver == Solver(relative_tolerance=1e-8, max_iterations=50)
    assert case.ion is not None
    assert (case.ion.clock, case.ion.rays) == ("ca40p_729", 1_048_576)
    assert case.boundary_conditions[0].pressure_Pa == 101325.0
    assert case.geometry.resolution == "default"
    assert case.geometry.length_unit_m == 1.0
    assert case.links[0].from_ == "trap__left"
    assert case.links[0].count == 1
    assert case.joints[0].conductance_W_m2_K == float("inf")


def test_a_reference_takes_the_value_of_its_parameter(tmp_path: Path) -> None:
    case = load_case(write(tmp_path, SMALL))
    assert case.links[0].to_temperature_K == 293.0
    assert case.boundary_conditions[1].temperature_K == 293.0
    assert case.surfaces["cavity__*"].finish == "polished"


def test_a_parameter_may_refer_to_another(tmp_path: Path) -> None:
    text = changed("room_K = 293.0", 'room_K = "$lab_K"\nlab_K = 295')
    case = load_case(write(tmp_path, text))
    assert case.links[0].to_temperature_K == 295.0
    assert case.parameters["room_K"] == 295


def test_parameters_that_refer_to_each_other_are_an_error(tmp_path: Path) -> None:
    text = changed("room_K = 293.0", 'room_K = "$lab_K"\nlab_K = "$room_K"')
    problems = problems_of(tmp_path, text)
    assert any(
        'temperature_K = "$room_K": refers to itself ($room_K -> $lab_K -> $room_K)' in line for line in problems
    )


def test_an_unknown_parameter_names_its_place_once(tmp_path: Path) -> None:
    text = changed('temperature_K = "$room_K"\n[[heat', 'temperature_K = "$rom_K"\n[[heat')
    expected = "boundary_conditions.1.temperature_K = \"$rom_K\": there is no 'rom_K' in [parameters]. "
    assert problems_of(tmp_path, text) == (f"{expected}Did you mean 'room_K'?",)


def test_an_unknown_parameter_inside_a_position_is_reported_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, changed("[0, 0.01, 0]", '[0, "$hight_m", 0]'))
    assert len(problems) == 1
    assert problems[0].startswith("sensors.pt100.position_m.1 = \"$hight_m\": there is no 'hight_m' in [parameters]")


def test_a_bad_value_from_a_parameter_says_which_parameter(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, changed("293.0", "5000.0"))
    assert problems == (
        'links.endcap.to_temperature_K = 5000.0 (from "$room_K"): must lie in 1 .. 2000 K. Temperatures are in kelvin.',
        'boundary_conditions.1.temperature_K = 5000.0 (from "$room_K"): must lie in 1 .. 2000 K. '
        "Temperatures are in kelvin.",
    )


def test_the_resolved_case_reads_back_as_the_same_case(tmp_path: Path) -> None:
    case = load_case(write(tmp_path, SMALL))
    text = resolved_toml(case)
    again = load_case(write(tmp_path, text, "resolved.toml"))
    assert again == case
    assert resolved_toml(again) == text
    assert "$" not in text
    assert "rays_per_facet = 1000" in text


def test_the_resolved_case_keeps_odd_strings(tmp_path: Path) -> None:
    odd = 'a "quoted" back\\slash, µ, 😀, tab\t, bell\x07, del\x7f'
    case = build_case({"schema_version": 1, "name": "n", "description": odd, "geometry": {"apparatus": "box"}})
    assert load_case(write(tmp_path, resolved_toml(case))).description == odd


def test_the_resolved_case_finds_the_mesh_from_anywhere(tmp_path: Path) -> None:
    text = 'schema_version = 1\nname = "m"\n[geometry]\nmesh_file = "box.msh"\nlength_unit_m = 0.001\n'
    case = load_case(write(tmp_path, text))
    assert case.mesh_path == tmp_path / "box.msh"
    (tmp_path / "elsewhere").mkdir()
    again = load_case(write(tmp_path / "elsewhere", resolved_toml(case)))
    assert again.mesh_path == tmp_path / "box.msh"
    assert again.geometry.length_unit_m == 0.001


def test_a_case_without_mesh_file_has_no_mesh_path(tmp_path: Path) -> None:
    assert load_case(write(tmp_path, SMALL)).mesh_path is None


def test_a_case_cannot_be_changed(tmp_path: Path) -> None:
    case = load_case(write(tmp_path, SMALL))
    with pytest.raises(ValidationError, match="frozen"):
        case.name = "other"  # type: ignore[misc]


def test_all_mistakes_come_in_one_error(tmp_path: Path) -> None:
    text = SMALL.replace("emissivity = 0.8", "emissivity = 80").replace("power_W = 0.05", "power_W = nan")
    text = text.replace("diameter_m = 0.0002", "diameter_m = -1.0").replace("[radiation]", "[radiation]\nsede = 2")
    problems = problems_of(tmp_path, text)
    assert [line.split(" ")[0] for line in problems] == [
        "bodies.trap.emissivity",
        "links.endcap.diameter_m",
        "heat_sources.rf.power_W",
        "radiation.sede",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("emissivity = 0.8", "emissivity = 1.2", "bodies.trap.emissivity = 1.2: must lie in (0, 1]. If this is a perc"),
        ("emissivity = 0.8", "emissivity = 0.0", "bodies.trap.emissivity = 0.0: must lie in (0, 1]. A black surface"),
        ("power_W = 0.05", 'power_W = "0.05"', 'heat_sources.rf.power_W = "0.05": must be a number. Remove the quotes'),
        ("power_W = 0.05", "power_W = true", "heat_sources.rf.power_W = true: must be a number"),
        ("power_W = 0.05", "power_W = inf", "heat_sources.rf.power_W = inf: must be a finite number"),
        ("power_W = 0.05", "power_mW = 50", "heat_sources.rf.power_mW = 50: unknown key. Did you mean 'power_W'?"),
        ("= inf", "= nan", "joints.0.conductance_W_m2_K = nan: must be at least 0"),
        ("= inf", "= -1", "joints.0.conductance_W_m2_K = -1: must be at least 0"),
        ("room_K = 293.0", "room_K = nan", "parameters.room_K = nan: must not be nan"),
        ("gap_m = 0.005", "gap_m = [1]", "geometry.parameters.gap_m = [1]: must be a number, a string, true or false"),
        ("gap_m = 0.005", "gap_m = inf", "geometry.parameters.gap_m = inf: must be a finite number"),
        ('bath = "ln2"', 'bath = "ln3"', "boundary_conditions.0.bath = \"ln3\": must be 'ln2'. Did you mean 'ln2'?"),
        ('bath = "ln2"', "temperature_K = -196.0", "boundary_conditions.0.temperature_K = -196.0: must lie in 1 .. 20"),
        ('bath = "ln2"', "temperture_K = 80.0", "boundary_conditions.0.temperture_K = 80.0: unknown key. Did you mean"),
        ("[0, 0.01, 0]", "[0, 0.01]", "sensors.pt100.position_m = [0, 0.01]: must be three finite numbers"),
        ("[0, 0.01, 0]", "[0, nan, 0]", "sensors.pt100.position_m = [0, nan, 0]: must be three finite numbers"),
        ("[0, 0.01, 0]", "[0, true, 0]", "sensors.pt100.position_m = [0, true, 0]: must be three finite numbers"),
        ("normal = [0, 0, 1]", "normal = [0, 0, 0]", "radiation.portals.vent.normal = [0, 0, 0]: must not be the zero"),
        ("[radiation]", "[radiation]\nrays_per_facet = 15", "radiation.rays_per_facet = 15: must be at least 16"),
        ("[radiation]", "[radiation]\nrays_per_facet = 1e3", "radiation.rays_per_facet = 1000.0: must be a whole numb"),
        ("[radiation]", "[radiation]\nportal_rays = -1", "radiation.portal_rays = -1: must be at least 0"),
        ('"ofhc_cu_rrr100"', "1", 'bodies.cavity.material = 1: must be a string. Write it in quotes: "1"'),
        ('"ofhc_cu_rrr100"', '""', 'bodies.cavity.material = "": must not be empty'),
        ('name = "small"', 'name = "a/b"', 'name = "a/b": must be letters, digits, _ - and .'),
        ('name = "small"\n', "", "name: is missing. Add name = ..."),
        ("schema_version = 1\n", "", "schema_version: is missing. Add schema_version = 1"),
        ("schema_version = 1", "schema_version = 2", "schema_version = 2: must be 1"),
        ("diameter_m = 0.0002\n", "", "links.endcap.diameter_m: is missing. Add diameter_m = ... (Diameter of one rou"),
        ("[radiation]", "[radiaton]", "radiaton = {}: unknown key. Did you mean 'radiation'?"),
        ("[[sensors]]", "[sensors]", "sensors = {name = "),
        ("[parameters]", "rays_per_facet = 9\n[parameters]", "rays_per_facet = 9: unknown key. It is a key of [radiat"),
        ("[parameters]", 'source = "x"\n[parameters]', 'source = "x": unknown key'),
        ('["cavity", "trap"]', '["trap", "trap"]', 'joints.0.between = ["trap", "trap"]: joins a body to itself'),
        ('["cavity", "trap"]', '["cavity", "trp"]', "joints.0.between.1 = \"trp\": is not a body of this case. Did yo"),
        ('["cavity", "trap"]', '["cavity"]', 'joints.0.between = ["cavity"]: must be the names of two bodies'),
        ('name = "rf"\nbody = "trap"', 'name = "rf"\nbody = "tarp"', 'heat_sources.rf.body = "tarp": is not a body'),
        ('name = "rf"\nbody = "trap"', 'name = "rf"', 'heat_sources.rf = {name = "rf", power_W = 0.05}: gives none of'),
        ("length_m = 0.5", "length_m = 0.5\nto = 'x'", "gives to and to_temperature_K, but only one of to, to_temper"),
        ('to_temperature_K = "$room_K"', 'to = "trap__left"', 'links.endcap.to = "trap__left": links the surface to i'),
        ('bath = "ln2"', "film_W_m2_K = 5.0", "boundary_conditions.0.film_W_m2_K = 5.0: needs the temperature of the "),
        ('bath = "ln2"', 'bath = "ln2"\nambient_K = 300', "boundary_conditions.0.ambient_K = 300: means nothing witho"),
        ('bath = "ln2"', "heat_flux_W_m2 = 1\npressure_Pa = 7", "boundary_conditions.0.pressure_Pa = 7: means nothing"),
        ("= inf", "= inf\npressure_Pa = 1e5", "joints.0.pressure_Pa = 100000.0: means nothing without contact"),
        ("emissivity = 0.05\n", "", "surfaces.cavity__inner.absorptivity_warm = 0.07: means nothing without emissivit"),
        ("emissivity = 0.05\n", "finish='polished'\nemissivity=1\n", "surfaces.cavity__inner = {finish = \"polished\""),
        ("emissivity = 0.8", 'finish = "polished"', 'bodies.trap.finish = "polished": is a finish of no material'),
        ("cavity__inner", "trap__top]\nfinish='bare'\n[surfaces.cavity__inner", 'surfaces.trap__top.finish = "bare": '),
        ("cavity__inner", "trap__top]\n[surfaces.cavity__inner", "surfaces.trap__top = {}: says nothing about the sur"),
        ("[radiation]", "[solver]\nrelative_tolerance = 1.0\n[radiation]", "solver.relative_tolerance = 1.0: must be "),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_path_value_rule_and_remedy(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    lines = problems_of(tmp_path, changed(old, new))
    assert any(problem in line for line in lines), lines


ODD_VALUES = [1, -1.5, "x", "", "$x", True, [], {}, [1], [[]], [{}], [{"name": 1}], {"a": 1}, {"a": {}}, float("nan")]


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each table, list and value."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@pytest.mark.parametrize("place", list(places(tomllib.loads(SMALL))), ids=str)
def test_an_odd_value_anywhere_is_accepted_or_named_but_never_crashes(place: tuple[str | int, ...]) -> None:
    for odd in ODD_VALUES:
        tables: Any = tomllib.loads(SMALL)
        node = tables
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = odd
        problems: tuple[str, ...] = ("file: ",)
        try:
            build_case(tables, label="file")
        except ConfigError as error:
            problems = error.problems
        assert problems
        assert all(line.startswith("file: ") for line in problems)


def test_a_misspelled_key_is_one_problem_and_not_a_missing_one_as_well(tmp_path: Path) -> None:
    assert len(problems_of(tmp_path, changed('bath = "ln2"', "temperture_K = 80.0"))) == 1
    assert len(problems_of(tmp_path, changed('name = "small"', 'nam = "small"'))) == 1
    assert len(problems_of(tmp_path, changed("diameter_m", "diametr_m"))) == 1


def test_a_temperature_in_celsius_is_recognised(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, changed('bath = "ln2"', "temperature_K = -195.8"))
    assert line.endswith("If this is in degrees Celsius, write 77.35.")


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    again = '[[heat_sources]]\nname = "rf"\nsurface = "trap__top"\npower_W = 1\n'
    expected = 'heat_sources.1.name = "rf": is already the name of heat_sources.0. Give each entry its own name.'
    assert problems_of(tmp_path, SMALL + again) == (expected,)
    again = '[[links]]\nname = "endcap"\nfrom = "a"\nto = "b"\nmaterial = "x"\ndiameter_m = 1e-3\nlength_m = 1\n'
    assert 'links.1.name = "endcap": is already' in problems_of(tmp_path, SMALL + again)[0]
    again = '[[sensors]]\nname = "pt100"\nbody = "trap"\nposition_m = [0, 0, 0]\n'
    assert 'sensors.1.name = "pt100": is already' in problems_of(tmp_path, SMALL + again)[0]
    again = '[[radiation.portals]]\nname="vent"\ncenter_m=[0,0,0]\nnormal=[1,0,0]\nradius_m=1\n[ion]'
    assert 'radiation.portals.1.name = "vent": is already' in problems_of(tmp_path, changed("[ion]", again))[0]


def test_two_joints_of_one_pair_are_refused_in_any_order(tmp_path: Path) -> None:
    again = '[[joints]]\nbetween = ["trap", "cavity"]\ncontact = "bare"\n'
    expected = 'joints.1.between = ["trap", "cavity"]: is the pair of joints.0 again. Keep one joint for each pair.'
    assert problems_of(tmp_path, SMALL + again) == (expected,)


def test_a_second_condition_on_a_fixed_surface_is_refused(tmp_path: Path) -> None:
    again = '[[boundary_conditions]]\nsurface = "chamber__*"\nheat_flux_W_m2 = 3.0\n'
    (line,) = problems_of(tmp_path, SMALL + again)
    assert line.startswith(
        'boundary_conditions.2.surface = "chamber__*": has temperature_K from boundary_conditions.1 already'
    )


def test_a_bath_and_a_heat_flux_may_share_a_surface(tmp_path: Path) -> None:
    again = '[[boundary_conditions]]\nsurface = "cavity__base"\nheat_flux_W_m2 = 3.0\n'
    assert len(load_case(write(tmp_path, SMALL + again)).boundary_conditions) == 3


def test_geometry_needs_exactly_one_source(tmp_path: Path) -> None:
    none = 'schema_version = 1\nname = "m"\n[geometry]\n'
    expected = "geometry = {}: gives none of apparatus, mesh_file, step_file, parts. Give exactly one of them."
    assert problems_of(tmp_path, none) == (expected,)
    two = none + 'apparatus = "box"\nmesh_file = "box.msh"\n'
    (line,) = problems_of(tmp_path, two)
    assert line.startswith('geometry = {apparatus = "box", mesh_file = "box.msh"}: gives apparatus and mesh_file')


def test_geometry_keys_of_the_other_source_are_refused(tmp_path: Path) -> None:
    start = 'schema_version = 1\nname = "m"\n[geometry]\n'
    (line,) = problems_of(tmp_path, start + 'mesh_file = "b.msh"\nresolution = "fine"\n')
    assert line.startswith('geometry.resolution = "fine": means nothing without apparatus')
    (line,) = problems_of(tmp_path, start + 'apparatus = "b"\nlength_unit_m = 0.5\n')
    assert line.startswith("geometry.length_unit_m = 0.5: means nothing without mesh_file")


def test_an_ion_needs_radiation(tmp_path: Path) -> None:
    text = 'schema_version = 1\nname = "m"\ngeometry.apparatus = "box"\n[ion]\nposition_m = [0, 0, 2]\n'
    (line,) = problems_of(tmp_path, text)
    assert line == "ion = {position_m = [0, 0, 2]}: needs the exchange of radiation. Add the table [radiation]."


def test_a_steady_state_needs_something_that_holds_a_temperature(tmp_path: Path) -> None:
    text = 'schema_version = 1\nname = "m"\ngeometry.apparatus = "box"\n[bodies.a]\nmaterial = "cu"\n'
    (line,) = problems_of(tmp_path, text)
    assert line.startswith("boundary_conditions = []: nothing holds a temperature")
    assert load_case(write(tmp_path, text + "[radiation]\nenvironment_temperature_K = 293.0\n"))


def test_a_wrong_table_type_says_what_to_write(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, changed("[[sensors]]", "[sensors]"))
    assert line.endswith("must be an array of tables. Write [[sensors]].")
    (line,) = problems_of(tmp_path, 'schema_version = 1\nname = "m"\ngeometry = "box"\n')
    assert line == 'geometry = "box": must be a table. Write [geometry].'


def test_a_very_long_value_is_shortened(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, changed("[0, 0.01, 0]", str(list(range(1000)))))
    assert line.startswith("sensors.pt100.position_m = [0, 1, 2, 3,")
    assert " ...: must be three finite numbers" in line
    assert len(line) < 250


def test_a_case_made_in_python_obeys_the_same_rules() -> None:
    with pytest.raises(ValidationError, match=r"gives none of apparatus, mesh_file"):
        Case.model_validate({"schema_version": 1, "name": "x", "geometry": {}})
    with pytest.raises(ConfigError, match=re.escape("case: geometry = {}: gives none of apparatus, mesh_file")):
        build_case({"schema_version": 1, "name": "x", "geometry": {}})


def test_build_case_leaves_the_given_tables_alone() -> None:
    tables = {"schema_version": 1, "name": "x", "geometry": {"apparatus": "box"}}
    build_case(tables, overrides=["name=y"])
    assert tables["name"] == "x"


def test_the_schema_describes_each_key() -> None:
    schema = case_schema()
    assert schema["additionalProperties"] is False
    assert "source" not in schema["properties"]
    assert {"from", "to_temperature_K"} <= set(schema["$defs"]["Link"]["properties"])
    assert all("description" in field for field in schema["properties"].values())


def test_an_exact_name_beats_a_glob_and_a_later_glob_an_earlier() -> None:
    tables = {
        "schema_version": 1,
        "name": "x",
        "geometry": {"apparatus": "box"},
        "surfaces": {
            "a__in": {"emissivity": 0.1},
            "a__*": {"emissivity": 0.2, "absorptivity_warm": 0.3, "radiates": False},
            "*__out": {"finish": "cu.polished"},
        },
    }
    case = build_case(tables)
    inner, outer, other = (surface_settings(case, name) for name in ("a__in", "a__out", "a__top"))
    assert inner is not None
    assert (inner.emissivity, inner.absorptivity_warm, inner.radiates) == (0.1, None, False)
    assert outer is not None
    assert (outer.finish, outer.emissivity, outer.absorptivity_warm) == ("cu.polished", None, None)
    assert other is not None
    assert (other.emissivity, other.absorptivity_warm) == (0.2, 0.3)
    assert surface_settings(case, "b__in") is None


def test_a_glob_means_the_names_that_it_matches() -> None:
    assert matching_names("a__*", ["a__x", "b__x", "a__y"]) == ["a__x", "a__y"]
    assert matching_names("a__x", ["a__x", "a__xx"]) == ["a__x"]
