"""Questions to the explorer of a report, and what this package says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.constants import BOLTZMANN_EV
from dnawire.inference import load_predictor
from dnawire.junction import Contact, Junction
from dnawire.predictors import HamiltonianPredictor
from dnawire.transport import DephasedJunctions, linear_response, voltage_probe_response
from dnawire.transport.fermi import minus_fermi_derivative
from dnawire.transport.observables import poles
from dnawire.transport.quadrature import ThermalWindows, panel_edges, rule_on

TEMPERATURE: Final = 300.0

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A question, as the fields of the page have it; energies in eV."""

    parameters: str
    sequence: str
    left: str
    right: str
    fermi: float
    probes: str = "none"
    coupling: float = 0.0
    eta: float = 0.0
    gamma: float = 0.1

    @property
    def junction(self) -> Junction:
        contacts = (Contact.parse(one, self.gamma) for one in (self.left, self.right))
        return Junction(self.sequence, *contacts)

    @property
    def predictor(self) -> HamiltonianPredictor:
        found = load_predictor(f"exact:{self.parameters}")
        assert isinstance(found, HamiltonianPredictor)
        return found

    @property
    def probed(self) -> DephasedJunctions:
        mask = self.junction.duplex.mask
        return DephasedJunctions.of(
            self.predictor.ladder(self.junction), np.where(mask, self.coupling, 0.0)
        )

    def spectra(self, energies: Doubles) -> tuple[Doubles, Doubles]:
        """T and DOS in 1/eV."""
        if self.probes == "none":
            record = self.predictor.predict([self.junction], energies, self.eta)[0]
            return record.transmission, record.dos
        probed = self.probed
        dense = probed.junctions.dense()
        greens = dense.greens_function(energies[None], probed.probes)[0]
        local = -np.einsum("eii->ei", greens).imag / np.pi
        return probed.transmission(energies[None]).plain[0], local[:, dense.present[0]].sum(1)

    def conductance_quanta(self) -> float:
        """G at `TEMPERATURE` in 2e^2/h."""
        if self.probes == "voltage":
            response = voltage_probe_response(self.probed, self.fermi, TEMPERATURE)
            return float(response.conductance_quanta[0, 0, 0])
        if self.eta > 0.0:
            return self._absorbed()
        coherent = self.predictor.ladder(self.junction)
        junctions = self.probed if self.probes == "dephasing" else coherent
        found = linear_response(junctions, self.fermi, TEMPERATURE)
        return float(found.conductance_quanta[0, 0, 0])

    def _absorbed(self) -> float:
        """Integral of the T of carriers that eta does not absorb."""
        thermal = BOLTZMANN_EV * TEMPERATURE
        windows = ThermalWindows.of(np.array([self.fermi]), np.array([thermal]))
        junction = self.junction
        gamma = (junction.gamma_left + junction.gamma_right)[junction.duplex.mask] + 2.0 * self.eta
        levels = poles(self.predictor.hamiltonian(junction.duplex), gamma)
        rule = rule_on(panel_edges(levels[None], windows, np.array(windows.bounds)))
        share = minus_fermi_derivative((rule.energies[0] - self.fermi) / thermal) / thermal
        transmission, _ = self.spectra(rule.energies[0])
        return float((rule.weights[0] * share * transmission).sum())


_ENDS: Final = ("upper:0", "upper:-1")
CASES: Final = (
    Case("kordas2025", "ACGTACGT", *_ENDS, -7.1),
    Case("kordas2025", "ACGTACGT", *_ENDS, -7.1, eta=0.004),
    Case("kordas2025", "ACGTACGT", *_ENDS, -7.1, "dephasing", 0.01),
    Case("kordas2025", "ACGTACGT", *_ENDS, -7.1, "voltage", 0.01),
    Case("roche-voityuk", "GCAC/GAGC", "upper:0,lower:-1=0.03", "upper:-1", 0.1),
    Case("roche-voityuk", "GCAC/GAGC", "upper:0,lower:-1=0.03", "upper:-1", 0.1, "voltage", 0.002),
    Case("simserides2024", "GGCATT/AATG_C", "upper:0", "lower:0", -7.3),
    Case("simserides2024", "GGCATT/AATG_C", "upper:0", "lower:0", -7.3, "dephasing", 0.05),
    Case("kordas2025", "A", "upper:0", "lower:0", -7.6),
    Case("kordas2025", "GC_GC/GCGGC", *_ENDS, -7.2, "voltage", 1e-4),
    Case("kordas2025", "ATGCATGCATGCATGCATGC", *_ENDS, -7.2, gamma=0.5),
)
"""Mismatch, missing bases, one pair, several and unequal contacts; with and without probes."""


def largest_error(found: ArrayLike, true: ArrayLike) -> float:
    """Largest relative difference."""
    return float(np.abs(np.asarray(found) / np.asarray(true) - 1.0).max())
