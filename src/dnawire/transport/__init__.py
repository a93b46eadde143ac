"""Quantum transport through finite tight-binding systems; knows nothing of DNA or learning."""

from dnawire.transport.bias import CurrentVoltage, current_voltage
from dnawire.transport.block import block_spectra, block_totals
from dnawire.transport.block_chain import BlockChain
from dnawire.transport.contacted import ContactedSystem, Eigensystem, SearchedSystem
from dnawire.transport.dense import dense_spectra
from dnawire.transport.derivatives import (
    Derivatives,
    conductance_derivatives,
    transmission_derivatives,
)
from dnawire.transport.disorder import LogStatistics, StaticDisorder
from dnawire.transport.downfolding import ActiveChain, ContactColumns, DownfoldedJunction
from dnawire.transport.fermi import THERMAL_REACH
from dnawire.transport.junctions import BlockJunctions, DenseJunctions, Transmission, Transmitting
from dnawire.transport.linear_response import LinearResponse, linear_response
from dnawire.transport.local import (
    Eigenchannels,
    InjectedDensities,
    bond_transmissions,
    eigenchannels,
    injected_densities,
)
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
from dnawire.transport.pole_junctions import PoleJunctions
from dnawire.transport.prefixes import BlockTables, mean_log10_transmission
from dnawire.transport.probe_derivatives import (
    ProbedDerivatives,
    probed_conductance_derivatives,
)
from dnawire.transport.probes import (
    DephasedJunctions,
    ProbeResponse,
    coherent_conductance_quanta,
    thermal_probe_response,
    voltage_probe_response,
)
from dnawire.transport.spectra import Spectra, Totals

__all__ = [
    "THERMAL_REACH",
    "ActiveChain",
    "BlockChain",
    "BlockJunctions",
    "BlockTables",
    "Conductance",
    "ContactColumns",
    "ContactedSystem",
    "CurrentVoltage",
    "DenseJunctions",
    "DephasedJunctions",
    "Derivatives",
    "DownfoldedJunction",
    "Eigenchannels",
    "Eigensystem",
    "InjectedDensities",
    "LinearResponse",
    "LogStatistics",
    "PoleExpansion",
    "PoleJunctions",
    "ProbeResponse",
    "ProbedDerivatives",
    "SearchedSystem",
    "Spectra",
    "StaticDisorder",
    "Totals",
    "Transmission",
    "Transmitting",
    "block_spectra",
    "block_totals",
    "bond_transmissions",
    "checked_thermal_window",
    "coherent_conductance_quanta",
    "conductance_derivatives",
    "current_voltage",
    "dense_spectra",
    "eigenchannels",
    "injected_densities",
    "interpolate_transmission",
    "linear_response",
    "mean_log10_transmission",
    "narrow_level_share",
    "poles",
    "probed_conductance_derivatives",
    "resolving_energies",
    "thermal_probe_response",
    "transmission_derivatives",
    "voltage_probe_response",
    "zero_bias_conductance",
]
