"""Write the tables of keys in docs/reference from the input models, and docs/vv/papers.md from the budgets.

    python scripts/reference_pages.py

A test fails when the pages and the models differ. Text between the tables is written by hand and stays.
"""

import inspect
import re
from pathlib import Path
from typing import Any

from bbrmodel.budget import EvaluatedBudget, evaluate_budget, find_budget, list_budgets
from bbrmodel.budget.evaluate import AGREES, DIFFERS, PRINTED_ONLY, ROUNDED_UP
from bbrmodel.budget.formulas import formula, list_formulas
from bbrmodel.budget.write import to_markdown
from bbrmodel.spec import case_schema
from bbrmodel.spec.budget import Budget
from bbrmodel.spec.study import Study

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"
FORMULAS, BUDGETS = "<!-- formulas -->", "<!-- budgets -->"
BEGIN, END = "<!-- keys of {name} -->", "<!-- end of keys -->"
_ANY_VALUE = ("true/false", "whole number", "number", "text")
_TABLE = re.compile(r"<!-- keys of (\w+) -->\n.*?<!-- end of keys -->", re.DOTALL)


def models(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of each table of a file by the name of its model."""
    tables = {schema["title"]: schema, **schema.get("$defs", {})}
    return {name: table for name, table in tables.items() if "properties" in table}


def key_table(model: dict[str, Any]) -> str:
    """Return the Markdown table of the keys of one model."""
    required = set(model.get("required", ()))
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, field in model["properties"].items():
        default = "required" if key in required else _default(field.get("default"))
        rows.append(f"| `{key}` | {_kind(field)} | {default} | {_escaped(field.get('description', ''))} |")
    return "\n".join(rows)


def _escaped(text: str) -> str:
    """Return a text whose angle brackets Markdown leaves alone."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _default(value: object) -> str:
    if value is None or value in ({}, [], ""):
        return "-"
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _kind(field: dict[str, Any]) -> str:
    """Return type and limits in a few words."""
    if "$ref" in field:
        return "table"
    if "anyOf" in field:
        kinds = [_kind(option) for option in field["anyOf"] if option.get("type") != "null"]
        if set(_ANY_VALUE) <= set(kinds):  # a parameter
            kinds = ["value", *(kind for kind in kinds if kind not in _ANY_VALUE)]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in field or "const" in field:
        return " or ".join(f'"{v}"' if isinstance(v, str) else str(v) for v in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return _array(field)
    if field.get("type") == "object":
        return _table_of(field)
    return _scalar(field)


def _array(field: dict[str, Any]) -> str:
    if "prefixItems" in field:
        return f"list of {len(field['prefixItems'])} {_plural(_kind(field['prefixItems'][0]))}"
    return f"list of {_plural(_kind(field.get('items', {})))}"


def _table_of(field: dict[str, Any]) -> str:
    inner = field.get("additionalProperties", {})
    return f"{_plural(_kind(inner))} by name"


def _plural(kind: str) -> str:
    """Return the plural of a kind, in brackets where that is several words; limits stay behind it."""
    if " or " in kind or kind.startswith("list"):
        return f"({kind})"
    noun, space, limits = kind.partition(" ") if kind.startswith("number") else (kind, "", "")
    return f"{noun}s{space}{limits}"


def _scalar(field: dict[str, Any]) -> str:
    """Return a simple type with its limits."""
    names = {"number": "number", "integer": "whole number", "boolean": "true/false", "string": "text"}
    name = names.get(str(field.get("type")), "value")
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    limits = [f"{sign} {field[key]:g}" for key, sign in signs.items() if key in field]
    return f"{name} {', '.join(limits)}".strip()


def filled(text: str, schema: dict[str, Any]) -> str:
    """Return a page with every table of keys written anew."""
    known = models(schema)

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        return f"{BEGIN.format(name=name)}\n{key_table(known[name])}\n{END}"

    return _TABLE.sub(fill, text)


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema that each page shows."""
    study = Study.model_json_schema(by_alias=True)
    study["properties"].pop("source")
    return {"case.md": case_schema(), "study.md": study, "budget.md": Budget.model_json_schema(by_alias=True)}


def formula_table() -> str:
    """Return the Markdown table of the formulas of budgets."""
    rows = ["| formula | inputs | gives |", "|---|---|---|"]
    for name in list_formulas():
        function = formula(name)
        inputs = ", ".join(f"`{key}`" for key in inspect.signature(function).parameters)
        summary = (function.__doc__ or "").splitlines()[0].removeprefix("Return ").rstrip(".")
        rows.append(f"| `{name}` | {inputs} | {_escaped(summary).replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def with_formulas(text: str) -> str:
    """Return the page of budgets with the table of formulas written anew."""
    head, _, rest = text.partition(FORMULAS)
    return f"{head}{FORMULAS}\n{formula_table()}\n{END}{rest.partition(END)[2]}" if rest else text


def _summary(budgets: list[EvaluatedBudget]) -> str:
    """Return how many printed numbers there are in each budget, and what became of them."""
    kinds = (AGREES, ROUNDED_UP, DIFFERS, PRINTED_ONLY)
    rows = ["| budget | " + " | ".join(kinds) + " | marked X |", "|" + "---|" * (len(kinds) + 2)]
    for found in budgets:
        entries = (*found.rows, *found.checks)
        verdicts = [item.overall for item in entries]
        counts = [str(verdicts.count(kind)) for kind in kinds]
        marked = sum(item.entry.inconsistent for item in entries) + found.budget.total.inconsistent
        rows.append(f"| [{found.budget.name}](#{_anchor(found.budget.title)}) | {' | '.join(counts)} | {marked} |")
    return "\n".join(rows) + "\n"


def _anchor(title: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def papers_page(text: str) -> str:
    """Return the page of the papers' arithmetic: its text up to the mark, then every budget."""
    head, _, _ = text.partition(BUDGETS)
    budgets = [evaluate_budget(find_budget(name)) for name in list_budgets()]
    parts = [_summary(budgets)]
    for found in budgets:
        name = found.budget.name
        title = f"## {found.budget.title}\n`bbrmodel budget {name} --checks`; {found.budget.publication}\n"
        parts.append(f"{title}\n{to_markdown(found, checks=True)}")
    return f"{head}{BUDGETS}\n\n" + "\n".join(parts)


def main() -> None:
    """Write the pages."""
    for page, schema in schemas().items():
        path = DOCS / page
        path.write_text(with_formulas(filled(path.read_text(encoding="utf-8"), schema)), encoding="utf-8")
    papers = DOCS.parent / "vv" / "papers.md"
    papers.write_text(papers_page(papers.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
