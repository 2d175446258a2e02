"""Find the cell at a point: where a sensor sits, and whether the ion lies inside a body."""

import numpy as np

from bbrmodel.typing import FloatArray, IntArray


def _barycentric(point: FloatArray, corners: FloatArray) -> FloatArray:
    """Return barycentric coordinates (num, 4) of one point in cells of shape (num, 4, 3)."""
    edges = np.swapaxes(corners[:, 1:] - corners[:, :1], 1, 2)
    inner = np.linalg.solve(edges, (point - corners[:, 0])[:, :, None])[:, :, 0]
    return np.concatenate([1.0 - inner.sum(axis=1, keepdims=True), inner], axis=1)


def nearest_cell(point: FloatArray, points: FloatArray, cells: IntArray) -> tuple[int, float]:
    """Return the cell that holds the point, or else the one with the nearest centre, and how far outside.

    Returns
    -------
    :
        cell index and distance in metres: 0 inside, otherwise from the point to the nearest corner of that cell.
    """
    corners = points[cells]
    low, high = corners.min(axis=1), corners.max(axis=1)
    candidates = np.flatnonzero(((point >= low) & (point <= high)).all(axis=1))
    if len(candidates):
        inside = _barycentric(point, corners[candidates]).min(axis=1)
        best = int(inside.argmax())
        if inside[best] >= -1e-9:
            return int(candidates[best]), 0.0
    distance = np.linalg.norm(corners.mean(axis=1) - point, axis=1)
    cell = int(distance.argmin())
    return cell, float(np.linalg.norm(corners[cell] - point, axis=1).min())


def interpolation_weights(point: FloatArray, corners: FloatArray) -> FloatArray:
    """Return weights (4,) of the corners (4, 3) at a point; outside the cell they are clipped to it."""
    weights = np.clip(_barycentric(point, corners[None])[0], 0.0, 1.0)
    clipped: FloatArray = weights / weights.sum()
    return clipped


__all__ = ["interpolation_weights", "nearest_cell"]
