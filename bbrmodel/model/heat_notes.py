"""What a case takes for granted about its heat paths, said in the warnings of every result."""

from collections.abc import Mapping

from bbrmodel.model.baths import ASSUMED_VAPOUR_FILM_W_M2_K
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.spec import BoundaryCondition, Case


def heat_notes(case: Case, mesh: PreparedMesh, conditions: Mapping[int, BoundaryCondition]) -> list[str]:
    """Return notes on vapour and on wires that radiate; conditions by surface index."""
    notes = []
    names = mesh.facets.surface_names
    vapour = [names[index] for index, c in conditions.items() if c.level_m is not None and c.vapour_film_W_m2_K is None]
    if vapour:
        value = f"{ASSUMED_VAPOUR_FILM_W_M2_K:g} W/m2/K"
        notes.append(f"assumed: vapour above level_m takes {value} from {', '.join(vapour)}; set vapour_film_W_m2_K")
    shining = [link.name or str(index) for index, link in enumerate(case.links) if link.side_emissivity is not None]
    if shining:
        notes.append(
            f"light from the sides of links {', '.join(shining)} goes to surroundings_K; no surface and no ion sees it"
        )
    return notes


__all__ = ["heat_notes"]
