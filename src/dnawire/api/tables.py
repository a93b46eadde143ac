"""Tables for people: in a terminal, in a notebook, in pandas."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from dnawire.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd

    from dnawire.plots import Table


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with columns of equal width: text to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if position in (0, last) else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def number(value: float, form: str) -> str:
    """Number in a table; a dash where there is none."""
    return "-" if math.isnan(value) else format(value, form)


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """Table for a notebook: names of the columns first, every text escaped."""
    head, *body = rows
    lines = [_html_row("th", head), *(_html_row("td", row) for row in body)]
    return f"<table>{''.join(lines)}</table>"


def html_lines(lines: Sequence[str]) -> str:
    """Lines of text for a notebook, in columns as they are, every text escaped."""
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def html_image(png: bytes, name: str) -> str:
    """Image for a notebook, which holds all of it."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{data}">'


def data_frame(table: Table) -> pd.DataFrame:
    """Columns with their units in their names, as in the CSV files.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    from dnawire.quantities import column_name

    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "to_dataframe needs pandas, which is not installed",
            "Install it: pip install pandas, or with all that notebooks need: "
            "pip install 'dnawire[notebook]'.",
        ) from error
    columns = {column_name(name, unit): values for name, (unit, values) in table.items()}
    return pd.DataFrame(columns)


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
