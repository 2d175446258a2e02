"""View factors by rays: every facet sends rays, every small opening too, and all samples of a line are pooled."""

import logging
from dataclasses import dataclass

import numpy as np

from bbrmodel.parallel import Kept, team
from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.exchange_areas import Escapes, ExchangeAreas, close
from bbrmodel.radiation.lines import Blocks
from bbrmodel.radiation.losses import check_lost, check_portal
from bbrmodel.radiation.memory import check_memory
from bbrmodel.radiation.rank_rays import (
    lines_inside,
    lines_outside,
    make_rays,
    one_way_exchange,
    trace_facets,
    trace_portals,
)
from bbrmodel.radiation.tracer import RaySettings, RayShare, Tracer
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ViewFactors:
    """Exchange areas with the record of how they came about.

    `raw_row_sums` has shape (num_facets,): sum_j F_ij with the environment, before closure.
    """

    areas: ExchangeAreas
    raw_row_sums: FloatArray
    report: RadiationReport


def compute_view_factors(
    enclosure: Enclosure,
    settings: RaySettings | None = None,
    *,
    specular: FloatArray | None = None,
    share: RayShare | None = None,
    progress: Progress | None = None,
) -> ViewFactors:
    """Return symmetric, closed exchange areas of all facets.

    Parameters
    ----------
    enclosure
        Facets whose normals point into the enclosure.
    settings
        Ray counts and seed.
    specular
        shape (num_facets,), [-], the part of all arriving light that a facet reflects as a mirror. Exchange areas then
        count arrivals by way of mirrors too, and rows close as sum_j F_ij (1 - specular_j) = 1.
    share
        How the rays are shared out, where facets are not to send equally many.
    progress
        Called with (facets done, facets in all).

    Raises
    ------
    EnclosureError
        Rays are lost (an open cavity without a declared environment, a flipped facet, a gap in the mesh), or the
        facets cannot form an enclosure.
    ConfigError
        So many rays do not fit in memory.

    Notes
    -----
    Exchange areas are S_ij = A_i F_ij [m2]. A line between i and j is met by the rays of i with the density
    rho_i = N_i / A_i, by those of j with rho_j and by those of every portal it crosses with rho_p = M / A_p, so the
    weight 1 / (rho_i + rho_j + sum rho_p) for each sample is unbiased (balance heuristic, Veach 1997, section 9.2)
    and symmetric. Rows are then closed by a symmetric scaling.
    """
    settings = settings or RaySettings()
    check_enclosure(enclosure)
    mirrors = specular if specular is not None and specular.any() else None
    ranks = team().size
    rays = team().keep(make_rays, enclosure, settings, mirrors, share, parts=[((r, ranks),) for r in range(ranks)])
    tracer: Tracer = rays.own.tracer
    check_memory(tracer)
    lost, asymmetry = _trace(rays, progress)
    raw = _pool(rays, np.ones(enclosure.num_facets) if mirrors is None else 1.0 - mirrors)
    areas, before, after = close(raw, enclosure.radiates)
    report = RadiationReport(
        facets=int(enclosure.radiates.sum()),
        rays=tracer.rays_in_all,
        nonzeros=2 * areas.num_entries,
        escaped_fraction=float(areas.escape.sum() / enclosure.area_m2[enclosure.radiates].sum()),
        lost_rays=int(lost.sum()),
        row_sum_deviation_before=before,
        row_sum_deviation_after=after,
        reciprocity_deviation_before=asymmetry,
        reciprocity_deviation_after=0.0,  # the storage is symmetric by construction
        from_cache=False,
    )
    _LOG.info("view factors: %d facets, %d rays, max |row sum - 1| %.1e", report.facets, report.rays, before)
    return ViewFactors(areas, raw.row_sums(), report)


def _trace(rays: Kept, progress: Progress | None) -> tuple[IntArray, float]:
    """Trace all rays; return how many each facet lost, and how far both directions of exchange differ."""
    tracer: Tracer = rays.own.tracer
    total = int(tracer.enclosure.radiates.sum())
    if progress is not None:
        rays.own.report = lambda done: progress(min(done * team().size, total), total)
    lost: IntArray = team().total(trace_facets, rays)
    check_lost(tracer, lost)
    one_way = team().total(one_way_exchange, rays)
    asymmetry = float(np.abs(one_way - one_way.T).sum() / max(float(one_way.sum()), 1e-300))
    for number, first_met in enumerate(team().total(trace_portals, rays)):
        check_portal(tracer, number, first_met)
    return lost, asymmetry


def _pool(rays: Kept, kept: FloatArray) -> ExchangeAreas:
    """Return exchange areas of all samples, before closure."""
    enclosure: Enclosure = rays.own.tracer.enclosure
    num = enclosure.num_facets
    outside = team().call(lines_outside, rays)
    first, weight, unit, replica = (np.concatenate([part[k] for part in outside]) for k in range(4))
    inside = team().keep(lines_inside, rays)
    lines: Blocks = inside if team().size > 1 else inside.own
    escape = np.bincount(first, weights=weight, minlength=num).astype(np.float64)
    nothing, ones = np.zeros(num), np.ones(num)
    escapes = Escapes(first, weight, unit, replica)
    return ExchangeAreas(lines, escape, nothing, enclosure.area_m2, kept, ones, nothing, escapes)


__all__ = ["RaySettings", "ViewFactors", "compute_view_factors"]
