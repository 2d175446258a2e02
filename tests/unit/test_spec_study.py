"""Studies: a grid of overrides of one case."""

from pathlib import Path

import pytest
from spec_samples import SMALL, write

from bbrmodel.errors import ConfigError
from bbrmodel.spec import check_study, load_study, study_case, study_points

STUDY = """
schema_version = 1
name = "rf"
case = "case.toml"
[set]
room_K = 300.0
[grid]
"heat_sources.rf.power_W" = [0.0, 0.1]
"surfaces.\\"cavity__*\\".finish" = ["polished", "oxidised"]
[figure]
x = "heat_sources.rf.power_W"
y = "ion.effective_temperature_K"
"""


def problems_of(directory: Path, text: str) -> tuple[str, ...]:
    path = write(directory, text, "study.toml")
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    return tuple(line.removeprefix(f"{path}: ") for line in caught.value.problems)


def test_a_study_yields_the_case_of_each_point(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    study = load_study(write(tmp_path, STUDY, "study.toml"))
    points = study_points(study)
    assert [tuple(point.values()) for point in points] == [
        (0.0, "polished"),
        (0.0, "oxidised"),
        (0.1, "polished"),
        (0.1, "oxidised"),
    ]
    case = study_case(study, points[3])
    assert case.heat_sources[0].power_W == 0.1
    assert case.surfaces["cavity__*"].finish == "oxidised"
    assert case.links[0].to_temperature_K == 300.0
    assert study.workers == 2
    assert "ion.shift_Hz" in study.outputs
    check_study(study)


def test_nested_tables_stand_for_dotted_paths(tmp_path: Path) -> None:
    text = STUDY.replace('"heat_sources.rf.power_W" =', "heat_sources.rf.power_W =")
    text = text.replace('"surfaces.\\"cavity__*\\".finish"', 'surfaces."cavity__*".finish')
    study = load_study(write(tmp_path, text, "study.toml"))
    assert list(study.grid) == ["heat_sources.rf.power_W", 'surfaces."cavity__*".finish']


def test_a_vector_may_vary(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    text = STUDY.replace('"heat_sources.rf.power_W" = [0.0, 0.1]', "ion.position_m = [[0, 0, 0], [0, 0, 0.001]]")
    study = load_study(write(tmp_path, text.partition("[figure]")[0], "study.toml"))
    ion = study_case(study, study_points(study)[-1]).ion
    assert ion is not None
    assert ion.position_m == (0.0, 0.0, 0.001)


def test_a_case_that_is_not_beside_the_study_is_a_name(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, STUDY.replace("case.toml", "lncioc_ca2"), "study.toml"))
    assert study.case_location == "lncioc_ca2"


def test_the_points_are_checked_before_any_is_solved(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    text = STUDY.replace("[0.0, 0.1]", '[0.0, "a lot"]').replace("room_K = 300.0", "rom_K = 300.0")
    study = load_study(write(tmp_path, text, "study.toml"))
    with pytest.raises(ConfigError) as caught:
        check_study(study)
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].startswith(f"{path}: rom_K = 300.0 (from an override): is neither")
    assert caught.value.problems[1].startswith(f'{path}: heat_sources.rf.power_W = "a lot" (from an override): must be')


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[0.0, 0.1]", "0.1", 'grid."heat_sources.rf.power_W" = 0.1: must be a list of at least one value'),
        ("[0.0, 0.1]", "[]", 'grid."heat_sources.rf.power_W" = []: must be a list of at least one value'),
        ("[0.0, 0.1]", "[0.1, 0.1]", 'grid."heat_sources.rf.power_W" = [0.1, 0.1]: has 0.1 more than once'),
        ("room_K = 300.0", '"heat_sources.rf.power_W" = 1', 'set."heat_sources.rf.power_W" = 1: is varied by the grid'),
        ("[figure]\nx = \"heat_sources", "[figure]\nx = \"heat_source", 'figure.x = "heat_source.rf.power_W": must be'),
        ("ion.eff", "ion.ef", 'figure.y = "ion.efective_temperature_K": must be one of outputs. Did you mean \'ion.ef'),
        ("[figure]", '[figure]\nseries = "room_K"', 'figure.series = "room_K": must be a path of [grid]'),
        ("[set]", "worker = 3\n[set]", "worker = 3: unknown key. Did you mean 'workers'?"),
        ("[set]", "workers = 0\n[set]", "workers = 0: must be at least 1"),
        ("[set]", 'source = "x"\n[set]', "source: unknown key"),
        ('name = "rf"', 'name = "r f"', 'name = "r f": must be letters'),
    ],
)  # fmt: skip
def test_a_mistake_in_a_study_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    lines = problems_of(tmp_path, STUDY.replace(old, new))
    assert any(problem in line for line in lines), lines


def test_a_study_without_an_axis_is_refused(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, 'schema_version = 1\nname = "rf"\ncase = "x"\n')
    assert lines == (
        "grid: is missing. Add grid = ... (Values of each path that varies; all combinations are solved).",
    )
    lines = problems_of(tmp_path, 'schema_version = 1\nname = "rf"\ncase = "x"\n[grid]\n')
    assert lines[0].startswith("grid = {}:")
