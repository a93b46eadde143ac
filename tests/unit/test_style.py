"""Measures of style that no linter takes: sizes, and who may print."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 8
FOLDERS = ("src", "tests", "docs", "benchmarks", "examples")
FILES = sorted(
    [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
)
SILENT = [
    file
    for file in FILES
    if file.is_relative_to(ROOT / "src") and not file.is_relative_to(ROOT / "src/dnawire/cli")
]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(file: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def parameters(function: Function) -> list[str]:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_functions_are_short_and_take_few_parameters(file: Path) -> None:
    is_test = file.is_relative_to(ROOT / "tests")
    for function in functions(file):
        assert length(function) <= MAX_FUNCTION_LINES, f"{function.name} is too long"
        assert is_test or len(parameters(function)) <= MAX_PARAMETERS, f"{function.name}: too many"


@pytest.mark.parametrize("file", SILENT, ids=name_of)
def test_only_the_command_line_prints(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        is_print = isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
        assert not is_print, f"line {getattr(node, 'lineno', 0)}"
