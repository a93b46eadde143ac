"""Quantum transport through finite tight-binding systems; knows nothing of DNA or learning."""

from dnawire.transport.block import block_spectra, block_totals
from dnawire.transport.block_chain import BlockChain
from dnawire.transport.contacted import ContactedSystem, Eigensystem
from dnawire.transport.dense import dense_spectra
from dnawire.transport.downfolding import ActiveChain, ContactColumns, DownfoldedJunction
from dnawire.transport.observables import (
    Conductance,
    checked_thermal_window,
    interpolate_transmission,
    narrow_level_share,
    poles,
    resolving_energies,
    zero_bias_conductance,
)
from dnawire.transport.pole_expansion import PoleExpansion
from dnawire.transport.spectra import Spectra, Totals

__all__ = [
    "ActiveChain",
    "BlockChain",
    "Conductance",
    "ContactColumns",
    "ContactedSystem",
    "DownfoldedJunction",
    "Eigensystem",
    "PoleExpansion",
    "Spectra",
    "Totals",
    "block_spectra",
    "block_totals",
    "checked_thermal_window",
    "dense_spectra",
    "interpolate_transmission",
    "narrow_level_share",
    "poles",
    "resolving_energies",
    "zero_bias_conductance",
]
