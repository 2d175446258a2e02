"""Discretisation error: the same case on a sequence of meshes, observed order, extrapolated value, error bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution
from bbrmodel.spec import Case, with_overrides
from bbrmodel.typing import FloatArray, Progress

By = Literal["refinement", "resolution", "degree"]
RESOLUTIONS = ("coarse", "default", "fine")
DEGREES = (1, 2)
DEFAULT_LEVELS: dict[By, int] = {"refinement": 3, "resolution": 3, "degree": 2}
LOWEST_ORDER, HIGHEST_ORDER = 0.5, 4.0  # outside, three meshes are not yet in the range where an order means anything
SAFETY, CAUTIOUS = 1.25, 3.0  # factors of Roache's grid convergence index, with and without an observed order
_BISECTIONS = 60


@dataclass(frozen=True)
class Converged:
    """One number on a sequence of meshes.

    Attributes
    ----------
    name, unit
        What it is.
    values
        shape (num_levels,), coarsest mesh first.
    noise
        Standard deviation of the values from ray statistics, 0 where it is not known.
    order
        Observed order from the last three meshes; None where they do not approach one value monotonically, or their
        differences are within three times the noise.
    extrapolated
        Value for a mesh size of zero, by the observed order; the last value where there is none.
    error
        Of `extrapolated`: 1.25 times the step from the last value, or three times the last difference without an order.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    noise: float
    order: float | None
    extrapolated: float
    error: float


@dataclass(frozen=True)
class Convergence:
    """A case on a sequence of meshes: cells, facets and mean size of each, and what follows for each number."""

    case: str
    by: By
    cells: tuple[int, ...]
    facets: tuple[int, ...]
    size_m: tuple[float, ...]
    quantities: tuple[Converged, ...]


