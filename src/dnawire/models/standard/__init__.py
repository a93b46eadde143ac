"""The model ``standard``: graph -> spectra."""

from typing import Final

from dnawire.config import ModelType
from dnawire.models.standard.settings import StandardSettings

MODEL: Final = ModelType(
    summary="predicts T and DOS directly, at the energies of its training records",
    settings=StandardSettings,
    model=f"{__name__}.model:StandardModel",
    predictor="dnawire.models.grid_predictor:GridPredictor",
    limits=(
        "It knows one grid of energies and one eta, no LDOS and no Hamiltonian.",
        "It has no reason to hold for lengths, contacts, couplings and base pairs that its "
        "training records do not cover.",
        "It does not say how sure it is.",
    ),
)
