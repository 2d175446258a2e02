"""Ray counts that follow from a wanted standard error, within the memory that there is."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors, group_exchange
from bbrmodel.typing import FloatArray, Progress

FIRST_RAYS = 256
MAX_GROWTH = 16.0
MAX_RAYS = 1 << 24  # hits are counted exactly up to here
_SAFETY = 1.1  # the error is an estimate too
_MIN_GROWTH = 1.25
_BYTES_PER_ENTRY = 64  # sparse exchange areas with variances, both halves while they are pooled
_BYTES_PER_RAY_IN_WORK = 256
_RAYS_IN_WORK = 1 << 20
_BASE_MIB = 300.0
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def memory_estimate_mib(num_facets: int, rays_per_facet: int) -> float:
    """Return what view factors need at most [MiB]: an entry for every ray until every pair of facets has one."""
    entries = min(num_facets * rays_per_facet, num_facets**2)
    in_work = max(_RAYS_IN_WORK, 2 * rays_per_facet)
    return _BASE_MIB + (entries * _BYTES_PER_ENTRY + in_work * _BYTES_PER_RAY_IN_WORK) / 2**20


def available_memory_mib() -> float:
    """Return the memory that this process may still take [MiB]; infinity where the system does not say."""
    free = float("inf")
    if _MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            free = int(lines["MemAvailable"].split()[0]) / 1024.0
    limit, used = _CGROUP / "memory.max", _CGROUP / "memory.current"
    if limit.is_file() and used.is_file() and limit.read_text().strip() != "max":
        free = min(free, (int(limit.read_text()) - int(used.read_text())) / 2**20)
    return free


def compute_to_tolerance(
    enclosure: Enclosure, settings: RaySettings, *, tolerance: float, progress: Progress | None = None
) -> ViewFactors:
    """Return view factors with as many rays as a standard error takes, after as many rounds as that takes.

    Parameters
    ----------
    settings
        Seed and portal rays; its ray count is not used.
    tolerance
        Absolute standard error that no view factor between surfaces may exceed.
    progress
        Called with (facets done, facets in all) in every round.

    Raises
    ------
    ConfigError
        The tolerance is not positive, or asks for more rays than fit in memory.
    EnclosureError
        As `compute_view_factors`.
    """
    if not tolerance > 0.0:
        raise ConfigError(f"tolerance {tolerance:g}: must be above 0.")
    facets = int(enclosure.radiates.sum())
    rays = needed = FIRST_RAYS
    while True:
        _check_affordable(facets, needed, tolerance)
        found = compute_view_factors(enclosure, replace(settings, rays_per_facet=rays), progress=progress)
        growth = _wanted_growth(enclosure, found, tolerance=tolerance, rays=rays)
        if growth <= 1.0:
            return found
        del found  # before the next, larger one
        needed = math.ceil(rays * growth)
        rays = math.ceil(rays * min(MAX_GROWTH, max(_MIN_GROWTH, _SAFETY * growth)))


def _wanted_growth(enclosure: Enclosure, found: ViewFactors, *, tolerance: float, rays: int) -> float:
    """Return how many times as many rays the tolerance takes."""
    _, error = surface_factors(enclosure, found)
    return max((float(error.max()) / tolerance) ** 2, float(_smallest_error(enclosure, rays).max()) / tolerance)


def surface_factors(enclosure: Enclosure, found: ViewFactors) -> tuple[FloatArray, FloatArray]:
    """Return view factors between surfaces and their standard errors, each of shape (num_surfaces, num_surfaces).

    Notes
    -----
    Variances of exchange areas count every line as independent. Of a given number of rays those that arrive follow a
    binomial distribution, whose variance is smaller by 1 - F; of both directions the larger variance is taken.
    """
    num = len(enclosure.surface_names)
    exchange, variance = group_exchange(found.areas, enclosure.surface, num)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num)[:, None]
    factors = np.maximum(exchange, 0.0) / area  # what closure leaves on the diagonal may be below 0 by 1e-9
    rest = np.ones_like(factors) if found.report.rays == 0 else 1.0 - np.minimum(factors, factors.T)
    return factors, np.sqrt(variance * np.clip(rest, 0.0, 1.0)) / area


def _smallest_error(enclosure: Enclosure, rays: int) -> FloatArray:
    """Return the view factors that one line stands for: without a hit, less than that is not known."""
    num = len(enclosure.surface_names)
    shown = enclosure.radiates
    area = np.bincount(enclosure.surface[shown], weights=enclosure.area_m2[shown], minlength=num)
    facets = np.bincount(enclosure.surface[shown], minlength=num)
    here = area > 0.0
    density = rays * facets[here] / area[here]
    smallest: FloatArray = 1.0 / (area[here][:, None] * (density[:, None] + density))
    full = np.zeros((num, num))
    full[np.ix_(here, here)] = smallest
    return full


def _check_affordable(facets: int, rays: int, tolerance: float) -> None:
    """Raise where so many rays do not fit."""
    need, free = memory_estimate_mib(facets, rays), available_memory_mib()
    if need <= free and rays <= MAX_RAYS:
        return
    reason = f"about {need:.0f} MiB, and {free:.0f} MiB are available" if need > free else f"at most {MAX_RAYS} work"
    raise ConfigError(
        f"tolerance {tolerance:g} asks for {rays} rays from each of {facets} facets ({facets * rays:.3g} rays): "
        f"{reason}. Ask for a larger standard error, mesh coarser, or compute without rays (--method exact)."
    )


__all__ = ["available_memory_mib", "compute_to_tolerance", "memory_estimate_mib", "surface_factors"]
