"""Keep exchange areas that paths have found under a hash of geometry, optics and settings."""

import hashlib
import logging
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.lines import spread_out
from bbrmodel.radiation.paths import PathOptics, PathSettings, path_exchange
from bbrmodel.radiation.storage import from_arrays, to_arrays, write_arrays
from bbrmodel.typing import Progress

_LOG = logging.getLogger(__name__)
# Raise when the meaning of the stored arrays or the way they are sampled changes.
_FORMAT = 2
_OPTICS = ("absorptivity", "specularity", "transmittance", "passage", "n", "k")


@dataclass(frozen=True)
class TracedAreas:
    """Exchange areas of black facets (area x emissivity), and how they came about."""

    areas: ExchangeAreas
    rays: int
    lost_fraction: float
    from_cache: bool


def cached_path_areas(
    enclosure: Enclosure,
    optics: PathOptics,
    *,
    settings: tuple[int, PathSettings],
    cache: Path,
    progress: Progress | None = None,
) -> TracedAreas:
    """Return the exchange areas of one class of light by paths, from the cache where they are known.

    `settings` holds the number of paths per facet and how they are followed.

    Raises
    ------
    ConfigError, EnclosureError
        As `path_exchange`.
    """
    per_facet, how = settings
    what = (_FORMAT, enclosure.content_hash, per_facet, how.seed, how.replicas, how.weight_floor)
    digest = hashlib.sha256(repr(what).encode())
    for name in _OPTICS:
        digest.update(np.ascontiguousarray(getattr(optics, name), dtype=np.float64).tobytes())
    if optics.panes is not None:
        for array in (optics.panes.pane, optics.panes.walls_m, optics.panes.wall_pane):
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    path = cache / "path_exchange" / f"{digest.hexdigest()[:24]}.npz"
    if path.is_file():
        stored = _read(path)
        if stored is not None:
            return stored
    found = path_exchange(enclosure, optics, paths_per_facet=per_facet, settings=how, progress=progress)
    if found.areas is None:
        raise RuntimeError("path_exchange returned no exchange areas.")
    areas = replace(found.areas, lines=spread_out(found.areas.lines))
    result = TracedAreas(areas, found.rays, found.lost_fraction, from_cache=False)
    about = {"rays": result.rays, "lost_fraction": result.lost_fraction}
    write_arrays(path, chain(about.items(), to_arrays(result.areas)))
    return result


def _read(path: Path) -> TracedAreas | None:
    """Return stored areas, or None when the file is damaged."""
    try:
        with np.load(path) as stored:
            areas = from_arrays(stored)
            return TracedAreas(areas, int(stored["rays"]), float(stored["lost_fraction"]), from_cache=True)
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("cached exchange areas %s cannot be read (%s): computing them again", path, error)
        return None


__all__ = ["TracedAreas", "cached_path_areas"]
