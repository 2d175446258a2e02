"""Commands that compute: run, solve, ion, plot, study."""

from pathlib import Path
from typing import Annotated

import typer

from bbrmodel.cli.options import (
    CaseArgument,
    ForceOption,
    JsonOption,
    OutputOption,
    PlotOption,
    QuietOption,
    RestartOption,
    SetOption,
)
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.workflow import RunOptions, compute_and_show, find_ion_document, run_study_with_bar, with_cross_check


def run(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    restart: RestartOption = False,
    plot: PlotOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Follow paths from the ion as a second method; print both.")
    ] = False,
) -> None:
    """Solve a case, write its result and pictures, and print the summary."""
    from bbrmodel.spec import load_case

    options = RunOptions(output, force=force, restart=restart, plot=plot, as_json=as_json, quiet=quiet)
    loaded = load_case(case, changes or ())
    if cross_check:
        loaded = with_cross_check(loaded)
    compute_and_show(loaded, context.ensure_object(Settings), options=options)


def solve(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    restart: RestartOption = False,
    plot: PlotOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compute temperatures and heat flows only, without the ion."""
    from bbrmodel.spec import load_case

    options = RunOptions(output, force=force, restart=restart, plot=plot, as_json=as_json, quiet=quiet)
    without_ion = load_case(case, changes or ()).model_copy(update={"ion": None})
    compute_and_show(without_ion, context.ensure_object(Settings), options=options)


def ion(
    context: typer.Context,
    result_or_case: Annotated[str, typer.Argument(metavar="RESULT|CASE", help="Result directory, or a case to solve.")],
    *,
    changes: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what the ion sees: of a result, or of a case that is solved for it and not kept."""
    from bbrmodel.cli.summary import show_ion

    settings = context.ensure_object(Settings)
    document = find_ion_document(result_or_case, changes or [], settings=settings)
    show_ion(document, settings, as_json=as_json)


def plot(
    context: typer.Context,
    result: Annotated[Path, typer.Argument(metavar="RESULT|material", help="Result directory, or the word material.")],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Of a result spectrum or line; or name of the material.")
    ] = None,
    *,
    case: Annotated[
        str | None, typer.Option(metavar="CASE", help="Case whose [materials] may have the material.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where; by default there.")
    ] = None,
) -> None:
    """Draw the pictures of a result or one figure of its ion, or the properties of a material over temperature."""
    from bbrmodel.cli.drawing import draw

    out = context.ensure_object(Settings).out
    for path in draw(result, name, case, output):
        out.print(str(path), soft_wrap=True)


def study(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Study file.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="By default results/studies/<study>.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Points at once; by default what the file says.")] = None,
    figure: Annotated[bool, typer.Option("--plot/--no-plot", help="Draw the figure of the study.")] = True,
    quiet: QuietOption = False,
) -> None:
    """Solve a case over a grid of parameters; called again, it goes on where it stopped."""
    from bbrmodel.cli.study_output import draw_study, fail_if_points_failed, show_study

    settings = context.ensure_object(Settings)
    spec, table = run_study_with_bar(file, settings, output=output, workers=workers, quiet=quiet)
    drawn = draw_study(spec, table) if figure else None
    if not quiet:
        show_study(table, settings, figure=drawn)
    fail_if_points_failed(table)


__all__ = ["ion", "plot", "run", "solve", "study"]
