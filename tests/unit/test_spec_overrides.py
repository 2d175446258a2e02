"""Overrides: single values that replace those of a file."""

from pathlib import Path

import pytest
from spec_samples import SMALL, problems_of, write

from bbrmodel.errors import ConfigError
from bbrmodel.spec import Case, build_case, load_case, resolved_toml, with_overrides


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, SMALL)


def test_list_entries_are_addressed_by_name_or_index(path: Path) -> None:
    assert load_case(path, ["heat_sources.rf.power_W=0"]).heat_sources[0].power_W == 0.0
    assert load_case(path, ["heat_sources.0.power_W = 0.2"]).heat_sources[0].power_W == 0.2
    assert load_case(path, ["sensors.pt100.position_m.2=0.5"]).sensors[0].position_m == (0.0, 0.01, 0.5)


def test_a_mapping_of_values_does_the_same(path: Path) -> None:
    case = load_case(path, {"heat_sources.rf.power_W": 0.3, "ion.position_m": [0, 0, 1], "radiation.seed": "4"})
    assert case.heat_sources[0].power_W == 0.3
    assert case.ion is not None
    assert case.ion.position_m == (0.0, 0.0, 1.0)
    assert case.radiation is not None
    assert case.radiation.seed == 4


def test_one_text_is_one_override(path: Path) -> None:
    assert load_case(path, "heat_sources.rf.power_W=0").heat_sources[0].power_W == 0.0


def test_a_bare_key_sets_a_parameter_wherever_it_is_used(path: Path) -> None:
    case = load_case(path, ["room_K=300"])
    assert case.links[0].to_temperature_K == 300.0
    assert case.boundary_conditions[1].temperature_K == 300.0


def test_a_bare_key_sets_a_parameter_of_the_builder(path: Path) -> None:
    assert load_case(path, ["gap_m=0.002"]).geometry.parameters == {"gap_m": 0.002}
    assert load_case(path, ["geometry.parameters.size_m=1"]).geometry.parameters["size_m"] == 1


def test_a_bare_key_of_the_case_sets_that_key(path: Path) -> None:
    assert load_case(path, ["name=other"]).name == "other"


def test_a_bare_word_needs_no_quotes(path: Path) -> None:
    case = load_case(path, ["shine=oxidised", "links.endcap.material=steel", "geometry.resolution=coarse"])
    assert case.surfaces["cavity__*"].finish == "oxidised"
    assert case.links[0].material == "steel"
    assert case.geometry.resolution == "coarse"


def test_an_override_may_refer_to_a_parameter(path: Path) -> None:
    assert load_case(path, ["radiation.environment_temperature_K=$room_K"]).radiation.environment_temperature_K == 293.0  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ['surfaces."cavity__*"', "surfaces.'cavity__*'", "surfaces.cavity__*"])
def test_globs_work_with_and_without_quotes(path: Path, key: str) -> None:
    assert load_case(path, [f"{key}.finish=bare"]).surfaces["cavity__*"].finish == "bare"


def test_a_table_that_the_file_lacks_is_made(path: Path) -> None:
    case = load_case(path, ["solver.max_iterations=7", 'surfaces."trap__x.y".emissivity=0.5'])
    assert case.solver.max_iterations == 7
    assert case.surfaces["trap__x.y"].emissivity == 0.5


def test_a_new_alternative_removes_the_old_one(path: Path) -> None:
    case = load_case(path, ["surfaces.cavity__inner.finish=polished", "boundary_conditions.0.temperature_K=80"])
    inner = case.surfaces["cavity__inner"]
    assert (inner.finish, inner.emissivity, inner.absorptivity_warm) == ("polished", None, None)
    assert case.boundary_conditions[0].bath is None


