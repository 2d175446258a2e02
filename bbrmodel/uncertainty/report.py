"""Write an uncertainty study: tables as text files, everything as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bbrmodel.results import case_hash
from bbrmodel.spec import Case
from bbrmodel.uncertainty.tables import UncertaintyTable, as_csv, as_latex, as_markdown

RESULT_FILE = "uncertainty.json"


def to_document(case: Case, tables: Sequence[UncertaintyTable], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the study as plain values."""
    found = {table.quantity: asdict(table) for table in tables}
    return {"schema_version": 1, "case": case.name, "case_hash": case_hash(case), "linear": found, **extra}


def write_report(directory: Path, document: Mapping[str, Any], tables: Sequence[UncertaintyTable]) -> tuple[Path, ...]:
    """Write the JSON document, and each table as CSV, Markdown and LaTeX; return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {RESULT_FILE: json.dumps(document, indent=2, default=float) + "\n"}
    for table in tables:
        for suffix, form in (("csv", as_csv), ("md", as_markdown), ("tex", as_latex)):
            files[f"{table.quantity}.{suffix}"] = form(table)
    for name, text in files.items():
        partial = directory / f".{name}.partial"
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(directory / name)
    return tuple(directory / name for name in files)


__all__ = ["RESULT_FILE", "to_document", "write_report"]
