"""What the ion sees before any diffuse reflection: solid angles by its rays, and where the light comes from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import EnclosureError, GeometryError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST
from bbrmodel.radiation.sampling import sample_sphere, sobol_points
from bbrmodel.radiation.tracer import RaySettings, Tracer, Visits
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray

REPLICAS = 8
_FIRST_SPHERE = 1_000_000  # numbers of the ion's sample sets; portals have small ones
# Rays that pass exactly between two facets; more of them is a hole in the mesh.
MAX_LOST_FRACTION = 1e-5
# Products of two components of a direction: xx, yy, zz, yz, zx, xy.
PRODUCTS = ((0, 0), (1, 1), (2, 2), (1, 2), (2, 0), (0, 1))


@dataclass(frozen=True)
class DirectView:
    """What the ion sees before any diffuse reflection, as fractions of 4 pi.

    `weight` (num_facets,) and `open_sky` are what it sees first; `arrival` (num_facets,) counts what it sees by way of
    mirrors too and equals `weight` without them. `replicas` (REPLICAS, num_facets) holds independent estimates of
    `arrival`, whose mean it is; `environment` is the fraction of open sky, by way of mirrors too, with its own
    replicas. `moments` (REPLICAS, num_facets + 1, 6) are `replicas` times the mean of n_a n_b in the order of
    `PRODUCTS`, n being the direction from which the light arrives; the last row is the sky's.
    """

    weight: FloatArray
    open_sky: float
    arrival: FloatArray
    replicas: FloatArray
    environment: float
    environment_replicas: FloatArray
    moments: FloatArray


def look_with(
    position_m: tuple[float, float, float],
    enclosure: Enclosure,
    mirrors: Mapping[str, FloatArray],
    *,
    rays: int,
    settings: RaySettings | None = None,
) -> dict[str, DirectView]:
    """Return `look_from` for each class of light with its mirrors; classes with the same mirrors share their rays."""
    found: dict[str, DirectView] = {}
    for name, mirror in mirrors.items():
        like = next((other for other in found if np.array_equal(mirrors[other], mirror)), None)
        if like is None:
            found[name] = look_from(position_m, enclosure, rays=rays, settings=settings, specular=mirror)
        else:
            found[name] = found[like]
    return found


def look_from(
    position_m: tuple[float, float, float],
    enclosure: Enclosure,
    *,
    rays: int,
    settings: RaySettings | None = None,
    specular: FloatArray | None = None,
) -> DirectView:
    """Return direct solid angles (as fractions of 4 pi) of all facets seen from a point, by rays.

    Parameters
    ----------
    rays
        Rays from the point, in `REPLICAS` independent low-discrepancy sets.
    settings
        Its seed is used.
    specular
        shape (num_facets,), mirror reflectivity of every facet; none without.

    Raises
    ------
    GeometryError
        The point lies inside a body: it sees facets from behind.
    EnclosureError
        The point sees out of a closed model, or a facet that does not radiate.
    """
    seed = (settings or RaySettings()).seed
    mirrors = specular if specular is not None and specular.any() else None
    number = enclosure.num_facets
    kept = np.ones(number + 1) if mirrors is None else np.append(1.0 - mirrors, 1.0)
    tracer = Tracer(enclosure, RaySettings(1, 0, seed), mirrors)
    points = sobol_points(max(rays // REPLICAS, 1))
    origins = np.tile(np.array(position_m, dtype=np.float32), (len(points), 1))
    counts, moments = np.zeros((REPLICAS, number + 1)), np.zeros((REPLICAS, number + 1, 6))
    first = np.zeros(number + 1)
    for k in range(REPLICAS):
        directions = sample_sphere(points, seed, _FIRST_SPHERE + k)
        for bounce, visits in enumerate(tracer.follow(origins, directions, first_identity=-(k + 1) << 50)):
            _count(visits, directions, counts[k], moments[k])
            if bounce == 0:
                if (visits.kind == LOST).mean() > MAX_LOST_FRACTION:
                    hits = tracer.trace(origins, directions)
                    _check_view(enclosure, hits.facet, hits.from_behind, position_m)
                first += counts[k]
        # All light ends somewhere: with mirrors, whose draws are random, this holds only on average.
        total = float(counts[k] @ kept)
        counts[k] /= total
        moments[k] /= total
    arrival = counts.mean(axis=0)
    first /= first.sum()
    return DirectView(
        weight=first[:number],
        open_sky=float(first[number]),
        arrival=arrival[:number],
        replicas=counts[:, :number],
        environment=float(arrival[number]),
        environment_replicas=counts[:, number],
        moments=moments,
    )


def _count(visits: Visits, directions: AnyArray, counts: FloatArray, moments: FloatArray) -> None:
    """Add arrivals to `counts` (num_facets + 1,), and their directions' products to `moments` (num_facets + 1, 6)."""
    arrived = np.flatnonzero((visits.kind == HIT) | (visits.kind == ESCAPED))
    sky = len(counts) - 1
    place = np.where(visits.kind[arrived] == HIT, visits.facet[arrived], sky)
    counts += np.bincount(place, minlength=sky + 1)
    n = directions[visits.ray[arrived]].astype(np.float64)
    for column, (a, b) in enumerate(PRODUCTS):
        moments[:, column] += np.bincount(place, weights=n[:, a] * n[:, b], minlength=sky + 1)


