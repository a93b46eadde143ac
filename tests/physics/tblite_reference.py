"""Calculations of tblite, an independent implementation of the same method."""

from __future__ import annotations

from typing import Any

import pytest

from dnawire.constants import BOHR_ANGSTROM
from dnawire.structures import AtomicStructure

METHOD = "GFN1-xTB"


def new_calculator(structure: AtomicStructure) -> Any:  # noqa: ANN401
    """Calculator of a structure in vacuum, converged further than by default."""
    interface = pytest.importorskip("tblite.interface", reason="tblite has no wheel here")
    calculator = interface.Calculator(
        METHOD,
        structure.atomic_numbers,
        structure.positions / BOHR_ANGSTROM,
        charge=float(structure.charge),
    )
    for name, value in {"verbosity": 0, "save-integrals": 1, "accuracy": 1e-3}.items():
        calculator.set(name, value)
    return calculator
