"""The command `converge`: how far the numbers of a case are from a mesh of size zero."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bbrmodel.cli.options import CaseArgument, JsonOption, SetOption
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings

if TYPE_CHECKING:
    from bbrmodel.study.convergence import Converged, Convergence


class By(StrEnum):
    """What makes the levels better."""

    refinement = "refinement"
    resolution = "resolution"
    degree = "degree"


def converge(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    levels: Annotated[
        int | None, typer.Option(min=2, max=5, help="Number of meshes: 3 unless given; two degrees.")
    ] = None,
    by: Annotated[
        By,
        typer.Option(
            help="Cut every cell; coarse, default and fine of a builder; linear and quadratic temperatures on one mesh."
        ),
    ] = By.refinement,
    as_json: JsonOption = False,
) -> None:
    """Solve a case on several meshes: observed order, extrapolated value and error of each number."""
    from bbrmodel.spec import load_case
    from bbrmodel.study.convergence import converge_case

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        found = converge_case(loaded, levels=levels, by=by.value, progress=progress)
    _show(found, settings, as_json=as_json)


def _show(found: "Convergence", settings: Settings, *, as_json: bool) -> None:
    """Print what was found as JSON or as tables."""
    from bbrmodel.cli.numbers import number
    from bbrmodel.cli.tables import as_plain, make_table
    from bbrmodel.cli.workflow import show_json

    if as_json:
        show_json(as_plain(found), settings)
        return
    meshes = zip(found.cells, found.facets, found.size_m, strict=True)
    rows = [(str(k), str(cells), str(facets), number(1e3 * size)) for k, (cells, facets, size) in enumerate(meshes)]
    title = f"{found.case}: meshes by {found.by}"
    settings.out.print(make_table(title, ("level", "cells", "facets", "mean size mm"), rows=rows))
    columns = ("number", *(f"level {k}" for k in range(len(found.cells))), "order", "limit", "error")
    settings.out.print(make_table("On each mesh", columns, rows=[_row(one) for one in found.quantities]))
    if found.by == "refinement":
        note = "The limit is that of the polygons that round parts are made of; with a builder: --by resolution."
        settings.out.print(note, markup=False, soft_wrap=True)


def _row(one: "Converged") -> list[str]:
    """Return one line of the table."""
    digits = 6
    values = [f"{value:.{digits}g}" for value in (*one.values, one.extrapolated)]
    order = "-" if one.order is None else f"{one.order:.2f}"
    return [f"{one.name} ({one.unit})", *values[:-1], order, values[-1], f"{one.error:.2g}"]


__all__ = ["By", "converge"]
