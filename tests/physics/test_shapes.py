"""Shapes that do not belong together are refused by name before compiled code reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from dnawire.transport import block_densities, block_spectra, block_totals, dense_spectra

B, L = 3, 8
GOOD = {
    "diagonal": torch.zeros(B, L, 2, 2),
    "step": torch.zeros(B, L - 1, 2, 2),
    "gamma_left": torch.ones(B, L, 2),
    "gamma_right": torch.ones(B, L, 2),
    "energies": torch.linspace(-1.0, 1.0, 5, dtype=torch.float64),
}
BAD = {
    "few steps": {"step": torch.zeros(B, 3, 2, 2)},
    "many steps": {"step": torch.zeros(B, 2 * L, 2, 2)},
    "one Hamiltonian for all": {"diagonal": torch.zeros(1, L, 2, 2)},
    "blocks that are not square": {"diagonal": torch.zeros(B, L, 2, 3)},
    "no junction": {"diagonal": torch.zeros(0, L, 2, 2)},
    "short left contacts": {"gamma_left": torch.ones(B, 4, 2)},
    "short right contacts": {"gamma_right": torch.ones(B, 4, 2)},
    "another mask": {"mask": torch.ones(B, 4, 2, dtype=torch.bool)},
    "energies of two junctions": {"energies": torch.zeros(2, 5, dtype=torch.float64)},
    "no energies": {"energies": torch.zeros(0, dtype=torch.float64)},
    "an energy that is no number": {"energies": torch.full((5,), torch.nan, dtype=torch.float64)},
}


@pytest.mark.parametrize("compute", [block_spectra, block_totals, block_densities])
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
        {"hamiltonian": torch.zeros(B, 4, 5)},
        {"hamiltonian": torch.zeros(4, 4)},
        {"gamma_left": torch.ones(B, 3)},
        {"gamma_right": torch.ones(1, 4)},
        {"energies": torch.zeros(2, 5, dtype=torch.float64)},
    ],
)
def test_a_dense_hamiltonian_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    gamma = torch.ones(B, 4)
    good = {"hamiltonian": torch.zeros(B, 4, 4), "gamma_left": gamma, "gamma_right": gamma}
    good["energies"] = GOOD["energies"]
    dense_spectra(**good)
    with pytest.raises(ValueError, match="shape"):
        dense_spectra(**(good | change))
