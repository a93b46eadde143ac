"""Quantum transport through finite tight-binding systems; knows nothing of DNA or learning."""

from dnawire.transport.block import block_spectra, block_totals
from dnawire.transport.dense import dense_spectra
from dnawire.transport.observables import (
    Conductance,
    interpolate_transmission,
    resolving_energies,
    zero_bias_conductance,
)
from dnawire.transport.spectra import Spectra, Totals

__all__ = [
    "Conductance",
    "Spectra",
    "Totals",
    "block_spectra",
    "block_totals",
    "dense_spectra",
    "interpolate_transmission",
    "resolving_energies",
    "zero_bias_conductance",
]
