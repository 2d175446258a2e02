"""What is wrong with the heat paths of a case as a whole: contradictions and bodies without a way to a temperature."""

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.mesh import SplitMesh
from bbrmodel.model.assign import Assignment
from bbrmodel.model.light import Light
from bbrmodel.model.paths import anchored_groups, bodies_of, check_anchored
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.parts import find_enclosures
from bbrmodel.spec import Case


def check_heat_paths(case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh) -> None:
    """Raise when nodes are held at two temperatures, or when a body has no way to any.

    Raises
    ------
    ConfigError
        Naming the surfaces, or the bodies and what would tie them.
    """
    _check_meeting_temperatures(case, mesh, assignment, split)
    check_anchored(case, mesh, assignment)


def _check_meeting_temperatures(case: Case, mesh: PreparedMesh, assignment: Assignment, split: SplitMesh) -> None:
    """Raise when two surfaces of different fixed temperature share nodes, within a body or where two are bonded."""
    facets, names = mesh.facets, mesh.facets.surface_names
    held = {i: float(c.temperature_K) for i, c in assignment.conditions.items() if c.temperature_K is not None}
    nodes = {i: np.unique(split.facet_nodes[(facets.surface == i) & (split.facet_nodes[:, 0] >= 0)]) for i in held}
    found = []
    for first, here in held.items():
        for second, there in held.items():
            if first < second and here != there:
                shared = len(np.intersect1d(nodes[first], nodes[second], assume_unique=True))
                if shared:
                    found.append(
                        f"{case.source or case.name}: boundary_conditions: surfaces '{names[first]}' ({here:g} K) and "
                        f"'{names[second]}' ({there:g} K) share {shared} nodes, which cannot have both. Hold one of "
                        "them through a film (film_W_m2_K and ambient_K), or leave a free surface between them."
                    )
    if found:
        raise ConfigError("\n".join(found), found)


def check_lit(case: Case, mesh: PreparedMesh, assignment: Assignment, light: Light) -> None:
    """Raise when light is the only way out of some bodies, and it leads to nothing that has a temperature.

    Raises
    ------
    ConfigError
        Naming the bodies and the enclosure that they share.
    """
    group, tied = anchored_groups(case, mesh, assignment)
    if tied.issuperset(group):
        return
    s = light.exchange.surfaces
    areas = next(iter(s.areas.values()))
    parts = find_enclosures(areas, s.surface, surface_names=s.surface_names, radiates=s.radiates)
    shells = {mesh.facets.surface_names[k] for k in np.unique(mesh.facets.surface[mesh.facets.body < 0])}
    members = {p.name: {group[b] for surface in p.surfaces for b in bodies_of(mesh, surface)} for p in parts}
    warm = {p.name for p in parts if p.open or shells & set(p.surfaces)}
    before = -1
    while len(tied) != before:  # temperatures spread from enclosure to enclosure through bodies
        before = len(tied)
        for name, groups in members.items():
            if name in warm or groups & tied:
                tied |= groups
    loose = [name for body, name in enumerate(mesh.bundle.body_names) if group[body] not in tied]
    if loose:
        lonely = [name for name, groups in members.items() if groups and not groups <= tied]
        where = f" share only the light of enclosure '{lonely[0]}', which" if lonely else " radiate to nothing that"
        raise ConfigError(
            f"{case.source or case.name}: {', '.join(loose)}{where} no temperature reaches: the problem is singular. "
            "Add a boundary condition, a joint or a link, or open the enclosure."
        )


__all__ = ["check_heat_paths", "check_lit"]
