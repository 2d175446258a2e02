"""Commands that look at something: mesh, check, view-factors, exchange, list, doctor."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bbrmodel.cli.options import CaseArgument, JsonOption, SetOption
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings


class Listing(StrEnum):
    """What `list` can list."""

    cases = "cases"
    materials = "materials"
    clocks = "clocks"
    budgets = "budgets"


class FactorMethod(StrEnum):
    """How view factors are computed."""

    ray = "ray"
    exact = "exact"


def mesh(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Copy the mesh here (.msh).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Generate the mesh of a case and report its quality."""
    from bbrmodel.cli.inspection import mesh_of_case, show_report
    from bbrmodel.spec import load_case

    settings = context.ensure_object(Settings)
    report = mesh_of_case(load_case(case, changes or ()), settings, output=output, force=force)
    show_report(report, settings, title="Mesh", as_json=as_json)


def check(
    context: typer.Context, case: CaseArgument, *, changes: SetOption = None, as_json: JsonOption = False
) -> None:
    """Do everything short of solving: names, mesh, enclosure, joints, memory."""
    from bbrmodel.cli.inspection import show_report
    from bbrmodel.pipeline import check_case
    from bbrmodel.spec import load_case

    report = check_case(load_case(case, changes or ()))
    show_report(report, context.ensure_object(Settings), title=f"{case}: check", as_json=as_json)


def view_factors(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="MESH", help="Mesh file with named surfaces.")],
    *,
    method: Annotated[FactorMethod, typer.Option(help="Rays, or closed forms for few facets.")] = FactorMethod.ray,
    rays: Annotated[int | None, typer.Option(min=16, help="Rays from each facet; by default 1000.")] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(metavar="X", help="Instead of --rays: largest standard error between surfaces, or of --group."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the ray directions.")] = 1,
    group: Annotated[str | None, typer.Option(help="Only the rows from this surface.")] = None,
    open_model: Annotated[bool, typer.Option("--open", help="Light may leave the model.")] = False,
    two_sided: Annotated[bool, typer.Option("--two-sided", help="Shells radiate on both sides.")] = False,
    unit_m: Annotated[float, typer.Option(metavar="M", help="Metres per length unit of the file; 0.001: mm.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Compute the view factors between the named surfaces of a mesh file."""
    from bbrmodel.cli.inspection import check_ray_options, show_view_factors
    from bbrmodel.radiation.api import ViewFactorOptions, compute_view_factors_of_file

    settings = context.ensure_object(Settings)
    check_ray_options(rays, tolerance, exact=method is FactorMethod.exact)
    options = ViewFactorOptions(
        method=method.value,
        rays_per_facet=rays or ViewFactorOptions.rays_per_facet,
        tolerance={group: tolerance} if group is not None and tolerance is not None else tolerance,
        seed=seed,
        open_model=open_model,
        two_sided=two_sided,
        length_unit_m=unit_m,
    )
    with progress_bar(settings.err, file.name, quiet=as_json) as progress:
        found = compute_view_factors_of_file(file, options, progress=progress)
    show_view_factors(found, settings, group=group, as_json=as_json)


def exchange(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    light: Annotated[
        str | None, typer.Option(help="warm or cold: the sources; or band_1, band_2, ...; by default the first.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Show the pairs of this surface.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute where the light of each surface is absorbed, after all reflections, without solving the case."""
    from bbrmodel.cli.inspection import show_exchange
    from bbrmodel.model.exchange import exchange_of_case
    from bbrmodel.spec import load_case

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        found = exchange_of_case(loaded, light=light, progress=progress)
    show_exchange(found, settings, group=group, as_json=as_json)


def list_names(
    context: typer.Context,
    what: Annotated[Listing | None, typer.Argument(help="By default all of them.")] = None,
) -> None:
    """List the shipped cases, the materials, the clocks and the budgets."""
    from bbrmodel.cli.inspection import listing

    settings = context.ensure_object(Settings)
    for kind in [what] if what is not None else list(Listing):
        settings.out.print(listing(kind.value))


def doctor(context: typer.Context) -> None:
    """Print versions and a self-test, to paste into a bug report."""
    from bbrmodel.cli.doctor import examine, show_findings

    show_findings(examine(), context.ensure_object(Settings))


__all__ = ["FactorMethod", "Listing", "check", "doctor", "exchange", "list_names", "mesh", "view_factors"]
