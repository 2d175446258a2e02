"""Finding the model, the field and the display name that belong to a place in a case or study file."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from bbrmodel.spec.base import Location, Spec, field_names
from bbrmodel.spec.toml_text import format_key


def model_at(root: type[Spec], location: Location) -> type[Spec] | None:
    """Return the model of the table at a location, None where there is no such table."""
    kind = kind_at(root, location)
    return kind if isinstance(kind, type) and issubclass(kind, Spec) else None


def is_list_of_tables(root: type[Spec], location: Location) -> bool:
    """Tell whether a location holds an array of tables."""
    kind = kind_at(root, location)
    return get_origin(kind) is tuple and model_at(root, (*location, 0)) is not None


def field_at(root: type[Spec], location: Location) -> FieldInfo | None:
    """Return the field at a location, None if it is an unknown key or an entry of a table of free keys."""
    model = model_at(root, location[:-1]) if location else None
    return None if model is None else _field(model, location[-1])


def kind_at(root: type[Spec], location: Location) -> Any:
    """Return the annotation of the value at a location, None for an unknown key."""
    kind: Any = root
    for key in location:
        kind = _child(kind, key)
    return kind


def locations_of_key(root: type[Spec], key: str) -> list[str]:
    """Return the tables, as headers in a file, that have a key of that name."""
    found = []
    for name in field_names(root):
        below: Location = (name,)
        header = f"[{name}]"
        if is_list_of_tables(root, below):
            below, header = (name, 0), f"[[{name}]]"
        elif model_at(root, below) is None:
            below, header = (name, "x"), f"[{name}.<name>]"
        model = model_at(root, below)
        if model is not None and key in field_names(model):
            found.append(header)
    return found


def dotted_path(location: Location, data: object) -> str:
    """Return a location as a dotted path; entries of lists appear by name where that is unique."""
    parts: list[str] = []
    node = data
    for key in location:
        if isinstance(key, int) and isinstance(node, list | tuple):
            parts.append(format_key(_entry_name(node, key)))
            node = node[key] if key < len(node) else None
        else:
            parts.append(format_key(key))
            node = node.get(key) if isinstance(node, Mapping) else None
    return ".".join(parts)


def _entry_name(items: list[Any] | tuple[Any, ...], index: int) -> str | int:
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    name = names[index] if index < len(names) else None
    return name if isinstance(name, str) and name and names.count(name) == 1 else index


def _child(kind: Any, key: str | int) -> Any:
    """Return the annotation of one key of an annotated value."""
    if isinstance(kind, type) and issubclass(kind, Spec):
        field = _field(kind, key)
        return None if field is None else _bare(field.annotation)
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _bare(arguments[1])
    if get_origin(kind) is tuple:
        return _bare(arguments[0])
    return None


def _field(model: type[Spec], key: str | int) -> FieldInfo | None:
    attribute = field_names(model).get(str(key))
    return None if attribute is None else model.model_fields[attribute]


def _bare(kind: Any) -> Any:
    """Strip what wraps a type: constraints and `| None`."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else kind
    return kind


__all__ = ["dotted_path", "field_at", "is_list_of_tables", "kind_at", "locations_of_key", "model_at"]
