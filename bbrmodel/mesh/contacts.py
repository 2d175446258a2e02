"""What touches what: bodies that share facets, and over which area."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.mesh.facets import Interfaces, facet_areas_normals


@dataclass(frozen=True)
class Contact:
    """Two bodies that touch."""

    first: str
    second: str
    area_m2: float
    facets: int


def report_contacts(bundle: MeshBundle, interfaces: Interfaces) -> tuple[Contact, ...]:
    """Return the contacts of all bodies, by their names."""
    if not len(interfaces.points):
        return ()
    area, _ = facet_areas_normals(bundle.points_m[interfaces.points])
    pairs, which = np.unique(interfaces.bodies, axis=0, return_inverse=True)
    which = which.reshape(-1)
    found = []
    for number, (a, b) in enumerate(pairs):
        mine = which == number
        first, second = sorted((bundle.body_names[a], bundle.body_names[b]))
        found.append(Contact(first, second, float(area[mine].sum()), int(mine.sum())))
    return tuple(sorted(found, key=lambda contact: (contact.first, contact.second)))


__all__ = ["Contact", "report_contacts"]
