"""Reading and writing TOML, with errors of one line."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bbrmodel.errors import ConfigError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_POSITION = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.S)
_LONGEST_VALUE = 90


def display_path(path: Path) -> str:
    """Return a path as a user would type it: relative where it lies below the working directory."""
    absolute = Path.cwd() / path
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    ConfigError
        The file cannot be read, is not UTF-8 or not TOML; the message has one line.
    """
    label = display_path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _one_problem(f"{label}: cannot be read: {error.strerror}. Give the path of a TOML file.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise _one_problem(f"{label}: line {line} = byte 0x{byte:02x}: must be UTF-8 text. Save as UTF-8.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _one_problem(f"{label}: {_describe_syntax(str(error), text)}") from error


def parse_value(text: str) -> Any:
    """Return a TOML value, or the text itself where it is a bare word.

    Raises
    ------
    ValueError
        The text starts like a string, list or table and does not end like one.
    """
    try:
        tables = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError as error:
        if text.lstrip()[:1] in ('"', "'", "[", "{"):
            raise ValueError(f"is not a TOML value: {_lower_first(_strip_position(str(error)))}") from error
        return text
    return tables["value"] if list(tables) == ["value"] else text


def format_key(key: str | int) -> str:
    """Return a key as it stands in a dotted path, in quotes where TOML needs them."""
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else _quoted(text)


def format_value(value: object) -> str:
    """Return a value as inline TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int | float):
        return repr(float(value)) if isinstance(value, float) else str(int(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{format_key(key)} = {format_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(format_value(item) for item in value) + "]"
    return str(value)


def shorten(value: object) -> str:
    """Return a value for a message: inline TOML without the tail of what is very long."""
    text = format_value(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 4] + " ..."


def format_toml(tables: Mapping[str, Any]) -> str:
    """Return a TOML document; None and empty containers are left out."""
    return "\n".join(_table_lines(tables, ())).lstrip("\n") + "\n"


def _table_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Return the lines of a table: its values first, then its tables, as TOML wants it."""
    lines, below = [], []
    for key, value in table.items():
        header = ".".join(format_key(part) for part in (*path, key))
        if value is None or (isinstance(value, Mapping | list | tuple) and not value):
            continue
        if isinstance(value, Mapping):
            below += ["", f"[{header}]", *_table_lines(value, (*path, key))]
        elif isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
            for item in value:
                below += ["", f"[[{header}]]", *_table_lines(item, (*path, key))]
        else:
            lines.append(f"{format_key(key)} = {format_value(value)}")
    return lines + below


def _quoted(text: str) -> str:
    """Return a TOML basic string; JSON has the same escapes but leaves DEL alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _describe_syntax(message: str, text: str) -> str:
    """Return where and why a text is not TOML."""
    found = _POSITION.match(message)
    lines = text.splitlines()
    if found is None or found["line"] is None:
        return f"line {len(lines)}: not valid TOML: {_lower_first(_strip_position(message))}. The file ends too early."
    number = int(found["line"])
    shown = shorten(lines[number - 1].strip()) if number <= len(lines) else '""'
    return (
        f"line {number}, column {found['column']} = {shown}: not valid TOML: {_lower_first(found['what'])}. "
        "Correct the line or the one before."
    )


def _strip_position(message: str) -> str:
    return re.sub(r" \(at .*\)$", "", message, flags=re.S)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:].replace("\n", " ")


def _one_problem(line: str) -> ConfigError:
    return ConfigError(line, [line])


__all__ = ["display_path", "format_key", "format_toml", "format_value", "parse_value", "read_toml", "shorten"]
