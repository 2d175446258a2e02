"""A budget as rows of text, and as CSV, Markdown, LaTeX or a JSON document."""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bbrmodel.budget.compute import Value
from bbrmodel.budget.evaluate import DIFFERS, NOT_PRINTED, PRINTED_ONLY, EvaluatedEntry, last_digit
from bbrmodel.budget.table import EvaluatedBudget, Sums
from bbrmodel.spec.budget import BudgetCalculation

LEGEND = "X: the source contradicts itself, what it cites or its own formula there; the remark says how."
COLUMNS = ("effect", "printed", "recomputed", "corrected", "verdict")
CHECK_COLUMNS = ("number", "unit", "printed", "recomputed", "corrected", "verdict")

_ADDITIONS = {
    "quadrature": "sum, uncertainties in quadrature",
    "linear": "sum, uncertainties linearly",
    "groups": "sum, uncertainties linearly in groups, these in quadrature",
}
_INCOMPLETE = "corrected: uncertainty incomplete, see BBR"
_CSV_COLUMNS = (
    *("kind", "id", "title", "place", "unit", "printed", "printed_uncertainty", "recomputed"),
    *("recomputed_uncertainty", "corrected", "corrected_uncertainty", "verdict", "uncertainty_verdict"),
    *("inconsistent", "remark"),
)
_SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "^": r"\^{}", "~": r"\~{}", "<": r"$<$", ">": r"$>$"}

_NUMBERS = re.compile(r"[-+0-9. ±<e]*")

Cells = tuple[str, ...]


def heading(evaluated: EvaluatedBudget) -> str:
    """Return the title of a budget with its table and unit."""
    budget = evaluated.budget
    where = f", {budget.table}" if budget.table else ""
    case = f"; BBR of the case {evaluated.case}" if evaluated.case else ""
    return f"{budget.title}{where}, in units of {budget.unit}{case}"


def table_rows(evaluated: EvaluatedBudget) -> list[Cells]:
    """Return the rows of the table and its sums as text, one cell for each of `COLUMNS`."""
    return [*(_row_cells(row) for row in evaluated.rows), *_total_rows(evaluated)]


def check_rows(evaluated: EvaluatedBudget) -> list[Cells]:
    """Return the other numbers of the source as text, one cell for each of `CHECK_COLUMNS`."""
    rows = []
    for check in evaluated.checks:
        title, *others = _row_cells(check)
        rows.append((title, check.unit, *others))
    return rows


def remark_lines(evaluated: EvaluatedBudget, *, checks: bool) -> list[str]:
    """Return the remarks on rows (and checks), then those on the whole source."""
    entries = (*evaluated.rows, *evaluated.checks) if checks else evaluated.rows
    lines = [f"{item.entry.title}: {item.remark}" for item in entries if item.remark]
    if any(item.entry.inconsistent for item in entries) or evaluated.budget.total.inconsistent:
        lines.insert(0, LEGEND)
    if evaluated.budget.total.remark:
        lines.append(f"Total: {evaluated.budget.total.remark}")
    return [*lines, *evaluated.budget.remarks]


def input_rows(evaluated: EvaluatedBudget, *, checks: bool) -> list[Cells]:
    """Return entry, formula, input, value with uncertainty, unit, source and whether it was read there."""
    rows: list[Cells] = []
    for item in (*evaluated.rows, *evaluated.checks) if checks else evaluated.rows:
        for kind, part in (("recomputed", item.entry.recomputed), ("corrected", item.entry.corrected)):
            if part is not None:
                rows += _input_cells(f"{item.entry.id}: {kind}", part)
    return rows


