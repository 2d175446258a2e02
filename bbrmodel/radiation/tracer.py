"""Follow rays through an enclosure: hits, mirrors, small openings, and what is lost on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConvergenceError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.kernels import ESCAPED, LOST, add_crossings, classify_hits, mirror
from bbrmodel.radiation.sampling import facet_points, sample_disc, sample_facets, sobol_points
from bbrmodel.radiation.scene import Hits, RayScene, origin_lift
from bbrmodel.typing import AnyArray, FloatArray, IntArray

# A portal stands for many facets; scatter among few sets would tell its error badly.
_LEAST_OF_A_PART = 16  # rays of one replica from a part of a facet
PORTAL_PARTS = 8
# A ray between two perfect mirrors would never end.
MAX_MIRROR_BOUNCES = 10_000
# Rounding loses one ray in ten million at the edges of facets; many more have another reason.
_MOST_STARTED_AGAIN, _FURTHER_INSIDE = 1e-3, 1e-3


@dataclass(frozen=True)
class RaySettings:
    """How many rays: per facet, through each portal; and the seed that makes them repeatable.

    Attributes
    ----------
    rays_per_facet, portal_rays
        On average over facets and over portals, in all replicas together; rounded up to a multiple of their number.
    replicas
        Independent low-discrepancy sets of each source of rays, whose scatter tells the error.
    """

    rays_per_facet: int = 1000
    portal_rays: int = 200_000
    seed: int = 1
    replicas: int = 4

    @property
    def portal_sets(self) -> int:
        """Number of low-discrepancy sets of each portal: replicas of `PORTAL_PARTS` independent sources."""
        return PORTAL_PARTS * self.replicas


@dataclass(frozen=True)
class RayShare:
    """Rays of each facet, shape (num_facets,), in one replica; through each portal, (num_portals,), in one set."""

    facets: IntArray
    portals: IntArray


def even_share(enclosure: Enclosure, settings: RaySettings) -> RayShare:
    """Return equally many rays for all facets, and for all portals; parts of a facet share its rays."""
    whole = -(-settings.rays_per_facet // settings.replicas)
    facets = np.full(enclosure.num_facets, whole)
    if enclosure.divided is not None:
        facets = np.maximum(-(-whole // enclosure.divided), min(whole, _LEAST_OF_A_PART))
    portals = -(-settings.portal_rays // settings.portal_sets)
    return RayShare(facets, np.full(len(enclosure.portals), portals))


@dataclass(frozen=True)
class Visits:
    """Facets that rays arrive at, one after the other where mirrors send them on.

    `ray` is the index of the ray that arrives, `facet` -1 where it leaves the model; `through` is the line density of
    the portals that it crossed since it was sent out.
    """

    ray: IntArray
    facet: AnyArray
    kind: AnyArray
    through: FloatArray


class Tracer:
    """Rays in one enclosure.

    Parameters
    ----------
    specular
        shape (num_facets,), specular reflectivity of mirrors, or None.
    share
        How the rays are shared out; by default all facets, and all portals, send equally many.
    """

    def __init__(
        self,
        enclosure: Enclosure,
        settings: RaySettings,
        specular: FloatArray | None = None,
        share: RayShare | None = None,
    ) -> None:
        self.enclosure = enclosure
        self.settings = settings
        self.specular = specular
        self.scene = RayScene(enclosure)
        self.lift = origin_lift(enclosure)
        share = share or even_share(enclosure, settings)
        self.rays = np.where(enclosure.radiates, share.facets, 0)
        self.density = settings.replicas * self.rays / enclosure.area_m2
        self.portal_rays = share.portals
        self._portal_points = sobol_points(int(share.portals.max(initial=1)))
        self._points: dict[int, AnyArray] = {n: facet_points(n) for n in np.unique(self.rays).tolist() if n}
        self._geometry = (enclosure.vertices_m, enclosure.normal, self.lift)
        sent = settings.portal_sets * share.portals
        rows = [
            [*p.center_m, *(np.array(p.normal) / np.linalg.norm(p.normal)), p.radius_m**2, rays / p.area_m2]
            for p, rays in zip(enclosure.portals, sent, strict=True)
        ]
        self.portals = np.array(rows, dtype=np.float64).reshape(-1, 8)
        if not sent.any():
            self.portals = self.portals[:0]

    @property
    def rays_in_all(self) -> int:
        """Number of rays of all facets and portals."""
        settings = self.settings
        return settings.replicas * int(self.rays.sum()) + settings.portal_sets * int(self.portal_rays.sum())

    def chunks(self, rays: int) -> Iterator[IntArray]:
        """Yield facets that send equally many rays, about `rays` of them at a time."""
        for each in self._points:
            facets = np.flatnonzero(self.rays == each)
            step = max(1, rays // (each * self.settings.replicas))
            for start in range(0, len(facets), step):
                yield facets[start : start + step]

    def sample_facets(self, facets: IntArray) -> tuple[AnyArray, AnyArray]:
        """Return origins and directions of all rays of facets that send equally many: facet by facet, by replica."""
        counts = self.rays[facets]
        points, replicas = self._points[int(counts[0])], self.settings.replicas
        return sample_facets(facets, counts, points, self.settings.seed, self._geometry, replicas)  # type: ignore[no-any-return]

    def sample_portal(self, number: int, which: int) -> tuple[AnyArray, AnyArray]:
        """Return origins and directions of the rays through one portal in one of its sets."""
        disc = (self.portals[number, :3], self.portals[number, 3:6], self.enclosure.portals[number].radius_m)
        name = number + (which << 40)
        points = self._portal_points[: self.portal_rays[number]]
        return sample_disc(name, points, self.settings.seed, disc)  # type: ignore[no-any-return]

    def trace(self, origins: AnyArray, directions: AnyArray) -> Hits:
        """Return the first hit of each ray."""
        return self.scene.trace(origins, directions)

    def follow(
        self,
        origins: AnyArray,
        directions: AnyArray,
        *,
        first_identity: int | IntArray,
        without_portal: int | None = None,
        homes: IntArray | None = None,
    ) -> Iterator[Visits]:
        """Yield the arrivals of rays, bounce by bounce, until no mirror sends one on.

        Parameters
        ----------
        first_identity
            Number of the first ray, the others following, or of every ray; random decisions depend on it and the seed
            alone.
        without_portal
            Portal that the rays start from, whose first crossing is not counted.
        homes
            Facets that the rays start from, in runs of equal length. Rays lost because float32 put their origin beyond
            an edge of their facet start again a little further inside.

        Raises
        ------
        ConvergenceError
            Mirrors keep rays going for more than `MAX_MIRROR_BOUNCES`.
        """
        ray = np.arange(len(origins))
        identity = first_identity + ray if isinstance(first_identity, int) else first_identity
        through = np.zeros(len(origins))
        others = self.portals if without_portal is None else np.delete(self.portals, without_portal, axis=0)
        miss = ESCAPED if self.enclosure.has_environment else LOST
        for bounce in range(MAX_MIRROR_BOUNCES):
            found = self.scene.trace(origins, directions)
            kind = classify_hits(found.facet, found.from_behind, self.enclosure.radiates, miss)
            if bounce == 0 and homes is not None:
                self._start_again(origins, directions, homes, found=found, kind=kind)
            if len(others):
                add_crossings(origins, directions, found.distance_m, others, through)
            yield Visits(ray, found.facet, kind, through.copy())
            if self.specular is None:
                return
            others = self.portals  # reflected back through its own portal, a ray crosses it like any other
            going, origins, directions = mirror(
                (identity[ray], directions),
                (found.facet, found.place, kind),
                self.specular,
                self._geometry,
                (self.settings.seed, bounce),
            )
            if not len(going):
                return
            ray, through = ray[going], through[going]
        raise ConvergenceError(
            f"mirrors keep rays going for more than {MAX_MIRROR_BOUNCES} bounces: lower specularity."
        )

    def _start_again(
        self, origins: AnyArray, directions: AnyArray, homes: IntArray, *, found: Hits, kind: AnyArray
    ) -> None:
        """Trace lost rays again from a little further inside their facets; puts the results in `found` and `kind`."""
        lost = np.flatnonzero(kind == LOST)
        if not 0 < len(lost) <= _MOST_STARTED_AGAIN * len(kind):
            return  # none, or the model is at fault
        facet = homes[lost // (len(origins) // len(homes))]
        centre = self.enclosure.vertices_m[facet].mean(axis=1)
        origins[lost] = (1.0 - _FURTHER_INSIDE) * origins[lost] + _FURTHER_INSIDE * centre
        again = self.scene.trace(origins[lost], directions[lost])
        miss = ESCAPED if self.enclosure.has_environment else LOST
        kind[lost] = classify_hits(again.facet, again.from_behind, self.enclosure.radiates, miss)
        for name in ("facet", "distance_m", "place", "from_behind"):
            getattr(found, name)[lost] = getattr(again, name)


__all__ = ["MAX_MIRROR_BOUNCES", "PORTAL_PARTS", "RaySettings", "RayShare", "Tracer", "Visits", "even_share"]
