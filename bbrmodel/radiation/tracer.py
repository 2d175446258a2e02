"""Follow rays through an enclosure: hits, mirrors, small openings, and what is lost on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConvergenceError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.kernels import ESCAPED, LOST, add_crossings, classify_hits, mirror
from bbrmodel.radiation.sampling import sample_disc, sample_facets, sobol_points
from bbrmodel.radiation.scene import Hits, RayScene, origin_lift
from bbrmodel.typing import AnyArray, FloatArray, IntArray

# A ray between two perfect mirrors would never end.
MAX_MIRROR_BOUNCES = 10_000


@dataclass(frozen=True)
class RaySettings:
    """How many rays: per facet, through each portal; and the seed that makes them repeatable."""

    rays_per_facet: int = 1000
    portal_rays: int = 200_000
    seed: int = 1


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
    """Rays in one enclosure whose mirrors have the specular reflectivity `specular` (num_facets,), or None."""

    def __init__(self, enclosure: Enclosure, settings: RaySettings, specular: FloatArray | None = None) -> None:
        self.enclosure = enclosure
        self.settings = settings
        self.specular = specular
        self.scene = RayScene(enclosure)
        self.lift = origin_lift(enclosure)
        self.density = np.where(enclosure.radiates, settings.rays_per_facet / enclosure.area_m2, 0.0)
        self.points = sobol_points(max(settings.rays_per_facet, settings.portal_rays))
        rows = [
            [
                *p.center_m,
                *(np.array(p.normal) / np.linalg.norm(p.normal)),
                p.radius_m**2,
                settings.portal_rays / p.area_m2,
            ]
            for p in enclosure.portals
        ]
        self.portals = np.array(rows, dtype=np.float64).reshape(-1, 8)
        if settings.portal_rays == 0:
            self.portals = self.portals[:0]

    def sample_facets(self, facets: IntArray) -> tuple[AnyArray, AnyArray]:
        """Return origins and directions of all rays of some facets, facet by facet."""
        counts = np.full(len(facets), self.settings.rays_per_facet, dtype=np.int64)
        geometry = (self.enclosure.vertices_m, self.enclosure.normal, self.lift)
        return sample_facets(facets, counts, self.points, self.settings.seed, geometry)  # type: ignore[no-any-return]

    def sample_portal(self, number: int) -> tuple[AnyArray, AnyArray]:
        """Return origins and directions of the rays through one portal."""
        disc = (self.portals[number, :3], self.portals[number, 3:6], self.enclosure.portals[number].radius_m)
        points = self.points[: self.settings.portal_rays]
        return sample_disc(number, points, self.settings.seed, disc)  # type: ignore[no-any-return]

    def trace(self, origins: AnyArray, directions: AnyArray) -> Hits:
        """Return the first hit of each ray."""
        return self.scene.trace(origins, directions)

    def follow(
        self, origins: AnyArray, directions: AnyArray, *, first_identity: int, without_portal: int | None = None
    ) -> Iterator[Visits]:
        """Yield the arrivals of rays, bounce by bounce, until no mirror sends one on.

        Parameters
        ----------
        first_identity
            Number of the first ray; random decisions depend on it and the seed alone.
        without_portal
            Portal that the rays start from, whose first crossing is not counted.

        Raises
        ------
        ConvergenceError
            Mirrors keep rays going for more than `MAX_MIRROR_BOUNCES`.
        """
        ray = np.arange(len(origins))
        through = np.zeros(len(origins))
        others = self.portals if without_portal is None else np.delete(self.portals, without_portal, axis=0)
        miss = ESCAPED if self.enclosure.has_environment else LOST
        for bounce in range(MAX_MIRROR_BOUNCES):
            found = self.scene.intersect(origins, directions)
            facet = found["primID"]
            kind = classify_hits(directions, facet, self.enclosure.normal, self.enclosure.radiates, miss)
            add_crossings(origins, directions, found["tfar"], others, through)
            yield Visits(ray, facet, kind, through.copy())
            if self.specular is None:
                return
            others = self.portals  # reflected back through its own portal, a ray crosses it like any other
            going, origins, directions = mirror(
                (first_identity + ray, directions),
                (facet, np.stack([found["u"], found["v"]], axis=1), kind),
                self.specular,
                (self.enclosure.vertices_m, self.enclosure.normal, self.lift),
                (self.settings.seed, bounce),
            )
            if not len(going):
                return
            ray, through = ray[going], through[going]
        raise ConvergenceError(
            f"mirrors keep rays going for more than {MAX_MIRROR_BOUNCES} bounces: lower specularity."
        )

    def line_weight(self, first: AnyArray, second: AnyArray | None, through: AnyArray) -> FloatArray:
        """Return one over the densities of all samplers that could have found a line, [m2].

        A line between facets `first` and `second` (None: the environment) is found by rays of both and by rays of the
        portals it crosses (the balance heuristic), so that all samples count once, each by its own precision.
        """
        total = self.density[first] + through
        if second is not None:
            total = total + self.density[second]
        weight: FloatArray = 1.0 / total
        return weight


__all__ = ["MAX_MIRROR_BOUNCES", "RaySettings", "Tracer", "Visits"]
