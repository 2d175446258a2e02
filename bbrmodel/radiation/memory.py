"""Memory that view factors take, checked before any ray is sent."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.parallel import team
from bbrmodel.radiation.tracer import RayShare, Tracer
from bbrmodel.typing import IntArray

_BYTES_PER_ENTRY = 6.5  # a column and a count; rows and chunks in work come to less than the rest
_BYTES_PER_WEIGHT = 60  # of a line through a portal, while lines are sorted
_BYTES_PER_FACET = 1500  # Embree's tree, and vectors of the closure in every lane
_BYTES_PER_RAY_IN_WORK = 64
_RAYS_IN_WORK = 1 << 22
_BASE_MIB = 250.0
_PROBED, _PROBE_RAYS = 100, 4096
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def memory_estimate_mib(num_facets: int, rays_per_facet: float, portal_rays: int = 0, replicas: int = 4) -> float:
    """Return what view factors need at most [MiB]: an entry for every ray, or every pair of facets in each replica."""
    entries = num_facets * min(rays_per_facet, replicas * num_facets)
    in_work = max(_RAYS_IN_WORK, 2 * rays_per_facet) * _BYTES_PER_RAY_IN_WORK
    rest = num_facets * _BYTES_PER_FACET + portal_rays * _BYTES_PER_WEIGHT
    return _BASE_MIB + (entries * _BYTES_PER_ENTRY + in_work + rest) / 2**20


def available_memory_mib() -> float:
    """Return the memory that this process may still take [MiB]; infinity where the system does not say."""
    free = float("inf")
    if _MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        if "MemAvailable" in lines:
            free = int(lines["MemAvailable"].split()[0]) / 1024.0
    limit, used = _CGROUP / "memory.max", _CGROUP / "memory.current"
    if limit.is_file() and used.is_file() and limit.read_text().strip() != "max":
        free = min(free, (int(limit.read_text()) - int(used.read_text())) / 2**20)
    return free


def check_memory(tracer: Tracer) -> None:
    """Raise where the rays of a tracer do not fit.

    Of several processes those on this machine count. An entry for every ray is assumed first. Only if that is too much,
    a probe tells how many facets a facet sees: rays beyond that number find what others found.

    Raises
    ------
    ConfigError
        Says what is needed and what there is.
    """
    facets, replicas = int((tracer.rays > 0).sum()), tracer.settings.replicas
    rays = replicas * int(tracer.rays.sum())
    through = tracer.rays_in_all - rays
    share = team().share_of_node
    need, free = share * memory_estimate_mib(facets, rays / max(facets, 1), through, replicas), available_memory_mib()
    if need > free:
        need = share * _estimate_by_probe(tracer)
    if need > free:
        raise ConfigError(
            f"{rays:.3g} rays of {facets} facets need about {need:.0f} MiB, and {free:.0f} MiB are available. "
            "Use fewer rays_per_facet, a coarser mesh, or a machine with more memory."
        )


def _estimate_by_probe(tracer: Tracer) -> float:
    """Return what the rays of a tracer need, from the number of facets that some facets see [MiB]."""
    enclosure, settings = tracer.enclosure, tracer.settings
    some = np.flatnonzero(tracer.rays)[:: max(1, enclosure.num_facets // _PROBED)]
    share = RayShare(np.full(enclosure.num_facets, _PROBE_RAYS), np.zeros(len(enclosure.portals), dtype=np.int64))
    few = Tracer(enclosure, replace(settings, replicas=1), share=share)
    seen = [few.trace(*few.sample_facets(facet)).facet for facet in some[:, None]]
    visible = float(np.mean([_number_of_kinds(found) for found in seen]))
    entries = settings.replicas * float(np.minimum(tracer.rays, visible).sum())
    portals = float(np.minimum(tracer.portal_rays, visible**2).sum()) * settings.portal_sets
    most = max(int(tracer.rays.max()) * settings.replicas, int(tracer.portal_rays.max(initial=0)), _RAYS_IN_WORK)
    in_work = 2 * most * _BYTES_PER_RAY_IN_WORK + enclosure.num_facets * _BYTES_PER_FACET
    return _BASE_MIB + (entries * _BYTES_PER_ENTRY + portals * _BYTES_PER_WEIGHT + in_work) / 2**20


def _number_of_kinds(found: IntArray) -> float:
    """Return how many kinds there are, from those that a sample shows once and twice (Chao 1984)."""
    count = np.unique(found, return_counts=True)[1]
    once, twice = int((count == 1).sum()), int((count == 2).sum())
    return len(count) + once * (once - 1) / (2.0 * (twice + 1))


__all__ = ["available_memory_mib", "check_memory", "memory_estimate_mib"]
