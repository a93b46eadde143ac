"""Shapes that do not belong together are refused by name before compiled code reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dnawire.transport import block_spectra, block_totals, dense_spectra

B, L = 3, 8
GOOD = {
    "diagonal": np.zeros((B, L, 2, 2)),
    "step": np.zeros((B, L - 1, 2, 2)),
    "gamma_left": np.ones((B, L, 2)),
    "gamma_right": np.ones((B, L, 2)),
    "energies": np.linspace(-1.0, 1.0, 5),
}
BAD = {
    "few steps": {"step": np.zeros((B, 3, 2, 2))},
    "many steps": {"step": np.zeros((B, 2 * L, 2, 2))},
    "one Hamiltonian for all": {"diagonal": np.zeros((1, L, 2, 2))},
    "blocks that are not square": {"diagonal": np.zeros((B, L, 2, 3))},
    "no junction": {"diagonal": np.zeros((0, L, 2, 2))},
    "short left contacts": {"gamma_left": np.ones((B, 4, 2))},
    "short right contacts": {"gamma_right": np.ones((B, 4, 2))},
    "another mask": {"mask": np.ones((B, 4, 2), np.bool_)},
    "energies of two junctions": {"energies": np.zeros((2, 5))},
    "no energies": {"energies": np.zeros(0)},
    "an energy that is no number": {"energies": np.full(5, np.nan)},
}


@pytest.mark.parametrize("compute", [block_spectra, block_totals])
@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_blocks_that_do_not_fit_are_refused(
    compute: Callable[..., object], change: dict[str, Any]
) -> None:
    compute(**GOOD)
    (name,) = change
    with pytest.raises(ValueError, match=r"shape|energies") as caught:
        compute(**(GOOD | change))
    assert name in str(caught.value) or name == "diagonal"


@pytest.mark.parametrize(
    "change",
    [
        {"hamiltonian": np.zeros((B, 4, 5))},
        {"hamiltonian": np.zeros((4, 4))},
        {"gamma_left": np.ones((B, 3))},
        {"gamma_right": np.ones((1, 4))},
        {"energies": np.zeros((2, 5))},
    ],
)
def test_a_dense_hamiltonian_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    gamma = np.ones((B, 4))
    couplings = {"gamma_left": gamma, "gamma_right": gamma}
    good: dict[str, Any] = {"hamiltonian": np.zeros((B, 4, 4)), **couplings}
    good["energies"] = GOOD["energies"]
    dense_spectra(**good)
    with pytest.raises(ValueError, match="shape"):
        dense_spectra(**(good | change))
