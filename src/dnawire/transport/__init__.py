"""Quantum transport through finite tight-binding systems; knows nothing of DNA or learning."""

from dnawire.transport.block import Spectra, block_spectra
from dnawire.transport.observables import (
    Conductance,
    interpolate_transmission,
    resolving_energies,
    zero_bias_conductance,
)

__all__ = [
    "Conductance",
    "Spectra",
    "block_spectra",
    "interpolate_transmission",
    "resolving_energies",
    "zero_bias_conductance",
]
