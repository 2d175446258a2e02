"""What the inspecting commands print."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bbrmodel.cli.numbers import number
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import as_plain, make_table, report_tables
from bbrmodel.cli.workflow import show_json
from bbrmodel.errors import ConfigError, ResultExistsError, UnknownSurfaceError, suggest

if TYPE_CHECKING:
    from bbrmodel.model.exchange import CaseExchange
    from bbrmodel.radiation.api import SurfaceViewFactors
    from bbrmodel.radiation.parts import EnclosurePart
    from bbrmodel.spec import Case

_PAIRS_SHOWN = 40
_SOURCE_WIDTH = 44

_SHOWN = 5e-7  # what six decimals show


def mesh_of_case(case: "Case", settings: Settings, *, output: Path | None, force: bool) -> Mapping[str, Any]:
    """Generate the mesh of a case, copy it to `output`, and return size and quality."""
    from bbrmodel.mesh import report_contacts, report_mesh
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
    contacts = as_plain(report_contacts(mesh.bundle, mesh.interfaces))
    return {"file": str(output or mesh.path), **report, **names, "contacts": contacts}


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
    if not (found.view_factors >= _SHOWN).any():
        settings.out.print(
            "No surface sees another. Normals must point to what a surface sees; sheets may need --two-sided.",
            markup=False,
        )
    rows = [
        (name, number(float(area)), f"{float(out):.6f}", f"{float(total) - 1.0:.2e}")
        for name, area, out, total in zip(names, found.areas_m2, found.environment, found.row_sums, strict=True)
    ]
    settings.out.print(make_table("Surfaces", ("surface", "area m2", "F to the outside", "raw row sum - 1"), rows=rows))
    if len(found.enclosures) > 1:
        settings.out.print(_part_table(found.enclosures))
    how = f"{found.rays} rays, {found.lost_rays} lost" if found.rays else "no rays"
    settings.out.print(
        f"reciprocity error {found.reciprocity_error:.2e}; {how}; {found.seconds:.2f} s", markup=False, soft_wrap=True
    )


def _view_factor_rows(found: "SurfaceViewFactors", group: str | None) -> list[Sequence[str]]:
    """Return one line per pair that sees each other."""
    rows: list[Sequence[str]] = []
    for i, source in enumerate(found.surfaces):
        if group is not None and source != group:
            continue
        for j, target in enumerate(found.surfaces):
            factor, error = float(found.view_factors[i, j]), float(found.standard_errors[i, j])
            if factor >= _SHOWN:
                rows.append((source, target, f"{factor:.6f}", f"{error:.1e}"))
    return rows


def _view_factor_document(found: "SurfaceViewFactors", rows: Sequence[str]) -> dict[str, Any]:
    """Return view factors as JSON: `surfaces` names the columns, `from` the rows."""
    names = list(found.surfaces)
    index = [names.index(name) for name in rows]
    by_row = ("view_factors", "standard_errors", "environment", "row_sums")
    rows_of = {key: [as_plain(getattr(found, key))[i] for i in index] for key in by_row}
    return {
        "surfaces": names,
        "from": list(rows),
        "areas_m2": as_plain(found.areas_m2),
        **rows_of,
        "reciprocity_error": float(found.reciprocity_error),
        "enclosures": as_plain(found.enclosures),
        "rays": int(found.rays),
        "lost_rays": int(found.lost_rays),
        "seconds": float(found.seconds),
    }


def check_ray_options(rays: int | None, tolerance: float | None, *, exact: bool) -> None:
    """Raise where the options of `view-factors` contradict each other."""
    if rays is not None and tolerance is not None:
        raise ConfigError(f"--rays {rays} and --tolerance {tolerance:g}: one follows from the other. Give one of them.")
    if rays is not None and exact:
        raise ConfigError(f"--rays {rays}: the exact method sends no rays. Leave it out, or use --method ray.")
    if tolerance is not None and not tolerance > 0.0:
        raise ConfigError(f"--tolerance {tolerance:g}: must be above 0.")


def _part_table(parts: Sequence["EnclosurePart"]) -> Table:
    """Return the table of separate enclosures."""
    rows = [
        (part.name, number(part.facets), number(part.area_m2), "yes" if part.open else "no", ", ".join(part.surfaces))
        for part in parts
    ]
    columns = ("largest surface", "facets", "area m2", "open", "surfaces")
    return make_table("Separate enclosures: no light passes between them", columns, rows=rows)


def show_exchange(found: "CaseExchange", settings: Settings, *, group: str | None, as_json: bool) -> None:
    """Print Gebhart and exchange factors of a case: all as JSON, or the pairs (of `group`) that exchange most."""
    names = found.surfaces
    if group is not None and group not in names:
        raise UnknownSurfaceError(f"--group {group}: is no surface that radiates.{suggest(group, names)}")
    if as_json:
        show_json(as_plain(found), settings)
        return
    pairs, left_out = _largest_pairs(found, group)
    title = f"{found.case}: {found.light} light, absorbed after all reflections"
    settings.out.print(make_table(title, ("from", "to", "Gebhart", "exchange", "A x exchange m2"), rows=pairs))
    columns = zip(names, found.temperatures_K, found.areas_m2, found.absorptivities, found.environment, strict=True)
    surfaces = [(name, *(number(float(value)) for value in values)) for name, *values in columns]
    titles = ("surface", "expected K", "area m2", "absorptivity", "to the outside")
    settings.out.print(make_table("Surfaces", titles, rows=surfaces))
    if len(found.enclosures) > 1:
        settings.out.print(_part_table(found.enclosures))
    if left_out:
        settings.out.print(f"{left_out} smaller pairs: with --json", markup=False)


def _largest_pairs(found: "CaseExchange", group: str | None) -> tuple[list[Sequence[str]], int]:
    """Return one line per pair that exchanges most, and how many pairs are left out."""
    names = found.surfaces
    mutual = found.areas_m2[:, None] * found.exchange_factors
    rows = range(len(names)) if group is None else [names.index(group)]
    pairs = sorted(((i, j) for i in rows for j in range(len(names))), key=lambda pair: -mutual[pair])
    lines: list[Sequence[str]] = [
        (
            names[i],
            names[j],
            f"{found.gebhart_factors[i, j]:.6f}",
            f"{found.exchange_factors[i, j]:.6f}",
            number(float(mutual[i, j])),
        )
        for i, j in pairs[:_PAIRS_SHOWN]
    ]
    return lines, max(0, len(pairs) - _PAIRS_SHOWN)


def listing(kind: str) -> Table:
    """Return the table of `cases`, `materials`, `clocks` or `budgets`."""
    return {"cases": _cases, "materials": _materials, "clocks": _clocks, "budgets": _budgets}[kind]()


def _cases() -> Table:
    from bbrmodel.spec import list_cases, load_case

    rows = [(name, " ".join(load_case(name).description.split())) for name in list_cases()]
    return make_table("Cases", ("case", "description"), rows=rows)


def _materials() -> Table:
    from bbrmodel.materials import list_materials, material

    rows = []
    for found in map(material, list_materials()):
        curve = found.conductivity
        low, high = curve.range_K
        values = [f"{float(curve(T)):.4g}" if low <= T <= high else "-" for T in (77.0, 293.0)]
        verified = "yes" if curve.verified else "no"
        rows.append(
            (
                found.name,
                *values,
                f"{low:g} to {high:g}",
                verified,
                ", ".join(found.finishes),
                _first_words(curve.source),
            )
        )
    columns = ("material", "k 77 K", "k 293 K W/m/K", "range K", "read in its source", "finishes", "source of k")
    return make_table("Materials", columns, rows=rows)


def _first_words(text: str) -> str:
    """Return the beginning of a source; `plot material` has it whole."""
    return textwrap.shorten(text, _SOURCE_WIDTH, placeholder=" ...")


def _clocks() -> Table:
    from bbrmodel.ion.clocks import clock, list_clocks
    from bbrmodel.ion.quick import coefficients_of, quick_shift

    rows = []
    for found in map(clock, list_clocks()):
        leading, at_300 = coefficients_of(found)[0], quick_shift(found.id, 300.0)
        values = (f"{found.frequency_Hz:.6e}", f"{leading.value:.5g}", number(at_300.shift_Hz))
        rows.append(
            (
                found.id,
                found.transition,
                *values,
                f"{at_300.fractional_shift:.3e}",
                "yes" if leading.verified else "no",
                _first_words(leading.source),
            )
        )
    columns = (
        *("clock", "transition", "frequency Hz", "delta alpha0 J m2/V2 or beta", "shift 300 K Hz", "of the frequency"),
        *("read in its source", "source of the coefficient"),
    )
    return make_table("Clocks", columns, rows=rows)


def _budgets() -> Table:
    from bbrmodel.budget import find_budget, list_budgets

    found = [find_budget(name) for name in list_budgets()]
    rows = [(b.name, b.title, b.table, b.clock or "-", b.publication) for b in found]
    return make_table("Budgets", ("budget", "clock", "table", "clock of a case", "publication"), rows=rows)


__all__ = ["check_ray_options", "listing", "mesh_of_case", "show_exchange", "show_report", "show_view_factors"]
