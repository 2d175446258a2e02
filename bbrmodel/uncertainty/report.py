"""Write an uncertainty study: tables as text files, samples as CSV, everything as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bbrmodel.results import case_hash
from bbrmodel.spec import Case
from bbrmodel.uncertainty.sample_tables import samples_csv
from bbrmodel.uncertainty.tables import UncertaintyTable, as_csv, as_latex, as_markdown

if TYPE_CHECKING:
    from bbrmodel.uncertainty.run import UncertaintyStudy

RESULT_FILE, SAMPLES_FILE = "uncertainty.json", "samples.csv"


def to_document(case: Case, tables: Sequence[UncertaintyTable], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the study as plain values."""
    found = {table.quantity: asdict(table) for table in tables}
    return {"schema_version": 1, "case": case.name, "case_hash": case_hash(case), "linear": found, **extra}


def write_report(directory: Path, study: "UncertaintyStudy") -> tuple[Path, ...]:
    """Write JSON, each table as CSV, Markdown and LaTeX, and the samples; return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {RESULT_FILE: json.dumps(study.document, indent=2, default=float) + "\n"}
    for table in study.tables:
        for suffix, form in (("csv", as_csv), ("md", as_markdown), ("tex", as_latex)):
            files[f"{table.quantity}.{suffix}"] = form(table)
    if study.samples is not None:
        files[SAMPLES_FILE] = samples_csv(study.samples, study.inputs)
    for name, text in files.items():
        partial = directory / f".{name}.partial"
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(directory / name)
    return tuple(directory / name for name in files)


__all__ = ["RESULT_FILE", "SAMPLES_FILE", "to_document", "write_report"]
