"""Tables on the screen, and any report as tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from bbrmodel.cli.numbers import number, split_unit

# A number, perhaps with its error.
_NUMBER = re.compile(r"\(?[-+]?\d[\d.]*([eE][-+]?\d+)?( ± [\d.]+\)?([eE][-+]?\d+)?)?")


def make_table(title: str, columns: Sequence[str], *, rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose numbers stand at the right and whose names are never cut."""
    cells = [list(row) for row in rows]
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numeric = bool(cells) and all(_looks_numeric(row[index]) for row in cells)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _looks_numeric(cell: str) -> bool:
    return cell in ("", "-", "inf", "nan") or _NUMBER.fullmatch(cell) is not None


def report_tables(title: str, report: object) -> list[Table]:
    """Return any frozen report as tables: its numbers in one, and each list of records in one of its own."""
    values = as_plain(report)
    listed = {key: value for key, value in values.items() if _is_list_of(dict, value) or _is_list_of(list, value)}
    nested = {key: value for key, value in values.items() if isinstance(value, dict)}
    single = {key: value for key, value in values.items() if key not in listed | nested and value != []}
    for key, value in nested.items():
        single |= {f"{key} {name}": item for name, item in value.items()}
    tables = [make_table(title, ("quantity", "value", "unit"), rows=[_scalar_row(k, v) for k, v in single.items()])]
    tables += [_record_table(key, records) for key, records in listed.items()]
    return tables


def _is_list_of(kind: type, value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, kind) for item in value)


def _scalar_row(key: str, value: object) -> tuple[str, str, str]:
    label, unit = split_unit(key)
    return label, number(value), unit


def _record_table(key: str, records: Sequence[Any]) -> Table:
    if isinstance(records[0], list):
        return make_table(
            key.replace("_", " "), [""] * len(records[0]), rows=[[number(v) for v in row] for row in records]
        )
    columns = [" ".join(split_unit(name)).strip() for name in records[0]]
    return make_table(key.replace("_", " "), columns, rows=[[number(v) for v in record.values()] for record in records])


def as_plain(value: Any) -> Any:
    """Return dataclasses as dictionaries, arrays and tuples as lists, so that a report can be printed or dumped."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    return value


__all__ = ["as_plain", "make_table", "report_tables"]
