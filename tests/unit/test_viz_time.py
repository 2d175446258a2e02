"""The figure of a run in time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from bbrmodel.errors import ConfigError
from bbrmodel.viz.time_figure import plot_time_series


def document(**more: Any) -> dict[str, Any]:
    times = np.linspace(0.0, 4.0 * 86400.0, 50)
    series = {
        "times_s": times.tolist(),
        "effective_temperature_K": (80.0 + np.sin(times / 4e4)).tolist(),
        "sensors_K": {"lnc_bottom": (77.0 + times / 1e6).tolist(), "trap": (78.0 + times / 1e6).tolist()},
        "bodies_K": {"lnc": (77.0 + times / 1e6).tolist()},
        "levels_m": {},
        "boil_off_L_per_day": {"lnc__wetted": [3.5] * 50},
        "schedules": {"rf_power_W": [0.05] * 50},
    }
    return {"case": "four_days", "time": {**series, **more}}


def test_a_figure_has_a_panel_for_each_kind_of_series(tmp_path: Path) -> None:
    whole = plot_time_series(document(), tmp_path / "whole.png")
    few = plot_time_series(document(effective_temperature_K=None, schedules={}), tmp_path / "few.png")
    assert imread(whole).shape[0] > imread(few).shape[0] + 300
    assert imread(whole).shape[1] == 1600


def test_without_sensors_bodies_are_drawn_and_gaps_do_no_harm(tmp_path: Path) -> None:
    gaps = [None, *document()["time"]["effective_temperature_K"][1:]]
    path = plot_time_series(document(sensors_K={}, effective_temperature_K=gaps), tmp_path / "bodies.png")
    assert path.stat().st_size > 10_000


def test_a_part_of_the_time_may_be_shown(tmp_path: Path) -> None:
    part = plot_time_series(document(), tmp_path / "part.png", hours=(0.0, 24.0))
    assert part.is_file()
    with pytest.raises(ConfigError, match=r"no two steps between \(100\.0, 101\.0\) h"):
        plot_time_series(document(), tmp_path / "none.png", hours=(100.0, 101.0))


def test_a_steady_state_has_no_course_of_time(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="four_days: is a steady state"):
        plot_time_series({"case": "four_days", "time": None}, tmp_path / "none.png")
