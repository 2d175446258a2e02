"""The command `conductance`: how much gas passes between the openings of a mesh file."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bbrmodel.cli.options import JsonOption
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings

if TYPE_CHECKING:
    from bbrmodel.radiation.enclosure import Enclosure
    from bbrmodel.radiation.flow import Transmission
    from bbrmodel.radiation.flow_gas import Gas
    from bbrmodel.typing import Progress


class Method(StrEnum):
    """How the flow is computed."""

    paths = "paths"
    exchange = "exchange"


def conductance(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="MESH", help="Mesh file closed by its openings.")],
    *,
    source: Annotated[str, typer.Option("--from", metavar="SURFACE", help="Opening that the gas enters.")],
    targets: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="SURFACE", help="Opening to leave by; repeatable; by default opening*."),
    ] = None,
    species: Annotated[str, typer.Option(help="H2, He, H2O, N2, CO, Ar, CO2, or any name with --molar-mass.")] = "N2",
    molar_mass: Annotated[float | None, typer.Option(metavar="G/MOL", help="Molar mass of another gas.")] = None,
    temperature: Annotated[float, typer.Option(metavar="K", help="Temperature of gas and walls.")] = 293.15,
    method: Annotated[Method, typer.Option(help="Follow molecules, or solve for all facets.")] = Method.paths,
    rays: Annotated[int | None, typer.Option(min=16, help="Molecules, or rays from each facet.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the ray directions.")] = 1,
    unit_m: Annotated[float, typer.Option(metavar="M", help="Metres per length unit of the file; 0.001: mm.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Compute the molecular gas conductance between openings of a mesh file."""
    from bbrmodel.radiation.api import enclosure_of_file
    from bbrmodel.radiation.flow_gas import Gas, gas

    settings = context.ensure_object(Settings)
    given = gas(species, temperature) if molar_mass is None else Gas(species, 1e-3 * molar_mass, temperature)
    with progress_bar(settings.err, file.name, quiet=as_json) as progress:
        enclosure = enclosure_of_file(file, length_unit_m=unit_m)
        found = _transmission(enclosure, source, targets or (), method=method, numbers=(rays, seed), progress=progress)
    _show(found, given, settings, as_json=as_json)


def _transmission(
    enclosure: "Enclosure",
    source: str,
    targets: Sequence[str],
    *,
    method: Method,
    numbers: tuple[int | None, int],
    progress: "Progress | None",
) -> "Transmission":
    """Return the transmission by the method chosen; `numbers` are rays (None: the default) and seed."""
    from bbrmodel.radiation.flow import FlowSettings, trace_transmission
    from bbrmodel.radiation.flow_exchange import solve_transmission
    from bbrmodel.radiation.view_factors import RaySettings

    rays, seed = numbers
    if method is Method.exchange:
        per_facet = RaySettings(rays_per_facet=rays or RaySettings.rays_per_facet, seed=seed)
        return solve_transmission(enclosure, source, targets=targets, settings=per_facet, progress=progress)
    molecules = FlowSettings(molecules=rays or FlowSettings.molecules, seed=seed)
    return trace_transmission(enclosure, source, targets=targets, settings=molecules, progress=progress)


def _show(found: "Transmission", of_gas: "Gas", settings: Settings, *, as_json: bool) -> None:
    """Print what was found as JSON or as a table."""
    from bbrmodel.cli.numbers import number, with_error
    from bbrmodel.cli.tables import as_plain, make_table
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.radiation.flow_gas import conductances

    paths = conductances(found, of_gas)
    if as_json:
        keys = ("method", "source", "source_area_m2", "returned", "wall_hits", "rays", "lost_rays", "seconds")
        numbers = {key: as_plain(getattr(found, key)) for key in keys}
        show_json({"gas": as_plain(of_gas), **numbers, "conductances": [as_plain(path) for path in paths]}, settings)
        return
    rows = [
        (
            path.target,
            with_error(path.transmission, path.transmission_error),
            with_error(path.conductance_L_s, path.conductance_error_L_s),
        )
        for path in paths
    ]
    title = f"{of_gas.name} at {of_gas.temperature_K:g} K from {found.source}"
    settings.out.print(make_table(title, ("to", "transmission", "conductance L/s"), rows=rows))
    settings.out.print(
        f"{found.source}: {number(found.source_area_m2)} m2, as a bare orifice {number(paths[0].orifice_L_s)} L/s; "
        f"{number(found.wall_hits)} wall hits per molecule; {found.rays} flights, {found.seconds:.2f} s",
        markup=False,
        soft_wrap=True,
    )


__all__ = ["Method", "conductance"]