def converge_case(
    case: Case,
    *,
    levels: int | None = None,
    by: By = "refinement",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Convergence:
    """Solve a case on several meshes and say how far its numbers are from a mesh of size zero.

    Parameters
    ----------
    levels
        Number of meshes, 3 by default. By refinement each has half the size of the one before, starting from the
        case's own: eight times the cells and four times the facets. By resolution: "coarse", "default", "fine" of a
        builder, of which round parts become rounder too. By degree there are two: linear and quadratic temperatures
        on the case's own mesh, which tells the error of the temperatures alone, not that of the light.

    Raises
    ------
    ConfigError
        Fewer than two levels, or resolutions of a case that has no builder.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`.

    Notes
    -----
    Refinement cuts every cell and keeps the polygons that round parts are made of, so its limit is that of the
    polygonal model. Radiosity and radiative flux are constant on a facet and of second order in smooth regions, linear
    temperatures too, quadratic ones (`solver.degree` 2) of third; all are of lower order at edges and joints.
    """
    changes = _changes(case, DEFAULT_LEVELS[by] if levels is None else levels, by)
    solved = [solve_case(with_overrides(case, [change]), cache=cache, progress=progress) for change in changes]
    size = np.array([_mesh_size(solution) for solution in solved])
    readings = [_readings(solution) for solution in solved]
    return Convergence(
        case=case.name,
        by=by,
        cells=tuple(solution.mesh.cells for solution in solved),
        facets=tuple(solution.mesh.facets for solution in solved),
        size_m=tuple(float(h) for h in size),
        quantities=tuple(
            judge(name, last.unit, [level[name].value for level in readings], size=size, noise=last.noise)
            for name, last in readings[-1].items()
        ),
    )


def _changes(case: Case, levels: int, by: By) -> list[str]:
    """Return the override that makes each level."""
    most = {"resolution": len(RESOLUTIONS), "degree": len(DEGREES)}
    if levels < 2 or levels > most.get(by, levels):
        raise ConfigError(
            f"levels = {levels}: at least 2, and at most {len(RESOLUTIONS)} by resolution and {len(DEGREES)} by degree."
        )
    if by == "resolution" and case.geometry.apparatus is None:
        raise ConfigError(f"{case.name}: has no builder, so no resolutions. Converge by refinement.")
    if by == "resolution":
        return [f'geometry.resolution="{name}"' for name in RESOLUTIONS[-levels:]]
    if by == "degree":
        return [f"solver.degree={degree}" for degree in DEGREES]
    first = case.geometry.refinements
    return [f"geometry.refinements={first + k}" for k in range(levels)]


def judge(name: str, unit: str, values: Sequence[float], *, size: FloatArray, noise: float) -> Converged:
    """Return what a sequence of values on meshes of decreasing size tells.

    Examples
    --------
    >>> found = judge("q", "W", (1.16, 1.04, 1.01), size=np.array([4.0, 2.0, 1.0]), noise=0.0)
    >>> round(found.order or 0.0, 6), round(found.extrapolated, 6), round(found.error, 6)
    (2.0, 1.0, 0.0125)
    """
    last = values[-1] - values[-2]
    order = _observed_order(values, size, noise) if len(values) > 2 else None
    if order is None:
        return Converged(name, unit, tuple(values), noise, None, values[-1], CAUTIOUS * abs(last) + noise)
    step = last * size[-1] ** order / (size[-2] ** order - size[-1] ** order)
    return Converged(name, unit, tuple(values), noise, order, values[-1] + step, SAFETY * abs(step) + noise)


def _observed_order(values: Sequence[float], size: FloatArray, noise: float) -> float | None:
    """Return p of value = limit + c h^p through the last three values, None where there is none in range."""
    first, second = values[-2] - values[-3], values[-1] - values[-2]
    if first * second <= 0.0 or abs(second) <= 3.0 * noise:
        return None
    h0, h1, h2 = (float(h) for h in size[-3:])

    def excess(p: float) -> float:
        return float((h0**p - h1**p) / (h1**p - h2**p)) - first / second

    low, high = LOWEST_ORDER, HIGHEST_ORDER
    if excess(low) > 0.0 or excess(high) < 0.0:
        return None
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def _mesh_size(solution: Solution) -> float:
    """Return the mean edge length that cells of this number would have, or facets if there are no cells [m]."""
    if solution.mesh.cells:
        corner = solution.solid.points_m[solution.solid.cells]
        volume = float(np.abs(np.linalg.det(corner[:, 1:] - corner[:, :1])).sum()) / 6.0
        return float((volume / solution.mesh.cells) ** (1.0 / 3.0))
    return float(np.sqrt(solution.facets.area_m2.mean()))


@dataclass(frozen=True)
class _Reading:
    """One number of a solution with its unit and its noise from ray statistics."""

    unit: str
    value: float
    noise: float = 0.0


def _readings(solution: Solution) -> dict[str, _Reading]:
    """Return every number that is followed."""
    found: dict[str, _Reading] = {}
    ion, thermal = solution.ion, solution.thermal
    if ion is not None:
        noise = ion.effective_temperature_std_K
        found["T_eff"] = _Reading("K", ion.effective_temperature_K, noise)
        relative = 4.0 * noise / ion.effective_temperature_K  # the shift goes with T^4
        found["shift"] = _Reading("Hz", ion.shift_Hz, relative * abs(ion.shift_Hz))
    found |= {f"{body.name} mean": _Reading("K", body.mean_K) for body in thermal.bodies}
    found |= {f"{body.name} max": _Reading("K", body.max_K) for body in thermal.bodies}
    found |= {f"sensor:{sensor.name}": _Reading("K", sensor.temperature_K) for sensor in thermal.sensors}
    found |= {name: _Reading("W", heat) for name, heat in thermal.heat_flows_W.items()}
    found |= {f"joint:{'/'.join(joint.between)}": _Reading("W", joint.heat_W) for joint in thermal.joints}
    found |= {f"link:{link.name}": _Reading("W", link.heat_W) for link in thermal.links}
    return found


__all__ = ["By", "Converged", "Convergence", "converge_case", "judge"]
