"""What the tests of `bbrmodel.parallel` ask of ranks: tasks are functions of a module that every rank can import."""

from typing import TYPE_CHECKING

from mpi4py import MPI

from bbrmodel.errors import ConfigError
from bbrmodel.parallel import cores

if TYPE_CHECKING:
    from bbrmodel.radiation.enclosure import Enclosure
    from bbrmodel.typing import FloatArray


def number_of_rank() -> int:
    return int(MPI.COMM_WORLD.rank)


def add(number: int, other: int) -> int:
    return number + other


def as_array(number: int) -> "FloatArray":
    import numpy as np

    return np.array([number, 1.0 - number])


def threads_of_rank() -> int:
    return cores()


def fail_in(rank: int) -> None:
    if number_of_rank() == rank:
        raise ConfigError(f"rank {rank} failed")


def fail_while_the_other_waits() -> None:
    fail_in(1)
    MPI.COMM_WORLD.recv(source=1)


def open_box() -> "Enclosure":
    """A cube without a lid, with a portal across the middle."""
    import numpy as np

    from bbrmodel.radiation.enclosure import Enclosure, Portal
    from tests.verification.shapes import cube

    sides = cube(np.zeros(3), 1.0, 4, inward=True)
    del sides["z_high"]
    names = tuple(sides)
    surface = np.repeat(np.arange(len(names)), [len(side) for side in sides.values()])
    return Enclosure(
        vertices_m=np.concatenate(list(sides.values())),
        surface=surface,
        surface_names=names,
        radiates=np.ones(len(surface), dtype=bool),
        has_environment=True,
        portals=(Portal("middle", (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.3),),
    )


def mirrors_and_sky() -> list[float]:
    """What view factors with mirrors, a portal and an open side amount to."""
    import numpy as np

    from bbrmodel.radiation.adaptive import surface_factors
    from bbrmodel.radiation.parts import find_enclosures
    from bbrmodel.radiation.tracer import RayShare
    from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors

    box = open_box()
    mirror = np.where(box.surface == 0, 0.5, 0.0)
    rays = np.where(np.arange(box.num_facets) % 3 == 0, 40, 20)
    share = RayShare(rays, np.array([50]))
    found = compute_view_factors(box, RaySettings(100, 2000, 1), specular=mirror, share=share)
    factors, errors = surface_factors(box, found)
    parts = find_enclosures(found.areas.prepared(), box.surface, surface_names=box.surface_names, radiates=box.radiates)
    values = np.linspace(0.0, 1.0, box.num_facets)
    return [
        *factors.ravel().tolist(),
        *errors.ravel().tolist(),
        *found.areas.escape.tolist(),
        *found.areas.prepared().apply(values).tolist(),
        *found.areas.diagonal.tolist(),
        float(found.areas.num_entries),
        *(float(part.facets) for part in parts),
    ]


def paths_to_a_point() -> list[float]:
    """What a point in the box sees by way of all reflections."""
    import numpy as np

    from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, trace_weights

    box = open_box()
    optics = diffuse_optics(np.where(box.surface == 0, 0.2, 0.7), None)
    found = trace_weights(box, optics, source=PointSource((0.1, 0.0, 0.2)), settings=PathSettings(1 << 14))
    return [*found.surface_weight.tolist(), *found.surface_standard_error.tolist(), found.environment]


def paths_of_all_facets() -> list[float]:
    """What all facets exchange by paths."""
    import numpy as np

    from bbrmodel.radiation.lines import spread_out
    from bbrmodel.radiation.paths import diffuse_optics, path_exchange

    box = open_box()
    optics = diffuse_optics(np.where(box.surface == 0, 0.2, 0.7), None)
    found = path_exchange(box, optics, paths_per_facet=256)
    if found.areas is None:
        raise RuntimeError("no areas")
    from dataclasses import replace

    spread = replace(found.areas, lines=spread_out(found.areas.lines))
    sums = spread.block_sums(box.surface, len(box.surface_names))
    return [*found.exchange_area_m2.ravel().tolist(), *found.standard_error_m2.ravel().tolist(), *sums.ravel().tolist()]
