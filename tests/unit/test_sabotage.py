"""Every passage that a test of the tests takes away is there, so that none is out of date."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutate import MUTATIONS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "dnawire"


def sabotage_of_the_self_check() -> list[tuple[str, str]]:
    """File and passage of every sabotage, read as text: that module needs torch."""
    module = ast.parse((ROOT / "tests/e2e/test_self_check.py").read_text())
    (table,) = (
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SABOTAGE"
    )
    assert isinstance(table, ast.List)
    rows = [row.args for row in table.elts if isinstance(row, ast.Call)]
    return [(ast.literal_eval(row[0]), ast.literal_eval(row[1])) for row in rows]


PASSAGES = [*((row.file, row.old) for row in MUTATIONS), *sabotage_of_the_self_check()]


@pytest.mark.parametrize(("file", "passage"), PASSAGES)
def test_the_passage_occurs_exactly_once(file: str, passage: str) -> None:
    assert (SOURCE / file).read_text().count(passage) == 1


def test_no_table_is_empty_and_no_name_is_taken_twice() -> None:
    assert len(MUTATIONS) > 30
    assert len(sabotage_of_the_self_check()) > 2
    assert len({row.name for row in MUTATIONS}) == len(MUTATIONS)
