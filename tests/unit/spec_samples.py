"""A small case that uses every table, and helpers that read and break it."""

from pathlib import Path

import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.spec import load_case

SMALL = """
schema_version = 1
name = "small"
[parameters]
room_K = 293.0
shine = "polished"
[geometry]
apparatus = "box"
[geometry.parameters]
gap_m = 0.005
[bodies.cavity]
material = "ofhc_cu_rrr100"
[bodies.trap]
conductivity_W_m_K = 30
emissivity = 0.8
[surfaces."cavity__*"]
finish = "$shine"
[surfaces.cavity__inner]
emissivity = 0.05
absorptivity_warm = 0.07
[[joints]]
between = ["cavity", "trap"]
conductance_W_m2_K = inf
[[links]]
name = "endcap"
from = "trap__left"
to_temperature_K = "$room_K"
material = "phosphor_bronze_c51000"
diameter_m = 0.0002
length_m = 0.5
[[boundary_conditions]]
surface = "cavity__base"
bath = "ln2"
[[boundary_conditions]]
surface = "chamber__*"
temperature_K = "$room_K"
[[heat_sources]]
name = "rf"
body = "trap"
power_W = 0.05
[[sensors]]
name = "pt100"
body = "trap"
position_m = [0, 0.01, 0]
[radiation]
[[radiation.portals]]
name = "vent"
center_m = [0, 0, 0.1]
normal = [0, 0, 1]
radius_m = 0.004
[ion]
position_m = [0.0, 0.0, 0.0]
"""


def write(directory: Path, text: str, name: str = "case.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(directory: Path, text: str, overrides: list[str] | None = None) -> tuple[str, ...]:
    """Return the problems of a case file, without the name of the file."""
    path = write(directory, text)
    with pytest.raises(ConfigError) as caught:
        load_case(path, overrides or [])
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in caught.value.problems)
    return tuple(line.removeprefix(f"{path}: ") for line in caught.value.problems)


def changed(old: str, new: str) -> str:
    """Return the small case with one text replaced."""
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)
