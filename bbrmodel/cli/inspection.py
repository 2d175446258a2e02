"""What the inspecting commands print."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bbrmodel.cli.numbers import number
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import as_plain, make_table, report_tables
from bbrmodel.cli.workflow import show_json
from bbrmodel.errors import ResultExistsError, UnknownSurfaceError, suggest

if TYPE_CHECKING:
    from bbrmodel.radiation.api import SurfaceViewFactors
    from bbrmodel.spec import Case


def mesh_of_case(case: "Case", settings: Settings, *, output: Path | None, force: bool) -> Mapping[str, Any]:
    """Generate the mesh of a case, copy it to `output`, and return size and quality."""
    from bbrmodel.mesh import report_mesh
    from bbrmodel.model import prepare_mesh
    from bbrmodel.resources import cache_dir

    if output is not None and output.exists() and not force:
        raise ResultExistsError(f"{output}: exists. Choose another name, or allow replacing it with --force.")
    with progress_bar(settings.err, "mesh") as progress:
        mesh = prepare_mesh(case, cache=cache_dir(), progress=progress)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mesh.path, output)
    report: dict[str, Any] = as_plain(report_mesh(mesh.bundle, mesh.facets))
    names = {"bodies": list(mesh.bundle.body_names), "surfaces": list(mesh.facets.surface_names)}
    return {"file": str(output or mesh.path), **report, **names}


def show_report(report: object, settings: Settings, *, title: str, as_json: bool) -> None:
    """Print any frozen report as tables or as JSON."""
    if as_json:
        show_json(as_plain(report), settings)
        return
    for table in report_tables(title, report):
        settings.out.print(table)


def show_view_factors(found: "SurfaceViewFactors", settings: Settings, *, group: str | None, as_json: bool) -> None:
    """Print view factors between named surfaces, row = from, column = to; of one row if `group` names it."""
    names = list(found.surfaces)
    if group is not None and group not in names:
        raise UnknownSurfaceError(f"--group {group}: is not a surface of this mesh.{suggest(group, names)}")
    if as_json:
        show_json(_view_factor_document(found, names if group is None else [group]), settings)
        return
    settings.out.print(
        make_table("View factors", ("from", "to", "F", "standard error"), rows=_view_factor_rows(found, group))
    )
    rows = [
        (name, number(float(area)), f"{float(out):.6f}", f"{float(total) - 1.0:.2e}")
        for name, area, out, total in zip(names, found.areas_m2, found.environment, found.row_sums, strict=True)
    ]
    settings.out.print(make_table("Surfaces", ("surface", "area m2", "F to the outside", "raw row sum - 1"), rows=rows))
    settings.out.print(f"reciprocity error {found.reciprocity_error:.2e}; {found.seconds:.2f} s", markup=False)


def _view_factor_rows(found: "SurfaceViewFactors", group: str | None) -> list[Sequence[str]]:
    """Return one line per pair that sees each other."""
    rows: list[Sequence[str]] = []
    for i, source in enumerate(found.surfaces):
        if group is not None and source != group:
            continue
        for j, target in enumerate(found.surfaces):
            factor, error = float(found.view_factors[i, j]), float(found.standard_errors[i, j])
            if factor >= 5e-7:  # what six decimals show
                rows.append((source, target, f"{factor:.6f}", f"{error:.1e}"))
    return rows


def _view_factor_document(found: "SurfaceViewFactors", rows: Sequence[str]) -> dict[str, Any]:
    """Return view factors as JSON: matrices with the rows asked for, and the names of rows and columns."""
    names = list(found.surfaces)
    index = [names.index(name) for name in rows]
    by_row = ("view_factors", "standard_errors", "environment", "row_sums")
    rows_of = {key: [as_plain(getattr(found, key))[i] for i in index] for key in by_row}
    return {
        "from": list(rows),
        "to": names,
        "areas_m2": as_plain(found.areas_m2),
        **rows_of,
        "reciprocity_error": float(found.reciprocity_error),
        "seconds": float(found.seconds),
    }


def listing(kind: str) -> Table:
    """Return the table of `cases`, `materials` or `clocks`."""
    return {"cases": _cases, "materials": _materials, "clocks": _clocks}[kind]()


def _cases() -> Table:
    from bbrmodel.spec import list_cases, load_case

    rows = [(name, " ".join(load_case(name).description.split())) for name in list_cases()]
    return make_table("Cases", ("case", "description"), rows=rows)


def _materials() -> Table:
    from bbrmodel.materials import list_materials, material

    found = [material(name) for name in list_materials()]
    rows = [(m.name, m.title, ", ".join(m.finishes), "yes" if m.verified else "no") for m in found]
    return make_table("Materials", ("material", "title", "finishes", "read in its source"), rows=rows)


def _clocks() -> Table:
    from bbrmodel.ion.clocks import clock, list_clocks

    found = [clock(name) for name in list_clocks()]
    rows = [(c.id, c.species, c.transition, f"{c.frequency_Hz:.6e}") for c in found]
    return make_table("Clocks", ("clock", "species", "transition", "frequency Hz"), rows=rows)


__all__ = ["listing", "mesh_of_case", "show_report", "show_view_factors"]
