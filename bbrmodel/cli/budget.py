"""The command `budget`: a clock's table of systematic shifts, printed and worked out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bbrmodel.cli.options import JsonOption
from bbrmodel.cli.settings import Settings
from bbrmodel.errors import ConfigError

if TYPE_CHECKING:
    from bbrmodel.budget import BbrPart, EvaluatedBudget


def budget(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name from `bbrmodel list budgets`, or a budget file.")],
    *,
    case: Annotated[
        Path | None,
        typer.Option("--case", metavar="RESULT", help="Result directory or result.json that fills the BBR row."),
    ] = None,
    uncertainty: Annotated[
        Path | None,
        typer.Option("--uncertainty", metavar="FILE", help="uncertainty.json of the same case, or its directory."),
    ] = None,
    surfaces: Annotated[bool, typer.Option("--surfaces", help="Divide the BBR row by surface, not by body.")] = False,
    checks: Annotated[bool, typer.Option("--checks", help="Also the other numbers of the paper.")] = False,
    inputs: Annotated[bool, typer.Option("--inputs", help="Also formula, inputs and sources of every row.")] = False,
    picture: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Also draw the uncertainties of the rows (PNG).")
    ] = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with every digit.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
) -> None:
    """Work out the systematic shifts of a clock beside the printed table."""
    from bbrmodel.budget import evaluate_budget, find_budget

    settings = context.ensure_object(Settings)
    kind = _one_of({"--json": as_json, "--csv": as_csv, "--markdown": as_markdown, "--latex": as_latex})
    evaluated = evaluate_budget(find_budget(name))
    parts: tuple[BbrPart, ...] = ()
    if case is not None:
        evaluated, parts = fill_from_case(evaluated, case, uncertainty, surfaces=surfaces)
    elif uncertainty is not None or surfaces:
        given = "--surfaces" if uncertainty is None else f"--uncertainty {uncertainty}"
        raise ConfigError(f"{given}: means nothing without a case. Give --case too.")
    if picture is not None:
        from bbrmodel.viz.budget_figure import plot_budget

        plot_budget(evaluated, picture)
    if kind is None:
        show_tables(evaluated, parts, settings, checks=checks, inputs=inputs)
    else:
        _write(evaluated, parts, settings, kind=kind, checks=checks)


def fill_from_case(
    evaluated: "EvaluatedBudget", case: Path, uncertainty: Path | None, *, surfaces: bool
) -> "tuple[EvaluatedBudget, tuple[BbrPart, ...]]":
    """Return the budget with the BBR row of a result, and its parts."""
    from bbrmodel.budget import by_body, parts_of_case, with_case
    from bbrmodel.results import read_result

    document = read_result(case)
    filled = with_case(evaluated, document, None if uncertainty is None else read_uncertainty(uncertainty))
    parts = parts_of_case(document)
    return filled, parts if surfaces else by_body(parts)


def read_uncertainty(path: Path) -> dict[str, Any]:
    """Return the content of an uncertainty.json."""
    file = path / "uncertainty.json" if path.is_dir() else path
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as JSON: {error}. Give what `uncertainty` wrote.") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{file}: is no JSON object. Give what `uncertainty` wrote.")
    return found


def _one_of(given: dict[str, bool]) -> str | None:
    """Return the form that is asked for, None for tables."""
    chosen = [name for name, value in given.items() if value]
    if len(chosen) > 1:
        raise ConfigError(f"{' and '.join(chosen)}: one form at a time. Keep one of them.")
    return chosen[0] if chosen else None


def _write(
    evaluated: "EvaluatedBudget", parts: "tuple[BbrPart, ...]", settings: Settings, *, kind: str, checks: bool
) -> None:
    """Print the budget in a form for other programs."""
    from bbrmodel.budget import write
    from bbrmodel.cli.tables import as_plain
    from bbrmodel.cli.workflow import show_json

    if kind == "--json":
        document: dict[str, Any] = write.to_document(evaluated)
        show_json({**document, "case_parts": as_plain(parts)}, settings)
        return
    forms = {"--csv": write.to_csv, "--markdown": write.to_markdown, "--latex": write.to_latex}
    settings.out.file.write(forms[kind](evaluated, checks=checks))


def show_tables(
    evaluated: "EvaluatedBudget", parts: "tuple[BbrPart, ...]", settings: Settings, *, checks: bool, inputs: bool
) -> None:
    """Print the budget as tables, and the remarks below them."""
    from bbrmodel.budget import write
    from bbrmodel.cli.tables import make_table

    out = settings.out
    out.print(make_table(write.heading(evaluated), write.COLUMNS, rows=write.table_rows(evaluated)))
    if checks and evaluated.checks:
        rows = write.check_rows(evaluated)
        out.print(make_table("Other numbers of the paper", write.CHECK_COLUMNS, rows=rows))
    if inputs:
        columns = ("entry", "formula", "input", "value", "unit", "source", "read there")
        out.print(make_table("Inputs", columns, rows=write.input_rows(evaluated, checks=checks)))
    if parts:
        out.print(_part_table(evaluated, parts))
    for line in write.remark_lines(evaluated, checks=checks):
        out.print(f"- {line}", soft_wrap=True, markup=False)
    if evaluated.budget.publication:
        out.print(evaluated.budget.publication, soft_wrap=True, markup=False)


def _part_table(evaluated: "EvaluatedBudget", parts: "tuple[BbrPart, ...]") -> Any:
    """Return the BBR row by part, the largest first."""
    from bbrmodel.budget.evaluate import scale_of
    from bbrmodel.cli.numbers import kelvin, number
    from bbrmodel.cli.tables import make_table

    scale = scale_of(evaluated.budget.unit)
    rows = [
        (
            part.name,
            f"{100.0 * part.direct_share:.3f}",
            f"{100.0 * part.effective_share:.3f}",
            kelvin(part.min_K),
            kelvin(part.max_K),
            f"{100.0 * part.share_of_T4:.3f}",
            number(part.fraction / scale),
            number(part.fraction_per_K / scale),
        )
        for part in parts
    ]
    unit = evaluated.budget.unit
    columns = ("part", "of the sky %", "effective %", "min K", "max K", "share of T^4 %", f"shift {unit}", "for each K")
    return make_table(f"The BBR row of the case {evaluated.case} by part", columns, rows=rows)


__all__ = ["budget", "fill_from_case", "read_uncertainty", "show_tables"]
