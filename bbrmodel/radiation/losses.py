"""Rays that get lost: how many may be, and what the others say about the model."""

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.kernels import HIT, LOST
from bbrmodel.radiation.tracer import RaySettings, Tracer, Visits
from bbrmodel.typing import IntArray

# Rays that slip through an edge between facets; more than this is a hole in the mesh, not rounding.
MAX_LOST_FRACTION = 1e-5
# A disc may overlap the solid round a hole of flat sides (36 % of a square one): samples there count nothing.
MAX_PORTAL_OVERLAP = 0.4
# An opening lies in a model; one in the open beside it sees little.
LEAST_PORTAL_HITS = 0.05
PROBE_RAYS = 64
_ASKED = 200  # facets whose lost rays are looked at


def probe(enclosure: Enclosure, *, rays_per_facet: int = PROBE_RAYS) -> None:
    """Send a few rays from every facet and through every portal, and raise what they say is wrong.

    Raises
    ------
    EnclosureError
        As `check_lost` and `check_portal`. A hole that few rays find may still escape notice.
    """
    tracer = Tracer(enclosure, RaySettings(rays_per_facet, 1024 if enclosure.portals else 0, 1, replicas=1))
    lost = np.zeros(enclosure.num_facets, dtype=np.int64)
    for chunk in tracer.chunks(1 << 18):
        for visits in tracer.follow(*tracer.sample_facets(chunk), first_identity=0, homes=chunk):
            missing = visits.kind == LOST
            lost[chunk] += np.bincount(visits.ray[missing] // rays_per_facet, minlength=len(chunk))
    check_lost(tracer, lost)
    for number in range(len(enclosure.portals)):
        origins, directions = tracer.sample_portal(number, 0)
        ahead = next(tracer.follow(origins, directions, first_identity=0, without_portal=number))
        behind = next(tracer.follow(origins, -directions, first_identity=0, without_portal=number))
        check_portal(tracer, number, count_first_met(ahead, behind))


def check_lost(tracer: Tracer, lost: IntArray) -> None:
    """Raise when more rays are lost than rounding at edges explains.

    Raises
    ------
    EnclosureError
        Names the surface that loses the largest share, and what its rays meet.
    """
    enclosure, sent = tracer.enclosure, tracer.settings.replicas * tracer.rays
    rays = int(sent.sum())
    if lost.sum() <= MAX_LOST_FRACTION * rays:
        return
    num = len(enclosure.surface_names)
    total = np.bincount(enclosure.surface, weights=sent, minlength=num)
    share = np.bincount(enclosure.surface, weights=lost, minlength=num) / np.maximum(total, 1)
    worst = int(share.argmax())
    raise EnclosureError(
        f"surface '{enclosure.surface_names[worst]}': {100 * share[worst]:.3g} % of its rays are lost "
        f"({int(lost.sum())} of {rays} in all): they " + _where_they_go(tracer, np.flatnonzero(lost))
    )


def _where_they_go(tracer: Tracer, losing: IntArray) -> str:
    """Return what the lost rays of some facets meet, with the remedy."""
    enclosure = tracer.enclosure
    some = losing[:: max(1, len(losing) // _ASKED)]
    found = [tracer.trace(*tracer.sample_facets(facet)) for facet in some[:, None]]
    behind = np.unique(np.concatenate([hits.facet[hits.from_behind] for hits in found]))
    # What a turned facet sends goes astray as well and says nothing about the others.
    found = [hits for facet, hits in zip(some, found, strict=True) if facet not in behind] or found
    facet, turned = (np.concatenate([getattr(hits, name) for hits in found]) for name in ("facet", "from_behind"))
    missed = facet < 0
    if missed.sum() > turned.sum() and not enclosure.has_environment:
        return (
            "leave the model, so the cavity is open. Close it, turn normals inward, or declare what is outside with "
            "radiation.environment_temperature_K."
        )
    wrong = facet[turned] if turned.any() else facet[~missed & ~enclosure.radiates[facet]]
    if not len(wrong):
        return "slip between facets. Check the mesh for gaps."
    worst = int(np.bincount(wrong).argmax())
    name = enclosure.name_of(worst)
    if turned.any():
        return (
            f"hit '{name}' from behind, most of them facet {worst} at {_place(enclosure, worst)}. Its normals must "
            "point into the enclosure; bodies must not overlap."
        )
    return f"reach '{name}', which is declared radiates = false. Close the way to it, or let it radiate."


def _place(enclosure: Enclosure, facet: int) -> str:
    """Return where a facet is."""
    return "({:.4g}, {:.4g}, {:.4g}) m".format(*enclosure.vertices_m[facet].mean(axis=0))


def count_first_met(ahead: Visits, behind: Visits) -> IntArray:
    """Return how many rays of a portal meet a surface ahead or behind, how many are lost there, and all of them."""
    met, lost = (int(((ahead.kind == kind) | (behind.kind == kind)).sum()) for kind in (HIT, LOST))
    return np.array([met, lost, len(ahead.kind)])


def check_portal(tracer: Tracer, number: int, first_met: IntArray) -> None:
    """Raise when a portal's disc does not lie in free space.

    Parameters
    ----------
    first_met
        Sum of `count_first_met` over its sets of rays.

    Raises
    ------
    EnclosureError
        Names the portal and the share of its rays that start in a solid, or that meet nothing.
    """
    hits, lost = (float(first_met[k] / first_met[2]) for k in (0, 1))
    name = tracer.enclosure.portals[number].name
    if hits < LEAST_PORTAL_HITS:
        raise EnclosureError(
            f"portal '{name}': {100 * hits:.3g} % of its rays meet a surface, at least {100 * LEAST_PORTAL_HITS:g} % "
            "must. It lies outside the model: check center_m, which is in metres."
        )
    if lost > MAX_PORTAL_OVERLAP:
        raise EnclosureError(
            f"portal '{name}': {100 * lost:.3g} % of its rays start in a solid or leave the model, at most "
            f"{100 * MAX_PORTAL_OVERLAP:g} % may. Check center_m, normal and radius_m."
        )


__all__ = ["MAX_LOST_FRACTION", "MAX_PORTAL_OVERLAP", "check_lost", "check_portal", "count_first_met", "probe"]
