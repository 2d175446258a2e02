"""Exchange areas as named arrays, and files that a reader never sees half written.

A file is the same whatever the number of processes: lines that are spread pass through the leader block by block.
"""

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.parallel import Kept, team
from bbrmodel.radiation.exchange_areas import Escapes, ExchangeAreas
from bbrmodel.radiation.lines import Blocks, Lines, ask_each, split
from bbrmodel.typing import FloatArray

_VECTORS = ("escape", "escape_variance", "area_m2", "kept", "scale", "rest")
_ENTRIES = ("facet", "start", "column", "strength")
_OPTIONAL = ("unit", "replica", "variance")
_ESCAPES = ("facet", "weight", "unit", "replica")


def to_arrays(areas: ExchangeAreas) -> Iterator[tuple[str, Any]]:
    """Yield exchange areas as named arrays; `from_arrays` takes them back."""
    for name in _VECTORS:
        yield name, getattr(areas, name)
    densities: list[Any] = []
    for number, block in enumerate(_one_by_one(areas.lines)):
        for name in (*_ENTRIES, *_OPTIONAL):
            if getattr(block, name) is not None:
                yield f"line{number}.{name}", getattr(block, name)
        if block.density is None:
            continue
        known = next((k for k, density in enumerate(densities) if density is block.density), len(densities))
        if known == len(densities):
            densities.append(block.density)
            yield f"density{known}", block.density
        yield f"line{number}.which_density", np.array(known)
    if areas.escapes is not None:
        for name in _ESCAPES:
            yield f"escapes.{name}", getattr(areas.escapes, name)


def _one_by_one(lines: Blocks) -> Iterator[Lines]:
    """Yield the blocks of all processes."""
    if not isinstance(lines, Kept):
        yield from lines
        return
    densities = ask_each(lines, _density)
    density = next((found for found in densities if found is not None), None)  # all rays are in all densities
    for number in range(max(ask_each(lines, len))):
        for found in ask_each(lines, _block_without_density, number):
            if found is not None:
                block, weighs_by_density = found
                yield replace(block, density=density) if weighs_by_density else block


def _density(blocks: Sequence[Lines]) -> FloatArray | None:
    return next((block.density for block in blocks if block.density is not None), None)


def _block_without_density(blocks: Sequence[Lines], number: int) -> tuple[Lines, bool] | None:
    if number >= len(blocks):
        return None
    return replace(blocks[number], density=None), blocks[number].density is not None


def from_arrays(stored: Mapping[str, Any]) -> ExchangeAreas:
    """Return exchange areas from named arrays, spread over all processes that compute together.

    Raises
    ------
    KeyError
        An array is missing.
    """
    densities: list[Any] = []
    while f"density{len(densities)}" in stored:
        densities.append(stored[f"density{len(densities)}"])
    found = _stored_lines(stored)
    if team().size == 1:
        lines: Blocks = tuple(
            block if which is None else replace(block, density=densities[which]) for block, which in found
        )
    else:
        lines = _share_out(found, densities)
    escapes = None
    if "escapes.unit" in stored:
        escapes = Escapes(**{name: stored[f"escapes.{name}"] for name in _ESCAPES})
    return ExchangeAreas(lines, **{name: stored[name] for name in _VECTORS}, escapes=escapes)


def _stored_lines(stored: Mapping[str, Any]) -> Iterator[tuple[Lines, int | None]]:
    """Yield every block, still without its density, and which one that is."""
    number = 0
    while f"line{number}.start" in stored:
        at = f"line{number}."
        own = {name: stored[at + name] for name in _ENTRIES}
        own |= {name: stored[at + name] for name in _OPTIONAL if at + name in stored}
        yield Lines(**own), int(stored[at + "which_density"]) if at + "which_density" in stored else None
        number += 1


def _share_out(found: Iterable[tuple[Lines, int | None]], densities: list[Any]) -> Kept:
    """Return blocks of which every process has a part."""
    ranks = team().size
    piles = team().keep(list, parts=[((),) for _ in range(ranks)])
    kept = team().keep(list, densities)
    for block, which in found:
        pieces = split(block, max(1, -(-block.num_entries // ranks)))
        team().call(_pile_up, piles, kept, which, parts=[(pieces[rank::ranks],) for rank in range(ranks)])
    return team().keep(tuple, piles)


def _pile_up(pile: list[Lines], densities: list[Any], which: int | None, pieces: Sequence[Lines]) -> None:
    density = None if which is None else densities[which]
    pile.extend(replace(piece, density=density) for piece in pieces)


def write_arrays(path: Path, arrays: Iterable[tuple[str, Any]]) -> None:
    """Write named arrays as numpy's npz, one in memory at a time, and atomically.

    An interrupted run leaves no file that looks whole.
    """
    write_one: Any = np.lib.format.write_array
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                for name, array in arrays:
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        write_one(member, np.asanyarray(array), allow_pickle=False)
        except BaseException:
            os.unlink(file.name)
            raise
    os.replace(file.name, path)


__all__ = ["from_arrays", "to_arrays", "write_arrays"]
