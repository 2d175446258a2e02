"""A figure of a study's table: one quantity against another, one curve per value of a third."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.typing import FloatArray
from bbrmodel.viz import sheet
from bbrmodel.viz.color import color_map
from bbrmodel.viz.labels import Quantity, describe_column

_MARKERS = "osD^vP*X"
_GOOD_STATUS = ("", "ok", "done", "success", "solved", "cached")
_MOST_LEGEND_ROWS = 14
_LONG_LOG_AXIS = 1e4


@dataclass(frozen=True)
class Column:
    """One column of a table, as shown."""

    quantity: Quantity
    values: FloatArray  # shown numbers; positions 0, 1, ... where the column holds words
    words: tuple[str, ...]  # the words of those positions; empty for numbers


@dataclass(frozen=True)
class StudyAxes:
    """What a figure shows.

    Attributes
    ----------
    x, y, series
        Names of columns; without `series` there is one curve.
    yerr
        Column with one standard deviation of `y`, in the same unit; where it is empty there is no bar.
    labels
        Replacements for the labels made from column names.
    log_x, log_y
        Logarithmic axes.
    title
        Above the figure; "" for none.
    """

    x: str
    y: str
    series: str | None = None
    yerr: str | None = None
    labels: Mapping[str, str] | None = None
    log_x: bool = False
    log_y: bool = False
    title: str = ""


def plot_study(csv_path: Path | str, axes: StudyAxes, path: Path | str) -> Path:
    """Draw `y` against `x` with one curve for each value of `series`.

    Parameters
    ----------
    csv_path
        table of a study, one row per point. The unit of a column is the suffix of its name (`_K`, `_m`, ...).
    axes
        what to show.
    path
        file to write; its suffix chooses the format (png, pdf, svg).

    Returns
    -------
    :
        `path`.

    Raises
    ------
    ConfigError
        The table is empty or no point can be drawn.
    UnknownNameError
        The table has no such column.

    Notes
    -----
    Rows of failed points (`status` says so, or a number is missing) are left out and counted in a note.
    """
    x, series, y, yerr = axes.x, axes.series, axes.y, axes.yerr
    rows = read_rows(Path(csv_path))
    columns = [name for name in (x, series, y, yerr) if name is not None]
    check_columns(rows, columns, table=str(csv_path))
    good = [row for row in rows if is_drawable(row, y)]
    if not good:
        raise ConfigError(f"{csv_path}: none of the {len(rows)} rows has a number in '{y}'; nothing can be drawn.")
    shown = {
        name: _with_label(read_column(good, name), name, axes.labels) for name in (x, series, y) if name is not None
    }
    figure = sheet.new_figure((1600, 1100))
    plot = figure.add_axes((0.105, 0.125, 0.86, 0.83 if not axes.title else 0.79))
    plot.set_title(axes.title)
    errors = None if yerr is None else shown[y].quantity.factor * np.nan_to_num([_number(row[yerr]) for row in good])
    _draw_curves(plot, shown[x], shown[y], series=shown.get(series or ""), errors=errors)
    _finish_axes(plot, shown[x], shown[y], logarithmic=(axes.log_x, axes.log_y))
    _note_failures(figure, len(rows) - len(good), len(rows))
    return sheet.save_figure(figure, Path(path))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv file, lines that start with # left out."""
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such table. Run the study first.")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    if not rows:
        raise ConfigError(f"{path}: holds no rows; nothing can be drawn.")
    return rows


def check_columns(rows: Sequence[Mapping[str, str]], columns: Sequence[str], *, table: str) -> None:
    """Raise UnknownNameError if a column is not in the table."""
    for column in columns:
        if column not in rows[0]:
            raise UnknownNameError(f"{table}: has no column '{column}'.{suggest(column, list(rows[0]))}")


def is_drawable(row: Mapping[str, str], column: str) -> bool:
    """Return whether a point was solved and has a finite number in this column."""
    if (row.get("status") or "").strip().lower() not in _GOOD_STATUS:
        return False
    return bool(np.isfinite(_number(row[column])))


def read_column(rows: Sequence[Mapping[str, str]], name: str) -> Column:
    """Return a column in the unit that suits it, or positions and words where it holds words."""
    numbers = np.array([_number(row[name]) for row in rows])
    if np.isfinite(numbers).all():
        quantity = describe_column(name, float(np.abs(numbers).max()))
        return Column(quantity, numbers * quantity.factor, ())
    texts = [row[name] or "(none)" for row in rows]
    words = tuple(dict.fromkeys(texts))
    return Column(describe_column(name), np.array([float(words.index(text)) for text in texts]), words)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _with_label(column: Column, name: str, labels: Mapping[str, str] | None) -> Column:
    """Return the column under the label that the caller gave it; such a label speaks of the unit as stored."""
    if labels is None or name not in labels:
        return column
    return Column(Quantity(labels[name], "", 1.0), column.values / column.quantity.factor, column.words)


def _draw_curves(axes: Any, x: Column, y: Column, *, series: Column | None, errors: FloatArray | None) -> None:
    groups = np.zeros(len(y.values)) if series is None else series.values
    found = np.unique(groups)
    colors = color_map()(np.linspace(0.02, 0.80, max(len(found), 2)))
    for number, value in enumerate(found):
        chosen = np.flatnonzero(groups == value)
        chosen = chosen[np.argsort(x.values[chosen], kind="stable")]
        axes.errorbar(
            x.values[chosen], y.values[chosen], yerr=None if errors is None else errors[chosen],
            marker=_MARKERS[number % len(_MARKERS)], markersize=6, linewidth=1.6, capsize=3, elinewidth=1.1,
            color=colors[number], label=None if series is None else _entry(series, float(value)),
        )  # fmt: skip
    if series is not None:
        columns = 1 + (len(found) - 1) // _MOST_LEGEND_ROWS
        axes.legend(title=series.quantity.label, fontsize=9.5, title_fontsize=10, ncols=columns, framealpha=0.9)


def _entry(series: Column, value: float) -> str:
    return series.words[round(value)] if series.words else f"{value:.6g}"


def _finish_axes(axes: Any, x: Column, y: Column, *, logarithmic: tuple[bool, bool]) -> None:
    axes.set_xlabel(x.quantity.label, fontsize=11.5)
    axes.set_ylabel(y.quantity.label, fontsize=11.5)
    axes.tick_params(labelsize=10)
    axes.grid(visible=True, color="#dfe3e6", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for name, column, is_log in (("x", x, logarithmic[0]), ("y", y, logarithmic[1])):
        if column.words:
            axes.set(**{f"{name}ticks": np.arange(len(column.words)), f"{name}ticklabels": column.words})
        elif is_log:
            axes.set(**{f"{name}scale": "log"})
            _show_plain_decades(axes.xaxis if name == "x" else axes.yaxis)
        else:  # 79.52, not 0.02 with +7.95e1 in a corner
            axes.ticklabel_format(axis=name, useOffset=False, scilimits=(-4, 5))


def _show_plain_decades(axis: Any) -> None:
    """Write 1, 2, 5, 10 on a short logarithmic axis, where powers of ten alone would say too little."""
    low, high = axis.get_view_interval()
    if high / low < _LONG_LOG_AXIS:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _note_failures(figure: Any, failed: int, total: int) -> None:
    if failed:
        verbs = "has no result and is" if failed == 1 else "have no result and are"
        figure.text(0.985, 0.012, f"{failed} of {total} points {verbs} left out", ha="right", va="bottom",
                    fontsize=9, color=sheet.QUIET, style="italic")  # fmt: skip


__all__ = ["StudyAxes", "plot_study"]
