"""The model ``hamiltonian``: graph -> tight-binding Hamiltonian -> quantum transport."""

from typing import Final

from dnawire.config import ModelType
from dnawire.models.hamiltonian.settings import HamiltonianSettings

MODEL: Final = ModelType(
    summary="predicts the Hamiltonian that T, DOS and LDOS follow from, at any energies",
    settings=HamiltonianSettings,
    model=f"{__name__}.model:HamiltonianModel",
    predictor=f"{__name__}.predictor:LearnedHamiltonianPredictor",
    limits=(
        "It has one orbital per base: records with more levels are fitted, not reproduced.",
        "H outside of the energies of its training, and elements that no contact makes visible, "
        "are not determined by its records.",
        "It does not say how sure it is.",
    ),
)
