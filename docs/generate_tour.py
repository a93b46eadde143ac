"""Run ``docs/python.md`` and write it, with what comes out, as ``examples/tour.ipynb``."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).with_name("python.md")
TARGET: Final = PAGE.parents[1] / "examples" / "tour.ipynb"

_CODE: Final = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\((?!https?:)([^()\s]+)\)")


def cells() -> Iterator[tuple[str, str]]:
    """Kind (``markdown`` or ``code``) and source of every cell."""
    text = PAGE.read_text(encoding="utf-8")
    for number, part in enumerate(_CODE.split(text)):
        is_code = number % 2 == 1
        source = part if is_code else _LINK.sub(r"](../docs/\1)", part)
        if source.strip():
            yield ("code" if is_code else "markdown"), source.strip()


def executed() -> Iterator[dict[str, Any]]:
    """Cells of the notebook, run one after the other in the folder of the moment."""
    names: dict[str, Any] = {}
    for number, (kind, source) in enumerate(cells(), start=1):
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": number, "outputs": list(_outputs(source, names, number))}
        yield cell


def notebook() -> str:
    """Return the notebook as JSON."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": list(executed()),
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _outputs(source: str, names: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Run one cell; yield what it prints, and the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    if text := printed.getvalue():
        yield {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
    if value is not None:
        yield {
            "data": _shown(value),
            "execution_count": number,
            "metadata": {},
            "output_type": "execute_result",
        }


def _shown(value: object) -> dict[str, Any]:
    """What a notebook would show, by type of content."""
    data: dict[str, Any] = {"text/plain": repr(value).splitlines(keepends=True)}
    html, png = getattr(value, "_repr_html_", None), getattr(value, "_repr_png_", None)
    # A figure of matplotlib has no HTML outside of a browser, and says so by None.
    if html is not None and (found := html()) is not None:
        data["text/html"] = found.splitlines(keepends=True)
    if png is not None:
        data["image/png"] = base64.b64encode(png()).decode("ascii")
    return data


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        text = notebook()
    TARGET.write_text(text, encoding="utf-8")