def test_two_alternatives_in_the_overrides_contradict(tmp_path: Path) -> None:
    overrides = ["boundary_conditions.0.temperature_K=80", "boundary_conditions.0.heat_flux_W_m2=1"]
    (line,) = problems_of(tmp_path, SMALL, overrides)
    assert "gives temperature_K and heat_flux_W_m2" in line


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("heat_sources.rff.power_W=3", "heat_sources.rff.power_W = 3 (from an override): heat_sources has no entry 'r"),
        ("heat_sources.1.power_W=3", "heat_sources.1.power_W = 3 (from an override): heat_sources has no entry '1'"),
        ("joints.4.contact=x", "joints.4.contact = \"x\" (from an override): joints has no entry '4'. Its entries are"),
        ("rom_K=3", "rom_K = 3 (from an override): is neither a key of a case nor one of its parameters. Did you mean"),
        ("parameters.rom_K=3", "parameters.rom_K = 3 (from an override): there is no 'rom_K' in [parameters]. Did you"),
        ("heat_sources.rf.pwr_W=3", "heat_sources.rf.pwr_W = 3 (from an override): unknown key. Did you mean 'power_W"),
        ("solver.max_iterations=0", "solver.max_iterations = 0 (from an override): must be at least 1"),
        ("name.x=3", "name.x = 3 (from an override): name is a value and has no keys. Set name itself"),
        ("room_K=[1", 'override = "room_K=[1": is not a TOML value: '),
        ("room_K", 'override = "room_K": has no value. Write a.b.c=value'),
        ("a..b=1", "override = \"a..b=1\": 'a..b=1' is not a dotted path"),
        ("=1", "override = \"=1\": '=1' is not a dotted path"),
        ('surfaces."x.finish=1', 'is not a dotted path'),
        ("radiation.seed=1\nname='x'", 'radiation.seed = '),
    ],
)  # fmt: skip
def test_an_override_that_fits_nothing_is_an_error(tmp_path: Path, override: str, problem: str) -> None:
    lines = problems_of(tmp_path, SMALL, [override])
    assert any(problem in line for line in lines), lines


def test_a_builder_parameter_that_is_not_listed_gets_its_full_path(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path, SMALL, ["width_m=3"])
    assert line.endswith("A builder parameter that the file does not list is set as geometry.parameters.width_m.")


def test_setting_a_parameter_that_nothing_uses_is_an_error(path: Path, tmp_path: Path) -> None:
    write(tmp_path, resolved_toml(load_case(path)), "resolved.toml")
    with pytest.raises(ConfigError, match=r'room_K = 300 \(from an override\): "\$room_K" is used nowhere in the file'):
        load_case(tmp_path / "resolved.toml", ["room_K=300"])


def test_mistakes_of_overrides_and_of_the_file_come_together(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, SMALL.replace("emissivity = 0.8", "emissivity = 8"), ["rom_K=3", "a..b=1"])
    assert len(lines) == 3


def test_with_overrides_equals_loading_with_them(path: Path) -> None:
    first = load_case(path, ["heat_sources.rf.power_W=0.7"])
    second = with_overrides(first, {"room_K": 300.0})
    assert second == load_case(path, ["heat_sources.rf.power_W=0.7", "room_K=300.0"])
    assert second.source == path
    assert first.links[0].to_temperature_K == 293.0


def test_with_overrides_keeps_changes_made_in_python(path: Path) -> None:
    case = load_case(path).model_copy(update={"name": "renamed"})
    assert with_overrides(case, ["heat_sources.rf.power_W=0"]).name == "renamed"


def test_with_overrides_works_for_a_case_made_in_python() -> None:
    case = Case.model_validate({"schema_version": 1, "name": "x", "geometry": {"apparatus": "box"}})
    assert with_overrides(case, ["solver.max_iterations=3"]).solver.max_iterations == 3
    with pytest.raises(ConfigError, match=r"x: solver\.max_iteration = 3 \(from an override\): unknown key"):
        with_overrides(case, ["solver.max_iteration=3"])


def test_overrides_of_build_case_name_the_label() -> None:
    tables = {"schema_version": 1, "name": "x", "geometry": {"apparatus": "box"}}
    with pytest.raises(ConfigError, match=r"^there: nam = 1 \(from an override\): is neither .*'name'"):
        build_case(tables, overrides=["nam=1"], label="there")
