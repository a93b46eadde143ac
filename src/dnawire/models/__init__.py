"""Models: a graph becomes spectra, directly or through a Hamiltonian; nothing of training."""

from dnawire.models.base import TargetStatistics, TransportModel
from dnawire.models.hamiltonian.model import BlockHamiltonian, HamiltonianModel
from dnawire.models.packing import PackedParameters
from dnawire.models.registry import ModelSpecification, build_model
from dnawire.models.standard.model import StandardModel
from dnawire.models.storage import load_model, save_model

__all__ = [
    "BlockHamiltonian",
    "HamiltonianModel",
    "ModelSpecification",
    "PackedParameters",
    "StandardModel",
    "TargetStatistics",
    "TransportModel",
    "build_model",
    "load_model",
    "save_model",
]
