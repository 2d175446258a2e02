"""Material properties with ranges and sources: k(T), c(T), finishes, joints, liquid nitrogen."""

from bbrmodel.materials.contact import Contact, contact_conductance, list_contacts
from bbrmodel.materials.curves import Curve, constant_curve
from bbrmodel.materials.finishes import Finish, constant_finish
from bbrmodel.materials.library import (
    Material,
    Window,
    copper_conductivity,
    list_finishes,
    list_materials,
    material,
    resolve_finish,
)

__all__ = [
    "Contact",
    "Curve",
    "Finish",
    "Material",
    "Window",
    "constant_curve",
    "constant_finish",
    "contact_conductance",
    "copper_conductivity",
    "list_contacts",
    "list_finishes",
    "list_materials",
    "material",
    "resolve_finish",
]
