"""What a study leaves on the screen: its rows, its figure, and an exit status."""

from pathlib import Path
from typing import TYPE_CHECKING

from bbrmodel.cli.numbers import number
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import make_table
from bbrmodel.errors import BbrModelError

if TYPE_CHECKING:
    from bbrmodel.spec import Study
    from bbrmodel.study import StudyTable

FIGURE_FILE = "study.png"

# Outputs whose standard deviation is an output, too.
_ERROR_OF = {"ion.effective_temperature_K": "ion.effective_temperature_std_K"}


def draw_study(study: "Study", table: "StudyTable") -> Path | None:
    """Draw the figure that the study file asks for; None where it asks for none or no point is done."""
    figure = study.figure
    if figure is None or table.count("ok") == 0:
        return None
    from bbrmodel.viz import StudyAxes, plot_study

    path = table.path.with_name(FIGURE_FILE)
    error = _ERROR_OF.get(figure.y)
    axes = StudyAxes(
        x=figure.x,
        y=figure.y,
        series=figure.series,
        yerr=error if error in table.columns else None,
        log_x=figure.log_x,
        log_y=figure.log_y,
        title=figure.title or "",
    )
    return plot_study(table.path, axes, path)


def show_study(table: "StudyTable", settings: Settings, *, figure: Path | None) -> None:
    """Print inputs, outputs and status of every point, and each kind of warning once."""
    shown = [name for name in table.columns if name not in ("error", "warnings", "point", "peak_memory_MiB")]
    rows = [[number(row[name]) for name in shown] for row in table.rows]
    settings.out.print(make_table("Study", _short(shown), rows=rows))
    for text, count in table.warnings.items():
        settings.out.print(f"warning at {count} points: {text}", soft_wrap=True, markup=False)
    for row in table.rows:
        if row["error"]:
            settings.out.print(f"{row['status']} {row['point']}: {row['error']}", soft_wrap=True, markup=False)
    for path in (table.path, figure):
        if path is not None:
            settings.out.print(str(path), soft_wrap=True, markup=False)


def _short(paths: list[str]) -> list[str]:
    """Return the last part of each dotted path, the whole path where that would not tell two apart."""
    last = [path.rpartition(".")[2] for path in paths]
    return [name if last.count(name) == 1 else path for name, path in zip(last, paths, strict=True)]


def fail_if_points_failed(table: "StudyTable") -> None:
    """Raise for the exit status, once everything is on disk and on the screen."""
    failed = table.count("failed")
    if failed:
        message = f"{failed} of {len(table.rows)} points failed: see {table.path}. Run the study again to retry them."
        raise BbrModelError(message)


__all__ = ["FIGURE_FILE", "draw_study", "fail_if_points_failed", "show_study"]
