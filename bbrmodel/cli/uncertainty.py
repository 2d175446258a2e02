"""The command `uncertainty`: which inputs of a case limit the clock, and by how much."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bbrmodel.cli.options import CaseArgument, JsonOption, SetOption
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.workflow import RESULTS

if TYPE_CHECKING:
    from bbrmodel.uncertainty.tables import UncertaintyTable


def uncertainty(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    geometry: Annotated[bool, typer.Option("--geometry", help="Vary inputs that need a new mesh or exchange.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: results/uncertainty/<case>.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Budget of T_eff and the clock shift over the [[uncertain]] inputs of a case, ranked by contribution."""
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.spec import load_case
    from bbrmodel.uncertainty.report import write_report
    from bbrmodel.uncertainty.run import run_linear

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        study = run_linear(loaded, with_geometry=geometry, progress=progress)
    files = write_report(output or RESULTS / "uncertainty" / loaded.name, study.document, study.tables)
    if as_json:
        show_json(study.document, settings)
        return
    for table in study.tables:
        _show(table, settings)
    for note in study.notes:
        settings.out.print(f"note: {note}", soft_wrap=True, markup=False)
    for file in files:
        settings.out.print(str(file), soft_wrap=True, markup=False)


def _show(table: "UncertaintyTable", settings: Settings) -> None:
    """Print one budget."""
    from bbrmodel.cli.tables import make_table
    from bbrmodel.uncertainty.tables import cells, header, title

    settings.out.print(make_table(title(table), header(table), rows=cells(table)))


__all__ = ["uncertainty"]
