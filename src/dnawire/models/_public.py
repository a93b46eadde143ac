"""The public names of `dnawire.models`, which imports them when one of them is used."""

from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.grid_predictor import GridPredictor
from dnawire.models.hamiltonian.model import BlockHamiltonian, HamiltonianModel
from dnawire.models.packing import PackedParameters
from dnawire.models.registry import (
    ModelSpecification,
    build_model,
    model_class,
    predictor_class,
)
from dnawire.models.standard.model import StandardModel
from dnawire.models.storage import (
    StoredModel,
    load_model,
    read_model_files,
    save_model,
    weights_digest,
)

__all__ = [
    "BlockHamiltonian",
    "GridPredictor",
    "HamiltonianModel",
    "ModelSpecification",
    "PackedParameters",
    "StandardModel",
    "StoredModel",
    "TargetStatistics",
    "TransportModel",
    "build_model",
    "load_model",
    "model_class",
    "predictor_class",
    "read_model_files",
    "save_model",
    "weights_digest",
]
