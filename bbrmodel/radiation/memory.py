"""Memory that view factors take, checked before any ray is sent."""

from pathlib import Path

from bbrmodel.errors import ConfigError
from bbrmodel.radiation.tracer import Tracer

_BYTES_PER_ENTRY = 6.5  # a column and a count; rows and chunks in work come to less than the rest
_BYTES_PER_WEIGHT = 60  # of a line through a portal, while lines are sorted
_BYTES_PER_FACET = 1500  # Embree's tree, and vectors of the closure in every lane
_BYTES_PER_RAY_IN_WORK = 64
_RAYS_IN_WORK = 1 << 22
_BASE_MIB = 250.0
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

    Raises
    ------
    ConfigError
        Says what is needed and what there is.
    """
    facets, replicas = int((tracer.rays > 0).sum()), tracer.settings.replicas
    rays = replicas * int(tracer.rays.sum())
    through = tracer.rays_in_all - rays
    need, free = memory_estimate_mib(facets, rays / max(facets, 1), through, replicas), available_memory_mib()
    if need > free:
        raise ConfigError(
            f"{rays:.3g} rays of {facets} facets need about {need:.0f} MiB, and {free:.0f} MiB are available. "
            "Use fewer rays_per_facet, a coarser mesh, or a machine with more memory."
        )


__all__ = ["available_memory_mib", "check_memory", "memory_estimate_mib"]
