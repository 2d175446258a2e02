"""Cut radiating triangles near small openings.

Radiosity is constant on a facet. At a small opening it changes over a distance like the opening's radius, on the wall
of its bore above all: there facets must be a fraction of the radius, whatever the mesh of the solid is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.radiation.enclosure import Portal
from bbrmodel.typing import FloatArray, IntArray

_MAX_CUTS = 10  # halvings of an edge
# Light that bounces down a bore decides what an opening lets through; around it facets may be larger.
_BORE_MARGIN, _BORE_LENGTH = 0.1, 2.5  # of the radius: beyond it, and to both sides of the disc
_AROUND = 2.0


@dataclass(frozen=True)
class CutFacets:
    """Triangles and what they are parts of.

    Attributes
    ----------
    vertices_m
        shape (num, 3, 3), oriented as before.
    parent
        shape (num,), index of the triangle that each is part of, growing.
    block
        shape (num,), number of the four triangles that a last cut made; -1 for triangles that were not cut.
    """

    vertices_m: FloatArray
    parent: IntArray
    block: IntArray


def cut_near_portals(vertices_m: FloatArray, portals: Sequence[Portal], *, ratio: float) -> CutFacets:
    """Return triangles that are small enough near openings.

    Parameters
    ----------
    vertices_m
        shape (num, 3, 3), [m].
    portals
        Openings, flat discs.
    ratio
        [-], longest edge over the radius of an opening, for triangles in its bore; of those around it over half of
        (radius + distance). 0: nothing is cut.

    Notes
    -----
    A triangle is cut into four alike ones, as often as needed.
    """
    whole = CutFacets(vertices_m, np.arange(len(vertices_m)), np.full(len(vertices_m), -1, dtype=np.int64))
    if ratio <= 0.0 or not portals:
        return whole
    done: list[CutFacets] = []
    todo, blocks = whole, 0
    for _ in range(_MAX_CUTS):
        large = _longest_edge(todo.vertices_m) > ratio * _wanted_size(todo.vertices_m, portals)
        done.append(CutFacets(todo.vertices_m[~large], todo.parent[~large], todo.block[~large]))
        number = blocks + np.arange(int(large.sum()))
        blocks += len(number)
        todo = CutFacets(_into_four(todo.vertices_m[large]), np.repeat(todo.parent[large], 4), np.repeat(number, 4))
        if not len(number):
            break
    done.append(todo)
    parent = np.concatenate([part.parent for part in done])
    order = np.argsort(parent, kind="stable")
    vertices = np.concatenate([part.vertices_m for part in done])[order]
    return CutFacets(vertices, parent[order], np.concatenate([part.block for part in done])[order])


def _longest_edge(vertices: FloatArray) -> FloatArray:
    """Return the longest edge of each triangle [m]."""
    edges = vertices - np.roll(vertices, 1, axis=1)
    longest: FloatArray = np.sqrt((edges**2).sum(axis=2).max(axis=1))
    return longest


def _wanted_size(vertices: FloatArray, portals: Sequence[Portal]) -> FloatArray:
    """Return the size of triangles that the opening asks for which matters most at each place [m], for ratio 1."""
    centre = vertices.mean(axis=1)
    size = np.full(len(centre), np.inf)
    for portal in portals:
        normal = np.array(portal.normal) / np.linalg.norm(portal.normal)
        away = centre - np.array(portal.center_m)
        height = away @ normal
        outside = np.maximum(np.sqrt(np.maximum((away**2).sum(axis=1) - height**2, 0.0)) - portal.radius_m, 0.0)
        in_bore = (outside < _BORE_MARGIN * portal.radius_m) & (np.abs(height) < _BORE_LENGTH * portal.radius_m)
        around = _AROUND * (np.hypot(height, outside) + portal.radius_m)
        size = np.minimum(size, np.where(in_bore, portal.radius_m, around))
    return size


def _into_four(vertices: FloatArray) -> FloatArray:
    """Return the four triangles between corners and edge midpoints, (num, 3, 3) to (4 num, 3, 3)."""
    a, b, c = vertices[:, 0], vertices[:, 1], vertices[:, 2]
    ab, bc, ca = 0.5 * (a + b), 0.5 * (b + c), 0.5 * (c + a)
    parts = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1)
    cut: FloatArray = parts.reshape(-1, 3, 3)
    return cut


__all__ = ["CutFacets", "cut_near_portals"]
