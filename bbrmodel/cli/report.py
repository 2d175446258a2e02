"""The command `report`: a result as one HTML file, with a clock's whole budget if asked for."""

from collections.abc import Mapping
from pathlib import Path
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

    settings = context.ensure_object(Settings)
    run = _read_run(result)
    parts = [("Result", html.blocks(_run_items(run))), ("Uncertainty", _uncertainty(uncertainty, run))]
    parts.append(("Budget", _budget(budget, result, uncertainty)))
    parts += [("Pictures", html.pictures(run.pictures)), ("The case, with all defaults", _case_text(result))]
    parts.append(("Made with", html.blocks([", ".join(f"{k} {v}" for k, v in run.document["versions"].items())])))
    file = output or result / REPORT_FILE
    file.write_text(html.page(f"{run.document['case']}, {run.document['created_utc']}", parts), encoding="utf-8")
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
    return Run(case, result, document, tuple(sorted(result.glob("*.png"))), ())


def _collecting() -> "tuple[Settings, Collector]":
    """Return settings whose output is kept instead of shown."""
    from bbrmodel.cli.html import Collector

    kept = Collector()
    return Settings(out=cast("Console", kept)), kept


def _run_items(run: "Run") -> "list[Table | str]":
    """Return what `run` prints, less what only a screen needs, and all surfaces."""
    from bbrmodel.cli.summary import show_ion, show_run

    settings, kept = _collecting()
    show_run(run, settings)
    items = [item for item in kept.items if not str(item).startswith(("picture: ", "result: "))]
    if run.document["ion"] is None:
        return items
    settings, whole = _collecting()
    show_ion(run.document, settings, as_json=False)
    tables = {_title(item): item for item in whole.items[1:]}  # the first repeats the headline
    # A table that a screen shows in part only stands here whole.
    replaced = [tables.pop(_title(item), item) for item in items]
    return replaced + list(tables.values())


def _title(item: "Table | str") -> str:
    """Return the title of a table without what follows its colon; a line of text is its own."""
    return item if isinstance(item, str) else str(item.title).partition(":")[0]


def _uncertainty(path: Path | None, run: "Run") -> str:
    """Return the ranked inputs of an uncertainty of the same case."""
    if path is None:
        return ""
    from bbrmodel.budget import uncertainty_of_case
    from bbrmodel.cli.budget import read_uncertainty
    from bbrmodel.cli.html import blocks
    from bbrmodel.cli.tables import make_table
    from bbrmodel.uncertainty.tables import cells, header, title

    found = read_uncertainty(path)
    uncertainty_of_case(found, run.document)  # raises for that of another run
    try:
        tables = [_uncertainty_table(part) for part in found["linear"].values()]
    except (KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: was written by another version ({error}). Run `bbrmodel uncertainty` again."
        ) from error
    shown = [make_table(title(table), header(table), rows=cells(table)) for table in tables]
    return blocks([*shown, *(f"note: {note}" for note in found.get("notes", ()))])


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
    from bbrmodel.cli.html import blocks

    evaluated, parts = fill_from_case(evaluate_budget(find_budget(name)), result, uncertainty, surfaces=False)
    settings, kept = _collecting()
    show_tables(evaluated, parts, settings, checks=False, inputs=False)
    return blocks(kept.items)


def _case_text(result: Path) -> str:
    from bbrmodel.cli.html import preformatted
    from bbrmodel.results.files import CASE_FILE

    return preformatted((result / CASE_FILE).read_text(encoding="utf-8"))


__all__ = ["REPORT_FILE", "report"]
