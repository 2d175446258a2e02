"""The table of a study: one row per point with its inputs, outputs, status, error and time."""

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bbrmodel.errors import BbrModelError
from bbrmodel.results import is_result_directory, lookup, read_result
from bbrmodel.study.points import Point
from bbrmodel.study.store import Store

TABLE_FILE = "table.csv"
OK, FAILED, PENDING = "ok", "failed", "pending"
_BOOKKEEPING = ("status", "error", "seconds", "warnings", "peak_memory_MiB", "point")


@dataclass(frozen=True)
class StudyTable:
    """What a study knows so far; the same rows as `table.csv`."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    warnings: Mapping[str, int]  # text of each warning -> number of points that gave it

    def count(self, status: str) -> int:
        """Return how many points are `ok`, `failed` or `pending`."""
        return sum(row["status"] == status for row in self.rows)


def build_table(points: Sequence[Point], outputs: Sequence[str], *, store: Store) -> StudyTable:
    """Return the rows of all points from what the store holds."""
    inputs = tuple(points[0].inputs) if points else ()
    columns = (*inputs, *outputs, *_BOOKKEEPING)
    warnings: Counter[str] = Counter()
    rows = [_row(point, outputs, store=store, warnings=warnings) for point in points]
    return StudyTable(store.directory / TABLE_FILE, columns, tuple(rows), dict(warnings))


def _row(point: Point, outputs: Sequence[str], *, store: Store, warnings: Counter[str]) -> dict[str, Any]:
    record = store.read_record(point.key)
    row: dict[str, Any] = {**point.inputs, **dict.fromkeys(outputs, ""), "point": point.key, "error": ""}
    row |= {"seconds": record.get("seconds", ""), "peak_memory_MiB": "", "warnings": ""}
    if not is_result_directory(store.point_directory(point.key)):
        error = point.problem or record.get("error", "")
        return row | {"status": FAILED if error else PENDING, "error": _one_line(error)}
    try:
        document = read_result(store.point_directory(point.key))
    except BbrModelError as error:
        return row | {"status": FAILED, "error": _one_line(str(error))}
    warnings.update(document["warnings"])
    row |= {"status": OK, "warnings": len(document["warnings"]), "peak_memory_MiB": document["peak_memory_MiB"]}
    return row | _read_outputs(document, outputs)


def _read_outputs(document: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Any]:
    """Return the outputs of a finished point; one that its result lacks stays empty and is named in `error`."""
    values: dict[str, Any] = {}
    errors: list[str] = []
    for path in outputs:
        try:
            value = lookup(document, path)
            values[path] = "" if value is None else value
        except BbrModelError as error:
            errors.append(_one_line(str(error)))
    return values | ({"error": "; ".join(errors)} if errors else {})


def _one_line(text: str) -> str:
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())


def write_table(table: StudyTable) -> None:
    """Write `table.csv` so that a reader never sees half of it."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fieldnames=table.columns)
    writer.writeheader()
    writer.writerows(table.rows)
    partial = table.path.with_name(f".{table.path.name}-{os.getpid()}")
    partial.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    partial.replace(table.path)


__all__ = ["FAILED", "OK", "PENDING", "TABLE_FILE", "StudyTable", "build_table", "write_table"]
