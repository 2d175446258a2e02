"""Separate enclosures in one model: groups of facets between which no light passes."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.lines import Lines, ask_each
from bbrmodel.solution import EnclosurePart
from bbrmodel.typing import BoolArray, IntArray


def find_enclosures(
    areas: ExchangeAreas, surface: IntArray, *, surface_names: tuple[str, ...], radiates: BoolArray
) -> tuple[EnclosurePart, ...]:
    """Return the separate enclosures of a model, largest area first.

    Parameters
    ----------
    areas
        Exchange areas of all facets; an entry of zero joins nothing.
    surface
        shape (num_facets,), index into `surface_names`.
    radiates
        shape (num_facets,); other facets belong to no part.

    Notes
    -----
    Parts are the connected components of the exchange graph. By rays a view that no ray found joins nothing, so two
    rooms with a pinhole between them may count as two. The environment joins nothing either: it returns no light.
    Facets that see the environment alone are put together by surface.
    """
    label = _components(areas)
    alone = np.bincount(label, minlength=len(label))[label] == 1
    to_sky = alone & (areas.escape > 0.0)
    label[to_sky] = len(label) + surface[to_sky]
    numbers = np.unique(label[radiates])
    found = [
        _describe(areas, np.flatnonzero((label == k) & radiates), surface=surface, surface_names=surface_names)
        for k in numbers
    ]
    found.sort(key=lambda part: -part.area_m2)
    return _with_unique_names(found)


def _components(areas: ExchangeAreas) -> IntArray:
    """Return the number of the connected component of every facet, shape (num_facets,)."""
    everywhere = ask_each(areas.operator, _components_here, areas.num_facets)
    label: IntArray = everywhere[0]
    for other in everywhere[1:]:  # joined where either process joins
        _, first = np.unique(other, return_index=True)
        label = _join(label, label[first][other], label)
    return label


def _components_here(blocks: Sequence[Lines], num: int) -> IntArray:
    """Return the same by the lines of one process; labels are 0, 1, ... without gaps."""
    label = np.arange(num)
    for block in blocks:
        seen = block.strength > 0
        first = np.repeat(block.facet, np.diff(block.start))[seen]
        label = _join(label[first], label[block.column[seen]], label)
    return label


def _join(first: IntArray, second: IntArray, label: IntArray) -> IntArray:
    """Return labels after the groups `first` and `second`, one pair for each entry, have become one."""
    graph = csr_matrix((np.ones(len(first), dtype=np.int8), (first, second)), shape=(len(label), len(label)))
    joined: IntArray = connected_components(graph, directed=False)[1].astype(np.int64)[label]
    result: IntArray = np.unique(joined, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return result


def _describe(
    areas: ExchangeAreas, facets: IntArray, *, surface: IntArray, surface_names: tuple[str, ...]
) -> EnclosurePart:
    """Return what some facets amount to."""
    size = np.bincount(surface[facets], weights=areas.area_m2[facets], minlength=len(surface_names))
    return EnclosurePart(
        name=surface_names[int(size.argmax())],
        surfaces=tuple(surface_names[k] for k in np.flatnonzero(size)),
        facets=len(facets),
        area_m2=float(size.sum()),
        open=bool((areas.escape[facets] > 0.0).any()),
    )


def _with_unique_names(parts: list[EnclosurePart]) -> tuple[EnclosurePart, ...]:
    """Return the parts with a number behind every name that came before."""
    used: dict[str, int] = {}
    named = []
    for part in parts:
        used[part.name] = used.get(part.name, 0) + 1
        name = part.name if used[part.name] == 1 else f"{part.name} {used[part.name]}"
        named.append(EnclosurePart(name, part.surfaces, part.facets, part.area_m2, part.open))
    return tuple(named)


__all__ = ["EnclosurePart", "find_enclosures"]
