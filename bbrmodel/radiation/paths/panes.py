"""Panes that are bodies: which facets bound them, and walls of theirs that only light inside can meet.

Light that enters a pane by a face goes on straight, is mirrored by whatever else bounds the pane, and leaves by the
next face that it meets. Both ways along such a path are alike, so that exchange stays reciprocal.
"""

from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Panes:
    """What bounds the panes of a model.

    Attributes
    ----------
    pane
        shape (num_facets,), number of the pane behind a facet; -1 where there is none.
    walls_m
        shape (num_walls, 3, 3), triangles of panes that touch other bodies and are no facets of the enclosure, [m].
    wall_pane
        shape (num_walls,), number of the pane of each.
    """

    pane: IntArray
    walls_m: FloatArray
    wall_pane: IntArray


def with_walls(enclosure: Enclosure, panes: Panes | None) -> tuple[Enclosure, AnyArray]:
    """Return the facets that a path may meet, walls of panes last and dark, and the pane of each (int32).

    Without `panes` all facets count as those of one pane.
    """
    if panes is None:
        return enclosure, np.zeros(enclosure.num_facets, dtype=np.int32)
    pane = np.concatenate([panes.pane, panes.wall_pane]).astype(np.int32)
    if len(panes.walls_m) == 0:
        return enclosure, pane
    walls = len(panes.walls_m)
    extended = replace(
        enclosure,
        vertices_m=np.concatenate([enclosure.vertices_m, panes.walls_m]),
        surface=np.append(enclosure.surface, np.full(walls, len(enclosure.surface_names))),
        surface_names=(*enclosure.surface_names, "walls of panes"),
        radiates=np.append(enclosure.radiates, np.zeros(walls, dtype=bool)),
    )
    return extended, pane


def check_panes(enclosure: Enclosure, panes: Panes, face: BoolArray, transmittance: FloatArray) -> None:
    """Raise unless light passes each pane both ways alike.

    Parameters
    ----------
    face
        shape (num_facets,), facets by which light enters a pane and leaves it.
    transmittance
        shape (num_facets,), [-].

    Raises
    ------
    ConfigError
        A face belongs to no pane, or two faces of one pane pass different shares of light.
    """
    if panes.pane.shape != (enclosure.num_facets,):
        raise ConfigError(f"panes.pane has shape {panes.pane.shape}: one value per facet is needed.")
    facets = np.flatnonzero(face)
    stray = facets[panes.pane[facets] < 0]
    if len(stray):
        raise ConfigError(f"surface '{enclosure.name_of(stray[0])}', facet {stray[0]}: is a face of no pane.")
    for pane in np.unique(panes.pane[facets]):
        mine = facets[panes.pane[facets] == pane]
        low, high = (int(mine[pick(transmittance[mine])]) for pick in (np.argmin, np.argmax))
        if transmittance[low] < transmittance[high]:
            raise ConfigError(
                f"surfaces '{enclosure.name_of(high)}' and '{enclosure.name_of(low)}': are faces of one pane (or of "
                f"panes that touch) but pass {transmittance[high]:g} and {transmittance[low]:g}. Transmittance is that "
                "of the whole pane: give all its faces the same, and none to what is opaque."
            )


__all__ = ["Panes", "check_panes", "with_walls"]
