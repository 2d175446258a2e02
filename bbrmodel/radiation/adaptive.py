"""Ray counts that follow from a wanted standard error, within the memory that there is."""

import math
from dataclasses import replace

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_error import group_errors
from bbrmodel.radiation.memory import available_memory_mib, memory_estimate_mib
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.typing import FloatArray, Progress

FIRST_RAYS = 256
MAX_GROWTH = 16.0
MAX_RAYS = 1 << 24  # of one facet, which are traced at once
_SAFETY = 1.1  # the error is an estimate too
_MIN_GROWTH = 1.25


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
    """Return view factors between surfaces and their standard errors, each of shape (num_surfaces, num_surfaces)."""
    num = len(enclosure.surface_names)
    exchange = found.areas.block_sums(enclosure.surface, num)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num)[:, None]
    factors = np.maximum(exchange, 0.0) / area  # what closure leaves on the diagonal may be below 0 by 1e-9
    return factors, group_errors(found.areas, enclosure.surface, num) / area


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


__all__ = ["compute_to_tolerance", "surface_factors"]
