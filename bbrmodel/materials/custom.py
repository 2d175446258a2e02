"""Materials that a case brings along, and what a name in a case means: one of these, or one of the library."""

from collections.abc import Mapping
from dataclasses import dataclass

from bbrmodel.errors import ConfigError, UnknownNameError, suggest
from bbrmodel.materials.curves import Curve, constant_curve
from bbrmodel.materials.forms import LinearTable, LogLogTable
from bbrmodel.materials.library import list_materials, material
from bbrmodel.materials.spectral_resistivity import list_metals, resistivity_curve
from bbrmodel.spec import CustomMaterial, Property

_CONDUCTIVITY = "thermal conductivity [W/m/K]"
_HEAT_CAPACITY = "specific heat capacity [J/kg/K]"
_RESISTIVITY = "resistivity [ohm m]"
# The resistivities of copper are those of one metal with more or fewer impurities.
_COPPER = {"ofhc_cu_rrr50": 50.0, "ofhc_cu_rrr100": 100.0}


@dataclass(frozen=True)
class SolidMaterial:
    """What a solid or a wire needs to know of its material.

    Attributes
    ----------
    name
        As in the case.
    library
        Material of the library whose finishes and contacts hold; None where there is none.
    conductivity
        [W/m/K].
    heat_capacity, density_kg_m3, resistivity
        [J/kg/K], [kg/m3], [ohm m]; None where nobody gives them.
    """

    name: str
    library: str | None
    conductivity: Curve
    heat_capacity: Curve | None = None
    density_kg_m3: float | None = None
    resistivity: Curve | None = None


def find_material(name: str, custom: Mapping[str, CustomMaterial]) -> SolidMaterial:
    """Return the material that a case means by a name.

    Raises
    ------
    UnknownNameError
        Neither the case nor the library has it, or the library lacks what `like` names.
    ConfigError
        The case gives a material of the library another meaning.
    """
    if name not in custom:
        if name not in list_materials():
            known = [*custom, *list_materials()]
            raise UnknownNameError(
                f"material '{name}' is neither in the library nor in [materials].{suggest(name, known)}"
            )
        return _library_material(name)
    if name in list_materials():
        raise ConfigError(f"materials.{name}: the library has a material of that name. Choose another one.")
    table = custom[name]
    try:
        like = None if table.like is None else _library_material(table.like)
    except UnknownNameError as error:
        raise UnknownNameError(f"materials.{name}.like = '{table.like}': {error}") from None
    conductivity = _curve(table.conductivity_W_m_K, table, name, quantity=_CONDUCTIVITY)
    heat_capacity = _curve(table.heat_capacity_J_kg_K, table, name, quantity=_HEAT_CAPACITY)
    resistivity = _curve(table.resistivity_ohm_m, table, name, quantity=_RESISTIVITY)
    if conductivity is None and like is not None:
        conductivity = like.conductivity
    if conductivity is None:
        raise ConfigError(f"materials.{name}: has no conductivity. Give conductivity_W_m_K or like.")
    return SolidMaterial(
        name=name,
        library=table.like,
        conductivity=conductivity,
        heat_capacity=heat_capacity or (None if like is None else like.heat_capacity),
        density_kg_m3=table.density_kg_m3 or (None if like is None else like.density_kg_m3),
        resistivity=resistivity or (None if like is None else like.resistivity),
    )


def constant_material(conductivity_W_m_K: float, owner: str) -> SolidMaterial:
    """Return a nameless material of one conductivity."""
    return SolidMaterial("constant", None, constant_curve(conductivity_W_m_K, owner=owner, quantity=_CONDUCTIVITY))


def property_curve(table: Property, *, owner: str, quantity: str, source: str = "") -> Curve:
    """Return the curve of a property that a case gives; outside the range of its points it raises when asked."""
    if table.temperatures_K is None:
        return constant_curve(table.values[0], owner=owner, quantity=quantity)
    form = (LinearTable if table.interpolation == "linear" else LogLogTable)(table.temperatures_K, table.values)
    limits = (table.temperatures_K[0], table.temperatures_K[-1])
    return Curve(owner=owner, quantity=quantity, form=form, form_range_K=limits, source=source)


def _curve(table: Property | None, material: CustomMaterial, name: str, *, quantity: str) -> Curve | None:
    if table is None:
        return None
    return property_curve(table, owner=f"material {name}", quantity=quantity, source=material.origin)


def _library_material(name: str) -> SolidMaterial:
    found = material(name)
    resistivity = None
    if name in _COPPER:
        resistivity = resistivity_curve("ofhc_cu", residual_resistance_ratio=_COPPER[name])
    elif name in list_metals():
        resistivity = resistivity_curve(name)
    return SolidMaterial(
        name, name, found.conductivity, found.heat_capacity, found.density_kg_m3, resistivity=resistivity
    )


__all__ = ["SolidMaterial", "constant_material", "find_material", "property_curve"]
