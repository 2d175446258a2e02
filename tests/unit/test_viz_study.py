"""Figures of studies: labels, failed points, words and numbers."""

import numpy as np
import pytest
from matplotlib.image import imread

from bbrmodel.errors import ConfigError, UnknownNameError
from bbrmodel.viz import StudyAxes, plot_study
from bbrmodel.viz.labels import describe_column
from bbrmodel.viz.study_figure import is_drawable, read_column, read_rows

GAP = "geometry.parameters.vent_cover_gap_m"
EFFECTIVE = "ion.effective_temperature_K"
STD = "ion.effective_temperature_std_K"


@pytest.fixture
def table(tmp_path):
    lines = [f"{GAP},parameters.finish,{EFFECTIVE},{STD},status"]
    for finish, base in (("polished", 79.5), ("oxidised", 79.1)):
        lines += [f"{gap},{finish},{base + 100 * gap},0.05,ok" for gap in (0.002, 0.005, 0.01)]
    lines += ["0.02,polished,,,failed", "0.03,polished,99.0,0.1,failed", "0.04,polished,nan,0.1,ok"]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("column", "largest", "label", "factor"),
    [
        (GAP, 0.01, "vent cover gap / mm", 1e3),
        ("wall_m", 2e-4, "wall / µm", 1e6),
        ("height_m", 2.0, "height / m", 1.0),
        (EFFECTIVE, 80.0, "effective temperature / K", 1.0),
        (STD, 0.02, "effective temperature std / mK", 1e3),
        ("ion.shift_Hz", 0.002, "shift / mHz", 1e3),
        ("heat_sources.rf.power_W", 0.05, "rf power / mW", 1e3),
        ('surfaces."bbr_cavity__*".emissivity', 0.1, "bbr cavity emissivity", 1.0),
        ("joints.0.conductance_W_m2_K", 8000.0, "0 conductance / W m⁻² K⁻¹", 1.0),
        ("thermal.bath_total.boil_off_L_per_day", 3.5, "boil off / L/day", 1.0),
        ("ion.fractional_shift", 1e-18, "fractional shift", 1.0),
        ("geometry.parameters.num_vents", 3.0, "num vents", 1.0),
    ],
)
def test_column_names_become_labels_with_units(column, largest, label, factor):
    quantity = describe_column(column, largest)
    assert quantity.label == label
    assert quantity.factor == factor


def test_failed_points_are_recognised_by_status_or_missing_numbers(table):
    good = [row for row in read_rows(table) if is_drawable(row, EFFECTIVE)]
    assert len(good) == 6


def test_lengths_are_shown_in_mm(table):
    column = read_column(read_rows(table)[:3], GAP)
    assert column.values == pytest.approx([2.0, 5.0, 10.0])
    assert column.words == ()


def test_words_get_places_in_the_order_of_the_table(table):
    column = read_column(read_rows(table), "parameters.finish")
    assert column.words == ("polished", "oxidised")
    np.testing.assert_array_equal(column.values[:4], [0, 0, 0, 1])


def test_a_figure_is_written_where_asked_and_is_not_empty(table, tmp_path):
    path = plot_study(
        table, StudyAxes(x=GAP, series="parameters.finish", y=EFFECTIVE, yerr=STD), tmp_path / "figures" / "gap.png"
    )
    assert path == tmp_path / "figures" / "gap.png"
    image = imread(path)
    assert image.shape[:2] == (1100, 1600)
    assert (image[..., :3].min(axis=2) < 0.5).mean() > 0.005  # ink


def test_a_point_without_a_standard_deviation_is_drawn_without_a_bar(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a_m,b_K,c_K\n1,80,\n2,81,0.5\n", encoding="utf-8")
    assert plot_study(path, StudyAxes(x="a_m", y="b_K", yerr="c_K"), tmp_path / "a.png").is_file()


def text_of_svg(path):
    return path.read_text(encoding="utf-8")


def test_labels_legend_and_the_count_of_failures_are_in_the_figure(table, tmp_path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    path = plot_study(table, StudyAxes(x=GAP, series="parameters.finish", y=EFFECTIVE), tmp_path / "gap.svg")
    text = text_of_svg(path)
    for expected in ("vent cover gap / mm", "effective temperature / K", "polished", "oxidised", "finish"):
        assert expected in text
    assert "3 of 9 points have no result and are left out" in text


def test_labels_of_the_caller_win_and_speak_of_the_stored_unit(table, tmp_path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    path = plot_study(table, StudyAxes(x=GAP, y=EFFECTIVE, labels={GAP: "gap of the covers (m)"}), tmp_path / "gap.svg")
    assert "gap of the covers (m)" in text_of_svg(path)
    assert ">0.008<" in text_of_svg(path)


def test_logarithmic_axes_and_words_on_the_axis_are_readable(table, tmp_path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    path = plot_study(table, StudyAxes(x=GAP, y=EFFECTIVE, log_x=True, log_y=True), tmp_path / "a.svg")
    assert ">5<" in text_of_svg(path)  # mm on a short logarithmic axis
    path = plot_study(table, StudyAxes(x="parameters.finish", series=GAP, y=EFFECTIVE), tmp_path / "b.svg")
    assert ">oxidised<" in text_of_svg(path)


def test_an_unknown_column_is_named_with_the_nearest(table, tmp_path):
    with pytest.raises(UnknownNameError, match=r"no column 'ion\.effective_temp_K'.*Did you mean"):
        plot_study(table, StudyAxes(x=GAP, y="ion.effective_temp_K"), tmp_path / "a.png")


def test_a_table_without_any_result_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,\n2,\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="none of the 2 rows has a number in 'b'"):
        plot_study(path, StudyAxes(x="a", y="b"), tmp_path / "a.png")


def test_an_empty_or_missing_table_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="there is no such table"):
        plot_study(tmp_path / "none.csv", StudyAxes(x="a", y="b"), tmp_path / "a.png")
    (tmp_path / "table.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no rows"):
        plot_study(tmp_path / "table.csv", StudyAxes(x="a", y="b"), tmp_path / "a.png")
