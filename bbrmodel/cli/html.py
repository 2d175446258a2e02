"""One HTML file from what the commands print: tables, lines and pictures, readable without anything else."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #bbb }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13.5px }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { padding: .15rem .7rem; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #777; font-weight: 600 }
tr:nth-child(even) td { background: #f5f5f5 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { margin: 1.2rem 0 }
img { max-width: 100% }
figcaption { color: #555; font-size: 13px }
pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: 12.5px }
p { margin: .35rem 0 }
@media print { h2 { break-after: avoid } figure { break-inside: avoid } }
"""


@dataclass
class Collector:
    """Stands in for a console and keeps what is printed: tables as they are, everything else as text."""

    items: list[Table | str] = field(default_factory=list)

    def print(self, *things: object, **_: object) -> None:
        """Keep what would be printed."""
        self.items += [thing if isinstance(thing, Table) else str(thing) for thing in things]


def page(title: str, sections: Iterable[tuple[str, str]]) -> str:
    """Return a whole page from headings and their HTML."""
    body = "\n".join(f"<h2>{escape(heading)}</h2>\n{content}" for heading, content in sections if content)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    whole = f"<h1>{escape(title)}</h1>\n{body}"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{whole}\n</body></html>\n'


def blocks(items: Iterable[Table | str]) -> str:
    """Return tables as HTML tables and lines as paragraphs."""
    return "\n".join(_table(item) if isinstance(item, Table) else f"<p>{escape(item)}</p>" for item in items)


def pictures(paths: Sequence[Path]) -> str:
    """Return PNG files as figures that carry their data."""
    found = []
    for path in paths:
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        words = escape(path.stem.replace("_", " "))
        source = f"data:image/png;base64,{data}"
        found.append(f'<figure><img alt="{words}" src="{source}"><figcaption>{words}</figcaption></figure>')
    return "\n".join(found)


def preformatted(text: str) -> str:
    """Return a text in lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def _table(table: Table) -> str:
    aligned = [' class="number"' if column.justify == "right" else "" for column in table.columns]
    head = "".join(f"<th{kind}>{_plain(c.header)}</th>" for c, kind in zip(table.columns, aligned, strict=True))
    columns = [list(column.cells) for column in table.columns]
    rows = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{_plain(cell)}</td>" for cell, kind in zip(row, aligned, strict=True)) + "</tr>"
        for row in zip(*columns, strict=True)
    )
    title = f"<caption>{_plain(table.title)}</caption>" if table.title else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _plain(cell: Any) -> str:
    return escape(cell.plain if isinstance(cell, Text) else str(cell))


__all__ = ["Collector", "blocks", "page", "pictures", "preformatted"]
