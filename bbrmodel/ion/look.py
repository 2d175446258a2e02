"""What a point sees, kept apart from the state of the walls: traced once, for any temperatures and emissivities."""

from collections.abc import Mapping
from dataclasses import dataclass

from bbrmodel.ion.direct import DirectView, first_seen, look_with
from bbrmodel.ion.field import EffectiveView, compute_effective_view
from bbrmodel.model.light import Light
from bbrmodel.radiation.facet_size import FacetSizes
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.radiation.paths import PathSettings, PathWeights, PointSource, trace_weights
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.typing import FloatArray


@dataclass(frozen=True)
class Looks:
    """What a point sees, class of light by class, each by rays or by paths.

    Attributes
    ----------
    seen
        What it sees first, shape (num_facets,), and the open sky, as fractions of 4 pi.
    direct
        For classes that lines between facets describe: what it sees before any diffuse reflection.
    paths
        For the others: weights of the paths that were followed back from it.
    sizes
        How facets lie to each other, to see what their size costs.
    """

    seen: tuple[FloatArray, float]
    direct: Mapping[str, DirectView]
    paths: Mapping[str, PathWeights]
    sizes: FacetSizes | None = None

    def view(self, exchange: LightExchange) -> EffectiveView:
        """Return effective weights and T_eff^4 for a converged exchange."""
        return compute_effective_view(exchange, self.seen, self.direct, self.paths, sizes=self.sizes)


def look(position_m: tuple[float, float, float], light: Light, *, rays: int, seed: int) -> Looks:
    """Return what a point sees, by rays or by paths, as each class of light wants it.

    Raises
    ------
    GeometryError, EnclosureError
        As `bbrmodel.ion.direct.look_from`.
    """
    plan, settings = light.plan, RaySettings(seed=seed)
    direct = look_with(position_m, light.enclosure, plan.specular, rays=rays, settings=settings)
    how = PathSettings(paths=rays, seed=seed)
    paths = {
        name: trace_weights(light.enclosure, optics, source=PointSource(position_m), settings=how)
        for name, optics in plan.paths.items()
    }
    if direct:
        first = next(iter(direct.values()))
        return Looks((first.weight, first.open_sky), direct, paths, light.sizes)
    seen = first_seen(position_m, light.enclosure, rays=rays, seed=seed, two_sided=plan.two_sided)
    return Looks(seen, direct, paths, light.sizes)


__all__ = ["Looks", "look"]