def to_csv(evaluated: EvaluatedBudget, *, checks: bool) -> str:
    """Return the budget as CSV with every digit, one line for each row, sum and (if asked for) check."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    writer.writerows(_csv_entry("row", row) for row in evaluated.rows)
    for addition in _additions(evaluated):
        sums = [(s.shift, s.by(addition)) for s in (evaluated.printed, evaluated.recomputed, evaluated.own)]
        numbers = [f"{value:.10g}" for pair in sums for value in pair]
        writer.writerow(["sum", addition, _ADDITIONS[addition], "", evaluated.budget.unit, *numbers, "", "", "", ""])
    if checks:
        writer.writerows(_csv_entry("check", check) for check in evaluated.checks)
    return out.getvalue()


def to_markdown(evaluated: EvaluatedBudget, *, checks: bool) -> str:
    """Return the budget as Markdown: title, table, checks if asked for, remarks."""
    parts = [f"**{heading(evaluated)}**", _markdown_table(COLUMNS, table_rows(evaluated))]
    if checks and evaluated.checks:
        parts.append(_markdown_table(CHECK_COLUMNS, check_rows(evaluated)))
    remarks = remark_lines(evaluated, checks=checks)
    parts += ["\n".join(f"- {_markdown_text(line)}" for line in remarks)] if remarks else []
    return "\n\n".join(parts) + "\n"


def to_latex(evaluated: EvaluatedBudget, *, checks: bool) -> str:
    """Return the table (and the checks if asked for) as LaTeX, with the rules of the package booktabs."""
    tables: list[tuple[str, Sequence[str], list[Cells]]] = [(heading(evaluated), COLUMNS, table_rows(evaluated))]
    if checks and evaluated.checks:
        tables.append(("Other numbers", CHECK_COLUMNS, check_rows(evaluated)))
    return "\n".join(_latex_table(title, columns, rows=rows) for title, columns, rows in tables)


def to_document(evaluated: EvaluatedBudget) -> dict[str, Any]:
    """Return the budget as plain JSON types: inputs, printed, recomputed and corrected numbers, verdicts, sums."""
    budget = evaluated.budget
    total = budget.total
    return {
        "name": budget.name,
        "title": budget.title,
        "publication": budget.publication,
        "table": budget.table,
        "clock": budget.clock,
        "unit": budget.unit,
        "case": evaluated.case or None,
        "complete": evaluated.complete,
        "rows": [_entry_document(row) for row in evaluated.rows],
        "checks": [_entry_document(check) for check in evaluated.checks],
        "total": {
            "printed": None if total.shift is None else float(total.shift),
            "printed_uncertainty": None if total.uncertainty is None else float(total.uncertainty),
            "addition": total.addition,
            "verdict": evaluated.verdict,
            "uncertainty_verdict": evaluated.uncertainty_verdict,
            "inconsistent": total.inconsistent,
            "remark": total.remark,
        },
        "sums": {name: asdict(getattr(evaluated, name)) for name in ("printed", "recomputed", "own")},
        "remarks": list(budget.remarks),
    }


def verdict_text(item: EvaluatedEntry) -> str:
    """Return the verdict on a row in a few words; inconsistencies of the source are marked with an X."""
    value, uncertainty = item.verdict, item.uncertainty_verdict
    trivial = item.printed is not None and item.printed.value == 0.0  # a shift of 0 says nothing
    if value == NOT_PRINTED or (trivial and uncertainty != NOT_PRINTED):
        text = uncertainty
    elif uncertainty in (NOT_PRINTED, value):
        text = value
    else:
        text = f"{value}; uncertainty {uncertainty}"
    return f"X {text}" if item.entry.inconsistent else text


def _row_cells(item: EvaluatedEntry) -> Cells:
    entry = item.entry
    digits = [last_digit(text) for text in (entry.shift, entry.uncertainty) if text is not None]
    step = min(digits, default=None)
    printed = _printed_text(entry.shift, entry.uncertainty, limit=entry.upper_limit)
    # Where only an uncertainty is printed, a shift of 0 beside it would be news.
    zero = "" if entry.shift is None and entry.uncertainty is not None else "0 "
    recomputed, corrected = (_text(value, step, zero=zero) for value in (item.recomputed, item.corrected))
    return entry.title, printed, recomputed, corrected, verdict_text(item)


def _printed_text(shift: str | None, uncertainty: str | None, *, limit: bool) -> str:
    sign = "<" if limit else "±"
    if uncertainty is None:
        return shift or ""
    return f"{sign} {uncertainty}" if shift is None else f"{shift} {sign} {uncertainty}"


def _text(value: Value | None, step: float | None, *, zero: str = "0 ") -> str:
    """Return a value and its uncertainty with a digit more than is printed; with four digits where nothing is."""
    if value is None:
        return ""
    if value.value == 0.0 and value.uncertainty is not None:
        return f"{zero}± {_number(value.uncertainty, step)}"
    shown = "" if value.value is None else _number(value.value, step)
    return shown if value.uncertainty is None else f"{shown} ± {_number(value.uncertainty, step)}".strip()


def _number(value: float, step: float | None) -> str:
    if step is None:
        return f"{value:.4g}"
    decimals = max(0, 1 - round(math.log10(step)))
    if value != 0.0 and abs(value) < 0.5 * 10.0**-decimals:
        return f"{value:.2g}"
    return f"{value:.{decimals}f}"


def _additions(evaluated: EvaluatedBudget) -> list[str]:
    return [name for name in _ADDITIONS if name != "groups" or evaluated.printed.groups is not None]


def _total_rows(evaluated: EvaluatedBudget) -> list[Cells]:
    """Return the printed total with its verdict, and the sums of all columns."""
    budget, total = evaluated.budget, evaluated.budget.total
    steps = [last_digit(text) for text in (total.shift, total.uncertainty) if text is not None]
    step = min(steps, default=None)
    rows: list[Cells] = []
    if steps:
        words = [word for word in (evaluated.verdict, evaluated.uncertainty_verdict) if word != PRINTED_ONLY]
        found = DIFFERS if DIFFERS in words else " / ".join(dict.fromkeys(words))
        mark = "X " if total.inconsistent else ""
        rows.append(
            ("total as printed", _printed_text(total.shift, total.uncertainty, limit=False), "", "", mark + found)
        )
    shifts = any(entry.shift is not None for entry in budget.rows)
    for addition in _additions(evaluated):
        sums = (evaluated.printed, evaluated.recomputed, evaluated.own)
        cells = (_sum_text(s, addition, step=step, shifts=shifts) for s in sums)
        rows.append((_ADDITIONS[addition], *cells, "" if evaluated.complete else _INCOMPLETE))
    return rows


def _sum_text(sums: Sums, addition: str, *, step: float | None, shifts: bool) -> str:
    return _text(Value(sums.shift if shifts else None, sums.by(addition)), step)


def _input_cells(name: str, part: BudgetCalculation) -> Iterable[Cells]:
    for key, item in part.inputs.items():
        values = item.value if isinstance(item.value, tuple) else (item.value,)
        text = ", ".join(value if isinstance(value, str) else f"{value:.10g}" for value in values)
        if item.uncertainty is not None:
            sizes = item.uncertainty if isinstance(item.uncertainty, tuple) else (item.uncertainty,)
            text += " ± " + ", ".join(f"{size:.4g}" for size in sizes)
        yield name, part.formula, key, text, item.unit, item.source, "yes" if item.verified else "no"
    if not part.inputs:
        yield name, part.formula, "", "as recomputed", "", "", ""


def _csv_entry(kind: str, item: EvaluatedEntry) -> list[str]:
    numbers = [
        "" if number is None else f"{number:.10g}"
        for value in (item.printed, item.recomputed, item.corrected)
        for number in ((None, None) if value is None else (value.value, value.uncertainty))
    ]
    entry = item.entry
    words = [item.verdict, item.uncertainty_verdict, "yes" if entry.inconsistent else "no", item.remark]
    return [kind, entry.id, entry.title, entry.place, item.unit, *numbers, *words]


def _entry_document(item: EvaluatedEntry) -> dict[str, Any]:
    entry = item.entry
    parts = {"recomputed": entry.recomputed, "corrected": entry.corrected}
    return {
        "id": entry.id,
        "title": entry.title,
        "place": entry.place,
        "unit": item.unit,
        "printed": None if item.printed is None else asdict(item.printed),
        **{name: _value_document(getattr(item, name), part) for name, part in parts.items()},
        "own": asdict(item.own),
        "verdict": item.verdict,
        "uncertainty_verdict": item.uncertainty_verdict,
        "upper_limit": entry.upper_limit,
        "inconsistent": entry.inconsistent,
        "group": entry.group,
        "remark": item.remark,
    }


def _value_document(value: Value | None, part: BudgetCalculation | None) -> dict[str, Any] | None:
    if value is None:
        return None
    how = {} if part is None else part.model_dump(mode="json", exclude={"remark"})
    return {**asdict(value), **how}


def _markdown_table(columns: Sequence[str], rows: Iterable[Cells]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_markdown_text(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _markdown_text(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")


def _latex_table(title: str, columns: Sequence[str], *, rows: Iterable[Cells]) -> str:
    aligned = "l" + "r" * (len(columns) - 2) + "l"
    lines = [f"% {title}", rf"\begin{{tabular}}{{{aligned}}}", r"\toprule"]
    lines += [" & ".join(columns) + r" \\", r"\midrule"]
    lines += [" & ".join(_latex_text(cell) for cell in row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _latex_text(text: str) -> str:
    if _NUMBERS.fullmatch(text):
        number = text.replace("±", r"\pm")
        return f"${number}$" if number else ""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


__all__ = [
    "CHECK_COLUMNS",
    "COLUMNS",
    "LEGEND",
    "check_rows",
    "heading",
    "input_rows",
    "remark_lines",
    "table_rows",
    "to_csv",
    "to_document",
    "to_latex",
    "to_markdown",
    "verdict_text",
]
