"""Ray counts that follow from a wanted standard error, within the memory that there is."""

from collections.abc import Mapping

import numpy as np

from bbrmodel.errors import ConfigError, UnknownSurfaceError, suggest
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_error import group_errors
from bbrmodel.radiation.memory import available_memory_mib, memory_estimate_mib
from bbrmodel.radiation.tracer import RaySettings, RayShare, even_share
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.typing import FloatArray, IntArray, Progress

FIRST_RAYS = 256
MAX_GROWTH = 16.0
MAX_RAYS = 1 << 24  # of one facet, which are traced at once
# One limit for the view factors between all surfaces, or limits for the rows of named ones.
Tolerance = float | Mapping[str, float]
_SAFETY = 1.1  # the error is an estimate too
_MIN_GROWTH = 1.25


def compute_to_tolerance(
    enclosure: Enclosure,
    settings: RaySettings,
    *,
    tolerance: Tolerance,
    progress: Progress | None = None,
) -> ViewFactors:
    """Return view factors with as many rays as a standard error takes, after as many rounds as that takes.

    Parameters
    ----------
    settings
        Seed, replicas and portal rays; its ray count is not used.
    tolerance
        Absolute standard error that no view factor between surfaces may exceed, or by name for the rows of surfaces.
    progress
        Called with (facets done, facets in all) in every round.

    Raises
    ------
    ConfigError
        The tolerance is not positive, or asks for more rays than fit in memory.
    UnknownSurfaceError
        A tolerance is given for a surface that the enclosure does not have.
    EnclosureError
        As `compute_view_factors`.

    Notes
    -----
    A line between two surfaces is found by the rays of both, so of a pair whose error is too large the smaller surface
    sends more: that takes the fewest rays. The others keep what they have, unless the error hardly falls: closure
    passes on the noise of all surfaces.
    """
    limits = _limits(enclosure, tolerance)
    rays = needed = np.full(len(enclosure.surface_names), FIRST_RAYS)
    growth, last = np.ones(len(rays)), np.inf
    even = even_share(enclosure, settings)
    while True:
        _check_affordable(enclosure, needed, float(limits.min()))
        each = -(-rays[enclosure.surface] // settings.replicas)
        found = compute_view_factors(enclosure, settings, share=RayShare(each, even.portals), progress=progress)
        before = float(growth.max())
        growth = _wanted_growth(enclosure, found, limits=limits, rays=rays)
        if (growth <= 1.0).all():
            return found
        if growth.max() > last / np.sqrt(min(before, MAX_GROWTH)):  # the noise of the others is in the way
            growth = np.full(len(rays), min(float(growth.max()), last))
        last = float(growth.max())
        del found  # before the next, larger one
        needed = np.ceil(rays * growth).astype(np.int64)
        step = np.clip(_SAFETY * growth, _MIN_GROWTH, MAX_GROWTH)
        rays = np.where(growth > 1.0, np.ceil(rays * step), rays).astype(np.int64)


def _limits(enclosure: Enclosure, tolerance: Tolerance) -> FloatArray:
    """Return the largest standard error of each surface's row, shape (num_surfaces,); infinite where none is given."""
    names = enclosure.surface_names
    wanted = tolerance if isinstance(tolerance, Mapping) else dict.fromkeys(names, tolerance)
    limits = np.full(len(names), np.inf)
    for name, limit in wanted.items():
        if name not in names:
            raise UnknownSurfaceError(f"surface '{name}': the model has no such surface.{suggest(name, names)}")
        if not limit > 0.0:
            raise ConfigError(f"tolerance {limit:g}: must be above 0.")
        limits[names.index(name)] = limit
    return limits


def _wanted_growth(enclosure: Enclosure, found: ViewFactors, *, limits: FloatArray, rays: IntArray) -> FloatArray:
    """Return how many times as many rays each surface has to send, shape (num_surfaces,)."""
    num = len(enclosure.surface_names)
    shown = enclosure.radiates
    area = np.bincount(enclosure.surface[shown], weights=enclosure.area_m2[shown], minlength=num)
    here = area > 0.0
    density = np.zeros(num)
    density[here] = (rays * np.bincount(enclosure.surface[shown], minlength=num))[here] / area[here]
    _, error = surface_factors(enclosure, found)
    growth = np.ones(num)
    for p in np.flatnonzero(here & np.isfinite(limits)):
        for q in np.flatnonzero(here):
            both = density[p] + density[q]
            # Without a hit, less than what one line stands for is not known.
            wanted = max((float(error[p, q]) / limits[p]) ** 2, 1.0 / (area[p] * both * limits[p]))
            sender, other = (p, q) if area[p] <= area[q] else (q, p)
            more = wanted if p == q else (wanted * both - density[other]) / density[sender]
            growth[sender] = max(growth[sender], more if wanted > 1.0 else 1.0)
    return growth


def surface_factors(enclosure: Enclosure, found: ViewFactors) -> tuple[FloatArray, FloatArray]:
    """Return view factors between surfaces and their standard errors, each of shape (num_surfaces, num_surfaces)."""
    num = len(enclosure.surface_names)
    exchange = found.areas.block_sums(enclosure.surface, num)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num)[:, None]
    factors = np.maximum(exchange, 0.0) / area  # what closure leaves on the diagonal may be below 0 by 1e-9
    return factors, group_errors(found.areas, enclosure.surface, num) / area


def _check_affordable(enclosure: Enclosure, rays: IntArray, tolerance: float) -> None:
    """Raise where so many rays do not fit."""
    facets = np.bincount(enclosure.surface[enclosure.radiates], minlength=len(rays))
    total, most = float((facets * rays).sum()), int(rays.max())
    need, free = memory_estimate_mib(int(facets.sum()), total / float(facets.sum())), available_memory_mib()
    if need <= free and most <= MAX_RAYS:
        return
    reason = f"about {need:.0f} MiB, and {free:.0f} MiB are available" if need > free else f"at most {MAX_RAYS} work"
    raise ConfigError(
        f"tolerance {tolerance:g} asks for {most} rays from a facet, {total:.3g} from {int(facets.sum())} facets: "
        f"{reason}. Ask for a larger standard error, mesh coarser, or compute without rays (--method exact)."
    )


__all__ = ["Tolerance", "compute_to_tolerance", "surface_factors"]
