"""Keep view factors under a hash of geometry and ray settings, so that a changed finish or temperature reuses them."""

import hashlib
import logging
import os
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import FloatArray, Progress

_LOG = logging.getLogger(__name__)
# Raise when the meaning of the stored arrays or the way they are sampled changes.
_FORMAT = 6


def cached_view_factors(
    enclosure: Enclosure,
    settings: RaySettings,
    *,
    cache: Path,
    specular: FloatArray | None = None,
    progress: Progress | None = None,
) -> ViewFactors:
    """Return the view factors of an enclosure, from the cache where they are known.

    Raises
    ------
    EnclosureError
        As `compute_view_factors`.
    """
    digest = hashlib.sha256(repr((_FORMAT, enclosure.content_hash, settings)).encode())
    if specular is not None and specular.any():
        digest.update(specular.tobytes())
    key = digest.hexdigest()[:24]
    path = cache / "view_factors" / f"{key}.npz"
    if path.is_file():
        stored = _read(path)
        if stored is not None:
            return stored
    result = compute_view_factors(enclosure, settings, specular=specular, progress=progress)
    _write(path, result)
    return result


def _write(path: Path, result: ViewFactors) -> None:
    """Write atomically: a reader never sees half a file, an interrupted run leaves none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    areas = result.areas
    report = asdict(result.report)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            np.savez(
                file,
                data=areas.upper.data,
                indices=areas.upper.indices,
                indptr=areas.upper.indptr,
                variance=areas.variance,
                escape=areas.escape,
                escape_variance=areas.escape_variance,
                area_m2=areas.area_m2,
                kept=areas.kept,
                raw_row_sums=result.raw_row_sums,
                report_keys=np.array(list(report)),
                report_values=np.array([float(value) for value in report.values()]),
            )
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)


def _read(path: Path) -> ViewFactors | None:
    """Return stored view factors, or None when the file is damaged."""
    try:
        with np.load(path) as stored:
            n = len(stored["area_m2"])
            upper = csr_matrix((stored["data"], stored["indices"], stored["indptr"]), shape=(n, n))
            areas = ExchangeAreas(
                upper, *(stored[name] for name in ("variance", "escape", "escape_variance", "area_m2", "kept"))
            )
            raw_row_sums = stored["raw_row_sums"]
            values = dict(zip(stored["report_keys"].tolist(), stored["report_values"].tolist(), strict=True))
    except (OSError, ValueError, KeyError) as error:
        _LOG.warning("cached view factors %s cannot be read (%s): computing them again", path, error)
        return None
    counts = {key: int(values[key]) for key in ("facets", "rays", "nonzeros", "lost_rays")}
    report = RadiationReport(**{**values, **counts, "from_cache": True})
    return ViewFactors(areas, raw_row_sums, replace(report, from_cache=True))


__all__ = ["cached_view_factors"]
