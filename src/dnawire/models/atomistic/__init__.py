"""``atomistic``: graph -> shell charges -> all-atom Hamiltonian -> quantum transport."""

from dnawire.config import ModelType
from dnawire.models.atomistic.settings import AtomisticSettings

MODEL = ModelType(
    summary="predicts the charges of all shells of all atoms; all-atom spectra of GFN1-xTB follow",
    settings=AtomisticSettings,
    model="dnawire.models.atomistic.model:AtomisticModel",
    predictor="dnawire.models.atomistic.predictor:AtomisticPredictor",
    target="shell_charges",
    limits=(
        "It is as good as GFN1-xTB in the solvent of its training, and no better.",
        "Missing bases, mismatches of two purines and single base pairs are refused; charges do "
        "not depend on the geometry.",
        "Its error bar, the certificate, is on its charges, not on the method.",
    ),
)