def _check_view(enclosure: Enclosure, facet: IntArray, behind: BoolArray, position_m: tuple[float, ...]) -> None:
    """Raise when rays from the ion meet what they must not."""
    place = "({:.4g}, {:.4g}, {:.4g}) m".format(*position_m)
    if behind.mean() > MAX_LOST_FRACTION:
        name = enclosure.name_of(int(facet[np.flatnonzero(behind)[0]]))
        raise GeometryError(
            f"ion.position_m = {place}: the ion sees '{name}' from behind, so it lies inside a body or outside the "
            "enclosure. Move the ion, or turn the normals of a shell inward."
        )
    missed = facet < 0
    if missed.mean() > MAX_LOST_FRACTION and not enclosure.has_environment:
        raise EnclosureError(
            f"ion.position_m = {place}: {100 * missed.mean():.3g} % of the ion's sky is open. Close the cavity, or "
            "declare what is outside with radiation.environment_temperature_K."
        )
    dark = facet[(~missed) & ~enclosure.radiates[facet]]
    if len(dark) > MAX_LOST_FRACTION * len(facet):
        raise EnclosureError(
            f"the ion sees '{enclosure.name_of(int(dark[0]))}', which is declared radiates = false. Let it radiate."
        )


def first_seen(
    position_m: tuple[float, float, float], enclosure: Enclosure, *, rays: int, seed: int, two_sided: BoolArray
) -> tuple[FloatArray, float]:
    """Return what a point sees first, shape (num_facets,), and the open sky, both as fractions of 4 pi.

    `two_sided` (num_facets,) marks sheets, which may be seen from behind.

    Raises
    ------
    GeometryError, EnclosureError
        As `look_from`.
    """
    tracer = Tracer(enclosure, RaySettings(1, 0, seed), None)
    points = sobol_points(max(rays // REPLICAS, 1))
    origins = np.tile(np.array(position_m, dtype=np.float32), (len(points), 1))
    counts, missed, total = np.zeros(enclosure.num_facets), 0, 0
    for k in range(REPLICAS):
        hits = tracer.trace(origins, sample_sphere(points, seed, _FIRST_SPHERE + k))
        behind = hits.from_behind & ~two_sided[np.maximum(hits.facet, 0)]
        _check_view(enclosure, hits.facet, behind, position_m)
        counts += np.bincount(hits.facet[hits.facet >= 0], minlength=enclosure.num_facets)
        missed += int((hits.facet < 0).sum())
        total += len(points)
    return counts / total, missed / total


__all__ = ["PRODUCTS", "REPLICAS", "DirectView", "first_seen", "look_from", "look_with"]
