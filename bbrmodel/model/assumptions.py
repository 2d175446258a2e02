"""What a case takes for granted about its surfaces, said in the warnings of every result."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.materials import Finish
from bbrmodel.materials.library import window
from bbrmodel.materials.spectral_resistivity import metal
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.spec import Case, Optics

_NAMED = 4


def assumptions(
    case: Case, surface_names: Sequence[str], tables: Sequence[Optics | None], finishes: Sequence[Finish | None]
) -> list[str]:
    """Return a note on all optics that no source gives; tables and finishes are None for what does not radiate."""
    banded = case.radiation is not None and case.radiation.band_edges_m is not None
    radiating = [
        (name, t, f)
        for name, t, f in zip(surface_names, tables, finishes, strict=True)
        if t is not None and f is not None
    ]
    notes = {
        "assumed, no source gives it: absorptivity for room-temperature light of cold surfaces": [
            name for name, _, finish in radiating if finish.assumed
        ],
        "assumed, no source gives it: how the emissivity divides among bands (a power law through the totals at 77 K "
        "and 293 K) of": [name for name, table, finish in radiating if banded and is_spread(table, finish)],
        "computed from resistivity, not measured; real surfaces (rough, worked, oxidised) emit more:": [
            name for name, table, _ in radiating if _is_metal(table)
        ],
        "recalled, not read in a source, and sharp where real ones are not: cut-off and transmittance of": [
            name for name, table, _ in radiating if table.window_of and not window(table.window_of).verified
        ],
        "estimated: scattering of electrons at the surface, which sets the least emissivity of pure cold metals "
        "(anomalous skin effect), of": [
            name for name, table, _ in radiating if table.resistivity_of and metal(table.resistivity_of).floor > 0.0
        ],
    }
    return [f"{note} {_listed(names)}" for note, names in notes.items() if names]


def pane_notes(mesh: PreparedMesh, tables: Sequence[Optics | None]) -> list[str]:
    """Return a note on the rims of bodies that light passes."""
    faces = [index for index, table in enumerate(tables) if table is not None and table.passage == "body"]
    bodies = np.unique(mesh.facets.body[mesh.facets.exposed & np.isin(mesh.facets.surface, faces)])
    names = [mesh.bundle.body_names[body] for body in bodies if body >= 0]
    note = "assumed: what bounds a pane beside its faces (rim, mount) mirrors all light inside, as a polished rim does:"
    return [f"{note} {_listed(names)}"] if names else []


def is_spread(table: Optics, finish: Finish) -> bool:
    """Tell whether band emissivities would follow from totals that differ."""
    totals = {finish.e77, finish.a77_293, finish.e293}
    return (table.finish is not None or table.emissivity is not None) and len(totals) > 1


def _is_metal(table: Optics) -> bool:
    """Tell whether a resistivity gives the emissivity."""
    return table.resistivity_of is not None or table.resistivity_ohm_m is not None


def _listed(names: Sequence[str]) -> str:
    """Return the first names and how many more there are."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


__all__ = ["assumptions", "is_spread", "pane_notes"]
