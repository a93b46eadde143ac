"""The model ``standard``: graph -> spectra."""

from typing import Final

from dnawire.config import ModelType
from dnawire.models.standard.settings import StandardSettings

MODEL: Final = ModelType(
    summary="predicts T and DOS directly, at the energies of its training records",
    settings=StandardSettings,
    model=f"{__name__}.model:StandardModel",
    predictor="dnawire.models.grid_predictor:GridPredictor",
)
