"""The predictor of ``hamiltonian``: exact transport through the Hamiltonians that were learned."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from dnawire.graphs import ladder_batch
from dnawire.models.hamiltonian.model import HamiltonianModel
from dnawire.predictors import Conditions, HamiltonianPredictor, HamiltonianSource
from dnawire.tightbinding import LadderBlocks


class LearnedHamiltonianPredictor(HamiltonianPredictor):
    """Spectra at any energies, for any contacts, and H itself.

    Parameters
    ----------
    name
        Short name.
    conditions
        Those of its training.
    model
        The trained model, in evaluation mode.
    """

    def __init__(self, name: str, conditions: Conditions, model: HamiltonianModel) -> None:
        super().__init__(name, conditions, learned_hamiltonian(model))


def learned_hamiltonian(model: HamiltonianModel) -> HamiltonianSource:
    """Return the Hamiltonians of a trained model."""
    return partial(_blocks, model)


def _blocks(model: HamiltonianModel, codes: NDArray[np.int8]) -> LadderBlocks:
    no_contact = np.zeros(codes.shape)
    batch = ladder_batch(codes, no_contact, no_contact)
    with torch.no_grad():
        diagonal, step = model.hamiltonian(batch.to(model.energies.device))
    return LadderBlocks(diagonal.cpu().numpy(), step.cpu().numpy(), batch.present.numpy())
