"""The model ``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport."""

from typing import Final

from dnawire.config import ModelType
from dnawire.models.hamiltonian.settings import HamiltonianSettings

MODEL: Final = ModelType(
    summary="predicts the Hamiltonian that T, DOS and LDOS follow from, at any energies",
    settings=HamiltonianSettings,
    model=f"{__name__}.model:HamiltonianModel",
    predictor=f"{__name__}.predictor:LearnedHamiltonianPredictor",
)
