"""From a case file to a `Case`, and back."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bbrmodel.errors import ConfigError, suggest
from bbrmodel.resources import geometries_dir
from bbrmodel.spec.base import Finding, Location, Spec
from bbrmodel.spec.case import Case
from bbrmodel.spec.inherit import read_tables
from bbrmodel.spec.overrides import OverrideMapping, Overrides, apply_overrides, parse_overrides
from bbrmodel.spec.parameters import substitute_parameters
from bbrmodel.spec.problems import Subject, error_lines, finding_lines, problems_error
from bbrmodel.spec.toml_text import display_path, format_toml

_CASE_FILE = "case.toml"
_Model = TypeVar("_Model", bound=Spec)


def load_case(path_or_name: str | Path, overrides: Overrides = ()) -> Case:
    """Read a case.

    Parameters
    ----------
    path_or_name
        A case file, a directory with a `case.toml`, or the name of a shipped case.
    overrides
        Replacements `"a.b.c=value"`, or a mapping from dotted paths to values. Entries of lists are addressed by name
        or by index from 0; a bare key sets a parameter of the case or of its geometry builder.

    Returns
    -------
    :
        The case with its defaults filled in.

    Raises
    ------
    ConfigError
        The file cannot be read or says something that cannot be meant; `problems` has one line for each finding.

    Examples
    --------
    >>> load_case("lncioc_ca2", ["heat_sources.rf.power_W=0"])  # doctest: +SKIP
    """
    path = find_case(path_or_name)
    tables, changes = read_tables(path, find_case)
    if changes:  # once by themselves: overrides of the user come after them
        tables = changed_tables(tables, changes, label=display_path(path))
    return build_case(tables, overrides=overrides, label=display_path(path), source=path.resolve())


def changed_tables(tables: Mapping[str, Any], changes: Mapping[str, Any], *, label: str) -> dict[str, Any]:
    """Return tables with values replaced that dotted paths name.

    Raises
    ------
    ConfigError
        A path fits nothing in the tables.
    """
    raw: dict[str, Any] = _plain(tables)
    parsed, findings = parse_overrides(changes)
    misfits, _ = apply_overrides(raw, parsed, Case)
    if findings or misfits:
        subject = Subject(label, raw, Case, dict.fromkeys((found.location for found in misfits), "[set]"))
        raise problems_error(finding_lines(subject, [*findings, *misfits]))
    return raw


def build_case(
    tables: Mapping[str, Any], *, overrides: Overrides = (), label: str = "case", source: Path | None = None
) -> Case:
    """Make a case from the tables of a case file; `label` stands for the file in errors.

    Raises
    ------
    ConfigError
        As `load_case`.
    """
    raw: dict[str, Any] = _plain(tables)
    parsed, findings = parse_overrides(overrides)
    misfits, places = apply_overrides(raw, parsed, Case)
    findings += misfits
    result = substitute_parameters(raw)
    origins = dict.fromkeys([*places, *(found.location for found in misfits)], "an override")
    origins |= {location: f'"{reference}"' for location, reference in result.origins.items()}
    if "source" in raw:  # the field is for the program alone
        result.data.pop("source")
        findings.append(Finding(("source",), raw["source"], "unknown key", "Remove it"))
    subject = Subject(label, result.data, Case, origins)
    lines = finding_lines(subject, [*findings, *result.findings])
    case = validate(subject, Case, lines=lines, hidden=[found.location for found in result.findings])
    case = case.model_copy(update={"source": source})
    case._raw = raw
    return case


def with_overrides(case: Case, overrides: Overrides) -> Case:
    """Return a copy of a case with some values replaced, as `load_case` with the same overrides would give it.

    References to parameters still hold: to replace a parameter replaces every value that refers to it.

    Raises
    ------
    ConfigError
        As `load_case`.
    """
    label = display_path(case.source) if case.source is not None else case.name
    raw = case._raw
    if raw is None or build_case(raw, label=label) != case:  # made or changed in Python
        raw = _dump(case)
    return build_case(raw, overrides=overrides, label=label, source=case.source)


def find_case(name_or_path: str | Path) -> Path:
    """Return the case file that a path or the name of a shipped case means.

    Raises
    ------
    ConfigError
        There is no such file and no such case.
    """
    given = Path(name_or_path).expanduser()
    shipped = geometries_dir() / given / _CASE_FILE
    for path in (given, given / _CASE_FILE, shipped):
        if path.is_file():
            return path
    label = str(name_or_path)
    if given.is_dir():
        line = f"{label}: is a directory without {_CASE_FILE}. Give the path of a case file."
    else:
        line = f"{label}: no such file and no shipped case of that name.{suggest(label, list_cases())}"
    raise ConfigError(line, [line])


def list_cases() -> list[str]:
    """Return the names of the shipped cases, sorted."""
    return sorted(path.parent.name for path in geometries_dir().glob(f"*/{_CASE_FILE}"))


def resolved_toml(case: Case) -> str:
    """Return the case as TOML with all defaults and parameters filled in; `load_case` reads it back.

    A mesh or CAD file gets its absolute path, so that the text means the same in any directory.
    """
    tables = _dump(case)
    for key, path in (("mesh_file", case.mesh_path), ("step_file", case.step_path)):
        if path is not None:
            tables["geometry"][key] = str(path.resolve())
    return format_toml(tables)


def case_schema() -> dict[str, Any]:
    """Return the JSON schema of a case file."""
    schema = Case.model_json_schema(by_alias=True)
    schema["properties"].pop("source")
    return schema


def validate(
    subject: Subject, root: type[_Model], *, lines: Iterable[str] = (), hidden: Iterable[Location] = ()
) -> _Model:
    """Return the model of raw tables.

    Parameters
    ----------
    subject
        The tables without references to parameters, and what to call them.
    root
        Model of the whole file.
    lines
        Problems that were found before.
    hidden
        Places that these problems are about.

    Raises
    ------
    ConfigError
        With the given lines and those that validation adds.
    """
    problems = list(lines)
    try:
        model = root.model_validate(subject.data)
    except ValidationError as error:
        problems += error_lines(subject, error.errors(), hidden)
        raise problems_error(problems or [f"{subject.label}: not valid."]) from None
    if problems:
        raise problems_error(problems)
    return model


def _plain(value: Any) -> Any:
    """Return a copy that consists of dicts, lists and values, as a file yields."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _dump(case: Case) -> dict[str, Any]:
    """Return the tables of a case as a file would have them."""
    return case.model_dump(mode="python", by_alias=True, exclude_none=True)


__all__ = [
    "OverrideMapping",
    "Overrides",
    "build_case",
    "case_schema",
    "find_case",
    "list_cases",
    "load_case",
    "resolved_toml",
    "validate",
    "with_overrides",
]
