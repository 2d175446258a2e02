"""The command `report`: a result as one HTML file, with a clock's whole budget if asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

from bbrmodel.cli.settings import Settings
from bbrmodel.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from bbrmodel.cli.html import Collector
    from bbrmodel.cli.workflow import Run
    from bbrmodel.uncertainty.tables import UncertaintyTable

REPORT_FILE = "report.html"


def report(
    context: typer.Context,
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Result directory.")],
    *,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="NAME", help="Budget whose BBR row this result fills.")
    ] = None,
    uncertainty: Annotated[
        Path | None,
        typer.Option("--uncertainty", metavar="FILE", help="uncertainty.json of the same case, or its directory."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default report.html in the result.")
    ] = None,
) -> None:
    """Write a result as one HTML file: tables, pictures, warnings, the case."""
    from bbrmodel.cli import html
    from bbrmodel.cli.report_words import HOW_TO_READ, subtitle

    settings = context.ensure_object(Settings)
    run = _read_run(result)
    found = _read_uncertainty(uncertainty, run)
    tables, beside, warnings = _run_items(run)
    parts = [
        ("Summary", _summary(run, beside, found)),
        ("Pictures", _pictures(run, uncertainty)),
        ("Result", html.blocks(tables)),
        ("Uncertainty", html.blocks(_uncertainty_items(found))),
        ("Budget", _budget(budget, result, uncertainty)),
        ("Data of the clock", _clock_data(run)),
        ("Warnings", html.box("warnings", html.blocks([f"- {line}" for line in warnings]))),
        ("How to read the tables", html.blocks(HOW_TO_READ)),
        ("The case, with all defaults", html.folded("show the case file", _case_text(result))),
        ("Made with", html.blocks([", ".join(f"{k} {v}" for k, v in run.document["versions"].items())])),
    ]
    file = output or result / REPORT_FILE
    words = subtitle(run.document, run.case.description)
    file.write_text(html.page(str(run.document["case"]), parts, subtitle=words), encoding="utf-8")
    settings.out.print(str(file), soft_wrap=True, markup=False)


def _read_run(result: Path) -> "Run":
    """Return a result as the run that wrote it; what a paper says stands beside a shipped case only."""
    from bbrmodel.cli.workflow import Run
    from bbrmodel.results import read_result
    from bbrmodel.results.files import CASE_FILE
    from bbrmodel.spec import find_case, list_cases, load_case

    if not result.is_dir():
        raise ConfigError(f"{result}: is no directory. Give a result directory that `bbrmodel run` wrote.")
    document = read_result(result)
    case = load_case(result / CASE_FILE)
    if case.name in list_cases():
        case = case.model_copy(update={"source": find_case(case.name)})
    return Run(
        case, result, document, tuple(path for path in sorted(result.glob("*.png"), key=_order) if path.is_file()), ()
    )


def _order(path: Path) -> tuple[int, str]:
    """Return the place of a picture: the whole apparatus first, the rest as it stands in the alphabet."""
    return (0 if path.stem.startswith("temperature_") else 1, path.stem)


def _collecting() -> "tuple[Settings, Collector]":
    """Return settings whose output is kept instead of shown."""
    from bbrmodel.cli.html import Collector

    kept = Collector()
    return Settings(out=cast("Console", kept)), kept


def _run_items(run: "Run") -> "tuple[list[Table | str], list[Table | str], list[str]]":
    """Return the tables that `run` prints, with all surfaces; those beside a publication; and the warnings."""
    from bbrmodel.cli.summary import reference_tables, show_ion, show_run

    settings, kept = _collecting()
    show_run(run, settings)
    warnings = [str(item).removeprefix("warning: ") for item in kept.items if str(item).startswith("warning: ")]
    beside: list[Table | str] = list(reference_tables(run))
    apart = {_title(item) for item in beside}
    items = [item for item in kept.items if not isinstance(item, str) and _title(item) not in apart]
    if run.document["ion"] is None:
        return list(items), beside, warnings
    settings, whole = _collecting()
    show_ion(run.document, settings, as_json=False)
    tables = {_title(item): item for item in whole.items[1:]}  # the first repeats the headline
    # A table that a screen shows in part only stands here whole.
    replaced = [tables.pop(_title(item), item) for item in items]
    return replaced + list(tables.values()), beside, warnings


def _summary(run: "Run", beside: "list[Table | str]", found: "_Uncertainty | None") -> str:
    """Return the result in a few sentences, and what a publication says."""
    from bbrmodel.cli import html
    from bbrmodel.cli.report_words import headline

    lines = headline(run.document, () if found is None else found.tables)
    if run.document["warnings"]:
        lines.append(f"- {len(run.document['warnings'])} warnings stand below.")
    return html.box("lead", html.blocks(lines)) + html.blocks(beside)


def _pictures(run: "Run", uncertainty: Path | None) -> str:
    """Return all pictures of the result, and that of its uncertainty if it lies beside the table."""
    from bbrmodel.cli import html
    from bbrmodel.cli.report_words import caption

    paths = list(run.pictures)
    if uncertainty is not None:
        folder = uncertainty if uncertainty.is_dir() else uncertainty.parent
        paths += [path for path in (folder / "uncertainty.png",) if path.is_file() and path not in paths]
    return html.pictures({path: caption(path.stem) for path in paths})


def _title(item: "Table | str") -> str:
    """Return the title of a table without what follows its colon; a line of text is its own."""
    return item if isinstance(item, str) else str(item.title).partition(":")[0]


@dataclass(frozen=True)
class _Uncertainty:
    """Ranked inputs of an uncertainty of the same case, and what was noted of them."""

    tables: "tuple[UncertaintyTable, ...]"
    notes: tuple[str, ...]


def _read_uncertainty(path: Path | None, run: "Run") -> _Uncertainty | None:
    """Return an uncertainty of the same case; None without a file."""
    if path is None:
        return None
    from bbrmodel.budget import uncertainty_of_case
    from bbrmodel.cli.budget import read_uncertainty

    found = read_uncertainty(path)
    uncertainty_of_case(found, run.document)  # raises for that of another run
    try:
        tables = tuple(_uncertainty_table(part) for part in found["linear"].values())
    except (KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: was written by another version ({error}). Run `bbrmodel uncertainty` again."
        ) from error
    return _Uncertainty(tables, tuple(found.get("notes", ())))


def _uncertainty_items(found: _Uncertainty | None) -> "list[Table | str]":
    """Return the tables of an uncertainty and its notes."""
    if found is None:
        return []
    from bbrmodel.cli.tables import make_table
    from bbrmodel.uncertainty.tables import cells, header, title

    shown = [make_table(title(table), header(table), rows=cells(table)) for table in found.tables]
    return [*shown, *(f"note: {note}" for note in found.notes)]


def _uncertainty_table(part: Mapping[str, Any]) -> "UncertaintyTable":
    """Return a table as it was written."""
    from bbrmodel.uncertainty.tables import Row, Sums, UncertaintyTable

    rows = tuple(Row(**row) for row in part["rows"])
    sums = {key: Sums(**part[key]) for key in ("standard", "stated")}
    return UncertaintyTable(part["case"], part["quantity"], part["value"], rows, **sums)


def _budget(name: str | None, result: Path, uncertainty: Path | None) -> str:
    """Return the tables of a budget with this result in it."""
    if name is None:
        return ""
    from bbrmodel.budget import evaluate_budget, find_budget
    from bbrmodel.cli.budget import fill_from_case, show_tables
    from bbrmodel.cli.html import blocks, pictures
    from bbrmodel.cli.report_words import caption
    from bbrmodel.viz.budget_figure import plot_budget

    evaluated, parts = fill_from_case(evaluate_budget(find_budget(name)), result, uncertainty, surfaces=False)
    settings, kept = _collecting()
    show_tables(evaluated, parts, settings, checks=False, inputs=False)
    with TemporaryDirectory() as folder:
        figure = plot_budget(evaluated, Path(folder) / "budget.png")
        return blocks(kept.items) + "\n" + pictures({figure: caption(figure.stem)})


def _clock_data(run: "Run") -> str:
    """Return every number of the clock's data with its source; nothing where there is no ion."""
    if run.document["ion"] is None:
        return ""
    from bbrmodel.cli.html import blocks
    from bbrmodel.cli.shift import coefficient_table
    from bbrmodel.ion.clocks import clock
    from bbrmodel.ion.quick import SIGN_CONVENTION, coefficients_of
    from bbrmodel.ion.shift import tensor_remark

    found = clock(run.document["ion"]["clock"])
    lines = [f"- sign: {SIGN_CONVENTION}"]
    lines += [f"- anisotropic field: {remark}" for remark in (tensor_remark(found),) if remark]
    lines += [f"- note: {note}" for note in (found.notes,) if note]
    return blocks([coefficient_table(f"{found.species} {found.transition}", coefficients_of(found)), *lines])


def _case_text(result: Path) -> str:
    from bbrmodel.cli.html import preformatted
    from bbrmodel.results.files import CASE_FILE

    return preformatted((result / CASE_FILE).read_text(encoding="utf-8"))


__all__ = ["REPORT_FILE", "report"]
