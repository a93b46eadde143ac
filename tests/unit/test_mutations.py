"""Rows of the mutation gate name passages and tests that there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mutate import MUTATIONS, out_of_date
from tests.mutations.mutation import Mutation

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_it_is_not_out_of_date(mutation: Mutation) -> None:
    assert out_of_date(mutation, ROOT / "src") == ""
    named = [word for word in mutation.tests.split() if word.startswith("tests/")]
    assert named
    assert all((ROOT / word.partition("::")[0]).exists() for word in named)
