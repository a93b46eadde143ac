"""Measures of style that no linter takes: lines of files and of functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "docs", "benchmarks", "examples")
FILES = (*ROOT.glob("*.py"), *(file for name in FOLDERS for file in (ROOT / name).rglob("*.py")))


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_files_and_functions_are_short() -> None:
    assert len(FILES) > 100
    long = []
    for file in FILES:
        text, name = file.read_text(encoding="utf-8"), file.relative_to(ROOT)
        if (lines := len(text.splitlines())) > MAX_FILE_LINES:
            long.append(f"{name}: {lines} lines")
        long += [
            f"{name}: {function}: {lines} lines"
            for function, lines in functions(text)
            if lines > MAX_FUNCTION_LINES
        ]
    assert long == []
