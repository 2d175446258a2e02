"""Where light for a receiver passes narrow places that few rays find: openings that nobody declared as portals.

Rays are sent from facets as often as what leaves them reaches the receiver. What each brings, its radiosity less what
arrives at its facet on average, is what the receiver's error is made of. Where a hundredth of the rays bring half of
the sum of squares, light is rare. Where rare rays run through one place that is small beside their way to it and no
larger than their way on, there is an opening, or, just behind, a small warm surface, before which a portal serves too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST, classify_hits
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.scene import RayScene, origin_lift
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray

_RAYS = 1 << 17
_RARE = 0.01  # part of the rays that bring half of the sum of squares
_HEAVY = 0.9  # part of the sum of squares in which places are looked for
_MOST_HEAVY = 1000  # rays
_NARROW = 0.15  # radius over the way there; chords of a convex room pass its middle as closely in 2 of 100
_BEYOND = 1.0  # the same over the way on, that a place is passed: a cover may stand close behind a hole
_LEAST_SHARE = 0.1  # of the sum of squares, of a place worth naming
_LEAST_RAYS = 16
_SEEDS, _MEETINGS = 16, 64  # rays, and meetings with others on each, that are tried as places
_STEPS = 5  # of the fit of a place to the rays that pass it
_MOST_PLACES = 8
_SERVED = 2.0  # radii around a portal in which rays are its own, or end in its bore
_GRAZING = 1e-3  # least cosine of a ray that crosses the plane of a place
_RIM = 0.9  # of the rays of an even disc pass within _RIM^0.5 of its radius


@dataclass(frozen=True)
class NarrowPlace:
    """A narrow place that light for a receiver passes.

    Attributes
    ----------
    center_m, normal, radius_m
        The place as a portal would have it: where rays meet, their mean direction, and how far from it they pass.
    share
        Part of the sum of squares of what rays bring.
    one_in
        How many rays of facets it takes for one that passes.
    source, target
        Surfaces that most of the light goes between, the receiver's side first; None: the environment.
    """

    center_m: tuple[float, float, float]
    normal: tuple[float, float, float]
    radius_m: float
    share: float
    one_in: float
    source: str
    target: str | None


@dataclass(frozen=True)
class _Rays:
    """Rays by origin, direction and length, (n, 3), (n, 3), (n,) [m]; both ends' facets, -1 outside; and squares."""

    origin: FloatArray
    direction: FloatArray
    length: FloatArray
    start: IntArray
    end: IntArray
    square: FloatArray

    def take(self, index: AnyArray) -> "_Rays":
        """Return some of the rays."""
        return _Rays(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def find_narrow_places(
    enclosure: Enclosure, states: Sequence[tuple[LightState, FloatArray]], *, seed: int = 1
) -> tuple[NarrowPlace, ...]:
    """Return narrow places without a portal that rare light for a receiver passes, the heaviest first.

    Parameters
    ----------
    states
        Each class of light with the receiver's gain from radiosity of each facet, shape (num_facets,), [-].

    Notes
    -----
    Light by way of mirrors is followed to the mirror only.
    """
    rays = _send(enclosure, states, seed)
    total = float(rays.square.sum()) if rays is not None else 0.0
    if rays is None or total <= 0.0:
        return ()
    order = np.argsort(-rays.square)
    part = np.cumsum(rays.square[order]) / total
    if np.searchsorted(part, 0.5) >= _RARE * _RAYS:
        return ()
    left = rays.take(order[: min(int(np.searchsorted(part, _HEAVY)) + 1, _MOST_HEAVY)])
    found: list[NarrowPlace] = []
    random = np.random.default_rng(seed)
    while len(found) < _MOST_PLACES and len(left.square) >= _LEAST_RAYS:
        inside, place = _narrowest(left, random)
        if inside.sum() < _LEAST_RAYS or left.square[inside].sum() < _LEAST_SHARE * total:
            break
        found.append(_describe(enclosure, left.take(inside), place, total))
        left = left.take(~inside)
    return tuple(found)


def _send(enclosure: Enclosure, states: Sequence[tuple[LightState, FloatArray]], seed: int) -> _Rays | None:
    """Return rays from facets as often as what they scatter reaches the receiver; None where nothing does."""
    each = [np.maximum(light.solver.areas.kept - light.solver.absorptivity, 0.0) * gain for light, gain in states]
    strength = np.where(enclosure.radiates, np.sum(each, axis=0), 0.0) if each else np.zeros(1)
    if strength.sum() <= 0.0:
        return None
    random = np.random.default_rng(seed)
    steps = (np.arange(_RAYS) + random.random(_RAYS)) / _RAYS
    start = np.minimum(np.searchsorted(np.cumsum(strength) / strength.sum(), steps), len(strength) - 1)
    origin, direction = _rays_of(enclosure, start, random)
    hits = RayScene(enclosure).trace(origin.astype(np.float32), direction.astype(np.float32))
    miss = ESCAPED if enclosure.has_environment else LOST
    kind = classify_hits(hits.facet, hits.from_behind, enclosure.radiates, miss)
    length = np.where(kind == HIT, hits.distance_m, np.inf)
    brings = np.zeros(_RAYS)
    for (light, _), own in zip(states, each, strict=True):
        seen = np.where(kind == HIT, light.radiosity[hits.facet], light.environment)
        brings += own[start] / strength[start] * (seen - light.irradiance[start])
    brings[kind == LOST] = 0.0
    for portal in enclosure.portals:
        to = np.array(portal.center_m) - origin
        along = np.clip((to * direction).sum(axis=1), 0.0, length)
        brings[np.linalg.norm(to - along[:, None] * direction, axis=1) < _SERVED * portal.radius_m] = 0.0
    return _Rays(origin, direction, length, start, np.where(kind == HIT, hits.facet, -1), brings**2)


def _rays_of(enclosure: Enclosure, facet: IntArray, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return origins on facets, lifted off, and directions by the cosine law."""
    corner = enclosure.vertices_m[facet]
    u, v = np.sqrt(random.random(len(facet))), random.random(len(facet))
    place = np.stack([1.0 - u, u * (1.0 - v), u * v], axis=1)
    normal = enclosure.normal[facet]
    origin = np.einsum("nk,nkd->nd", place, corner) + origin_lift(enclosure)[facet, None] * normal
    ball = random.normal(size=(len(facet), 3))
    ball /= np.linalg.norm(ball, axis=1)[:, None]
    direction = normal * (1.0 + 1e-6) + ball  # a point of the sphere that touches the facet: the cosine law
    return origin, direction / np.linalg.norm(direction, axis=1)[:, None]


def _narrowest(rays: _Rays, random: np.random.Generator) -> tuple[BoolArray, FloatArray]:
    """Return which rays pass the place that most of the squares pass closely, and the place."""
    part = rays.square / rays.square.sum()
    best, place, most = np.zeros(len(part), dtype=bool), np.zeros(3), 0.0
    for seed in random.choice(len(part), min(_SEEDS, len(part)), replace=False, p=part):
        others = random.choice(len(part), min(_MEETINGS, len(part)), p=part)
        for meeting in _meetings(rays, int(seed), others):
            inside = _passes(rays, meeting)
            if (share := float(part[inside].sum())) > most:
                best, place, most = inside, meeting, share
    for _ in range(_STEPS):
        if not best.any():
            break
        place = _common_point(rays.take(best))
        best = _passes(rays, place)
    return best, place


def _meetings(rays: _Rays, seed: int, others: IntArray) -> FloatArray:
    """Return the points of one ray that lie closest to others."""
    along, across = rays.direction[seed], rays.direction[others]
    apart = rays.origin[others] - rays.origin[seed]
    cosine = across @ along
    sine2 = np.maximum(1.0 - cosine**2, 1e-9)
    way = (apart @ along - (apart * across).sum(axis=1) * cosine) / sine2
    points: FloatArray = rays.origin[seed] + way[:, None] * along
    return points


def _passes(rays: _Rays, point: FloatArray) -> BoolArray:
    """Return which rays pass a point at a distance that is small beside the way to their nearer end."""
    to = point - rays.origin
    along = (to * rays.direction).sum(axis=1)
    off = np.linalg.norm(to - along[:, None] * rays.direction, axis=1)
    passes: BoolArray = (off < _NARROW * along) & (off < _BEYOND * (rays.length - along))
    return passes


def _common_point(rays: _Rays) -> FloatArray:
    """Return the point whose squared distances from the rays, weighted, are least."""
    part = rays.square / rays.square.sum()
    across = np.eye(3) - rays.direction[:, :, None] * rays.direction[:, None, :]
    matrix = np.einsum("n,nij->ij", part, across)
    right = np.einsum("n,nij,nj->i", part, across, rays.origin)
    point: FloatArray = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return point


def _describe(enclosure: Enclosure, rays: _Rays, place: FloatArray, total: float) -> NarrowPlace:
    """Return what rays that pass a place say of it."""
    mean = rays.direction.mean(axis=0)
    normal = mean / np.linalg.norm(mean)
    way = ((place - rays.origin) @ normal) / np.maximum(rays.direction @ normal, _GRAZING)
    off = np.sort(np.linalg.norm(rays.origin + way[:, None] * rays.direction - place, axis=1))
    x, y, z = (float(v) for v in place)
    a, b, c = (float(v) for v in normal)
    return NarrowPlace(
        center_m=(x, y, z),
        normal=(a, b, c),
        radius_m=float(off[int(_RIM * (len(off) - 1))]) / np.sqrt(_RIM),
        share=float(rays.square.sum()) / total,
        one_in=_RAYS / len(rays.square),
        source=str(_heaviest(enclosure, rays.start, rays.square)),
        target=_heaviest(enclosure, rays.end, rays.square),
    )


def _heaviest(enclosure: Enclosure, facet: IntArray, square: FloatArray) -> str | None:
    """Return the surface that most of the squares belong to, None: the environment."""
    number = len(enclosure.surface_names)
    surface = np.where(facet >= 0, enclosure.surface[facet], number)
    heaviest = int(np.bincount(surface, weights=square).argmax())
    return None if heaviest == number else enclosure.surface_names[heaviest]


__all__ = ["NarrowPlace", "find_narrow_places"]
