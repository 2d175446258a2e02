"""Case files that build on another."""

from pathlib import Path

import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.spec import list_cases, load_case

BASE = """
schema_version = 1
name = "base"
[parameters]
power_W = 1.0
[geometry]
mesh_file = "a.msh"
[bodies.a]
material = "bk7"
[[boundary_conditions]]
surface = "a__cold"
temperature_K = 80.0
[[heat_sources]]
name = "heater"
body = "a"
power_W = "$power_W"
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_tables_replace_those_of_the_base_and_set_changes_single_values(tmp_path: Path) -> None:
    write(tmp_path, "base.toml", BASE)
    text = 'name = "hot"\nbased_on = "base.toml"\n[set]\npower_W = 5.0\n"boundary_conditions.0.temperature_K" = 90.0\n'
    path = write(tmp_path, "hot.toml", text + '[[sensors]]\nname = "s"\nbody = "a"\nposition_m = [0.0, 0.0, 0.0]\n')
    case = load_case(path)
    assert (case.name, case.heat_sources[0].power_W) == ("hot", 5.0)
    assert case.boundary_conditions[0].temperature_K == 90.0
    assert case.sensors[0].name == "s"
    assert load_case(path, ["power_W=7"]).heat_sources[0].power_W == 7.0  # the user has the last word


def test_mesh_files_are_looked_for_beside_the_base(tmp_path: Path) -> None:
    write(tmp_path, "there/base.toml", BASE)
    path = write(tmp_path, "here/hot.toml", 'name = "hot"\nbased_on = "../there/base.toml"\n')
    assert load_case(path).mesh_path == tmp_path.resolve() / "there" / "a.msh"


def test_bases_may_have_bases(tmp_path: Path) -> None:
    write(tmp_path, "base.toml", BASE)
    write(tmp_path, "b.toml", 'name = "b"\nbased_on = "base.toml"\n[set]\npower_W = 2.0\n')
    path = write(tmp_path, "c.toml", 'name = "c"\nbased_on = "b.toml"\n[set]\n"bodies.a.material" = "ptfe"\n')
    case = load_case(path)
    assert (case.heat_sources[0].power_W, case.bodies["a"].material) == (2.0, "ptfe")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"\nbased_on = "x.toml"\n', r"based_on = 'x.toml': builds on itself"),
        ('name = "x"\nbased_on = "nowhere"\n', r"nowhere: no such file and no shipped case"),
        ('name = "x"\nbased_on = 3\n', r"based_on = 3: must be a case file"),
        ('name = "x"\nbased_on = "base.toml"\nset = 3\n', r"set = 3: must be a table"),
        ('name = "x"\nbased_on = "base.toml"\n[set]\npowr_W = 3.0\n', r"powr_W.*Did you mean 'power_W'"),
        (BASE + "[set]\npower_W = 3.0\n", r"set: means nothing without based_on"),
    ],
)
def test_what_cannot_be_built_on_is_said(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "base.toml", BASE)
    with pytest.raises(ConfigError, match=message):
        load_case(write(tmp_path, "x.toml", text))


def test_shipped_cases_in_time_build_on_the_clock() -> None:
    base = load_case("lncioc_ca2")
    for name in ("lncioc_ca2_refill", "lncioc_ca2_rf_step"):
        assert name in list_cases()
        case = load_case(name)
        assert case.time is not None
        assert case.joints == base.joints
