"""Case files that build on another: `based_on` names it, `[set]` changes values of it, other tables replace its own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bbrmodel.errors import ConfigError
from bbrmodel.spec.toml_text import display_path, read_toml

_FILES = ("mesh_file", "step_file")


def read_tables(path: Path, find: Callable[[str | Path], Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tables that a case file amounts to, and the changes by dotted path that it makes to them.

    Parameters
    ----------
    path
        The case file.
    find
        Returns the file that a path or the name of a shipped case means.

    Raises
    ------
    ConfigError
        A file cannot be read, builds on itself, or `set` is no table.
    """
    return _read(path.resolve(), find, ())


def _read(
    path: Path, find: Callable[[str | Path], Path], below: tuple[Path, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return tables and changes of a file that others build on."""
    label = display_path(path)
    tables = read_toml(path)
    base, changes = tables.pop("based_on", None), tables.pop("set", {})
    if base is None:
        if changes:
            raise _problem(f"{label}: set: means nothing without based_on. Write the values themselves.")
        return tables, {}
    if not isinstance(base, str):
        raise _problem(f"{label}: based_on = {base!r}: must be a case file or the name of a shipped case.")
    if not isinstance(changes, Mapping):
        raise _problem(f'{label}: set = {changes!r}: must be a table such as "ion.rays" = 1000.')
    beside = path.parent / Path(base).expanduser()
    source = (beside if beside.exists() and not beside.is_dir() else find(base)).resolve()
    if source in (*below, path):
        raise _problem(f"{label}: based_on = '{base}': builds on itself. Name another case.")
    inherited, earlier = _read(source, find, (*below, path))
    _fix_files(inherited, source.parent)
    return {**inherited, **tables}, {**earlier, **changes}


def _fix_files(tables: dict[str, Any], base: Path) -> None:
    """Give mesh and CAD files, whose names count from the directory of their case file, their absolute paths."""
    geometry = tables.get("geometry")
    if not isinstance(geometry, Mapping):
        return
    files = {key: str(base / Path(geometry[key]).expanduser()) for key in _FILES if isinstance(geometry.get(key), str)}
    tables["geometry"] = {**geometry, **files}


def _problem(line: str) -> ConfigError:
    return ConfigError(line, [line])


__all__ = ["read_tables"]
