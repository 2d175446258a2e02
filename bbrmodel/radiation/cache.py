"""Keep view factors under a hash of geometry and ray settings, so that a changed finish or temperature reuses them."""

import hashlib
import logging
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.importance import RayPlan, share_rays
from bbrmodel.radiation.storage import from_arrays, to_arrays, write_arrays
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import FloatArray, Progress

_LOG = logging.getLogger(__name__)
# Raise when the meaning of the stored arrays or the way they are sampled changes.
_FORMAT = 12


def cached_view_factors(
    enclosure: Enclosure,
    plan: RayPlan,
    *,
    cache: Path,
    specular: FloatArray | None = None,
    progress: Progress | None = None,
) -> ViewFactors:
    """Return the view factors of an enclosure, from the cache where they are known, ready for many products.

    Parameters
    ----------
    cache
        Directory; view factors lie in its folder `view_factors`.

    Raises
    ------
    EnclosureError, ConfigError
        As `compute_view_factors`, which takes the same arguments otherwise.
    """
    digest = hashlib.sha256(repr((_FORMAT, enclosure.content_hash, plan.settings)).encode())
    if specular is not None and specular.any():
        digest.update(specular.tobytes())
    settings, aim = plan.settings, plan.aim
    if aim is not None:
        digest.update(repr((aim.position_m, aim.hot_environment)).encode() + aim.hot.tobytes())
    key = digest.hexdigest()[:24]
    path = cache / "view_factors" / f"{key}.npz"
    if path.is_file():
        stored = _read(path)
        if stored is not None:
            return replace(stored, areas=stored.areas.prepared())
    share = None if aim is None else share_rays(enclosure, settings, aim, specular=specular)
    result = compute_view_factors(enclosure, settings, specular=specular, share=share, progress=progress)
    report = {name: value for name, value in asdict(result.report).items() if name != "lights"}  # known elsewhere
    own = {
        "raw_row_sums": result.raw_row_sums,
        "report_keys": np.array(list(report)),
        "report_values": np.array([float(value) for value in report.values()]),
    }
    write_arrays(path, chain(own.items(), to_arrays(result.areas)))
    return replace(result, areas=result.areas.prepared())


def _read(path: Path) -> ViewFactors | None:
    """Return stored view factors, or None when the file is damaged."""
    try:
        with np.load(path) as stored:
            areas = from_arrays(stored)
            raw_row_sums = stored["raw_row_sums"]
            values = dict(zip(stored["report_keys"].tolist(), stored["report_values"].tolist(), strict=True))
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("cached view factors %s cannot be read (%s): computing them again", path, error)
        return None
    counts = {key: int(values[key]) for key in ("facets", "rays", "nonzeros", "lost_rays")}
    report = RadiationReport(**{**values, **counts, "from_cache": True})
    return ViewFactors(areas, raw_row_sums, replace(report, from_cache=True))


__all__ = ["cached_view_factors"]
