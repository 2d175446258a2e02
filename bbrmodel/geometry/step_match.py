"""Whether a solid of the kernel is the one that the text of a STEP file describes, face by face."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.geometry.step_names import StepSolid
from bbrmodel.typing import FloatArray

AGREEMENT = 1e-5  # of the size of the solid


def is_same(entry: StepSolid, kinds: Sequence[str], corners: Sequence[FloatArray]) -> bool:
    """Tell whether the faces of a solid of the kernel are those of an entry, in the same order.

    Parameters
    ----------
    kinds
        kind of surface of each face in the kernel.
    corners
        corners of each face in the kernel, shape (n, 3), in any unit, perhaps moved by an assembly.

    Notes
    -----
    Number and kinds of faces must agree, and the middles of the faces' corners: their places if the solid stands as in
    the file, else their distances from each other. Faces whose corners the kernel divides differently
    are left open.
    """
    if len(entry.faces) != len(kinds):
        return False
    if any(known not in ("", kind) for (_, known), kind in zip(entry.faces, kinds, strict=True)):
        return False
    pairs = [
        (np.mean(own, axis=0), np.mean(np.asarray(given), axis=0))
        for own, given in zip(corners, entry.corners, strict=True)
        if len(given) and len(own) == len(given)
    ]
    if len(pairs) < 2:
        return True
    own, given = (np.array(side) for side in zip(*pairs, strict=True))
    size, size_given = _size(own), _size(given)
    if min(size, size_given) <= 0.0:
        return True
    scaled = given * size / size_given
    slack = AGREEMENT * max(size, float(np.abs(own).max()))
    if np.linalg.norm(own.mean(axis=0) - scaled.mean(axis=0)) < slack:
        return bool(np.abs(own - scaled).max() < slack)
    return bool(np.abs(_distances(own) - _distances(scaled)).max() < slack)


def _size(points: FloatArray) -> float:
    """Return the root mean square distance of points from their middle."""
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _distances(points: FloatArray) -> FloatArray:
    """Return the distances between all pairs of points."""
    apart: FloatArray = np.linalg.norm(points[:, None] - points[None], axis=2)
    return apart


__all__ = ["is_same"]
