"""One value of a result document by its dotted path, such as `ion.surfaces.bbr_cavity__inner.share_of_T4`.

List elements are addressed by index, or by their `name`, `surface` or `body`; `*` stands for every element.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bbrmodel.errors import UnknownNameError, suggest

_LABELS = ("name", "surface", "body")


def lookup(document: Mapping[str, Any], path: str) -> Any:
    """Return the value at `path`.

    Raises
    ------
    UnknownNameError
        A part of the path does not exist, or it has a `*` and so names several values.
    """
    values = lookup_all(document, path)
    if "*" in path.split("."):
        message = f"result: '{path}' stands for {len(values)} values: one is needed. Replace * by an index or a name."
        raise UnknownNameError(message)
    return values[0]


def lookup_all(document: Mapping[str, Any], path: str) -> list[Any]:
    """Return every value that `path` stands for; one, unless the path has a `*`."""
    return list(_walk(document, path.split("."), path=path))


def _walk(value: Any, parts: Sequence[str], *, path: str) -> Iterator[Any]:
    if not parts:
        yield value
        return
    children = _children(value)
    if parts[0] == "*":
        for child in value if isinstance(value, list) else children.values():
            yield from _walk(child, parts[1:], path=path)
        return
    # A key may itself hold dots, so the longest one that fits goes first.
    for end in range(len(parts), 0, -1):
        key = ".".join(parts[:end])
        if key in children:
            yield from _walk(children[key], parts[end:], path=path)
            return
    named = [key for key in children if not key.isdigit()]
    raise UnknownNameError(
        f"result: '{path}': there is no '{parts[0]}' in this result.{suggest(parts[0], named or children)}"
    )


def _children(value: object) -> dict[str, Any]:
    """Return what can follow a dot, by key; list elements appear under their index and their label."""
    if isinstance(value, Mapping):
        return {str(key): child for key, child in value.items()}
    if not isinstance(value, list):
        return {}
    children: dict[str, Any] = {str(index): child for index, child in enumerate(value)}
    for child in value:
        label = next((child[key] for key in _LABELS if key in child), None) if isinstance(child, Mapping) else None
        if label is not None:
            children.setdefault(str(label), child)
    return children


__all__ = ["lookup", "lookup_all"]
