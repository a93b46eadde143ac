"""What a prediction says in a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.inference.interpolate import interpolated
from dnawire.inference.peaks import prominent_peaks
from dnawire.junction import Junction, JunctionArrays
from dnawire.predictors import Predictor
from dnawire.transport import (
    Conductance,
    resolving_energies,
    zero_bias_conductance,
)

_SMALLEST_PEAK: Final = 0.05
"""Decades by which a peak of the DOS stands out."""

_SMALLEST_LOG10: Final = math.log10(np.finfo(np.float64).tiny)

_SAME_PEAK: Final = 1e-7
"""Distance in eV below which two peaks count as one."""

_ENERGIES_AT_ONCE: Final = 2**16
"""What a predictor is asked at once: memory stays bounded, and an interrupt gets through."""


class _Spectra(NamedTuple):
    """log10 of T and of the DOS, all (E,): T of a long duplex is no number that can be stored."""

    energies: NDArray[np.float64]
    log10_transmission: NDArray[np.float64]
    log10_dos: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AtFermiEnergy:
    """What depends on the Fermi energy."""

    log10_transmission: float
    """log10 T at the Fermi energy; -inf where it vanishes."""
    conductance: Conductance
    """Zero-bias conductance at finite temperature."""


@dataclass(frozen=True, eq=False)
class Summary:
    """A record in a few numbers."""

    max_transmission: float
    """Largest T between the first and the last energy."""
    max_energy: float
    """Where it is, in eV; NaN if T vanishes."""
    dos_peaks: NDArray[np.float64]
    """Energies of the peaks of the DOS in eV, the highest peak first."""
    at_fermi_energy: AtFermiEnergy | None
    """None without a Fermi energy."""


def summarize(
    predictor: Predictor,
    record: TransportRecord,
    fermi_energy: float | None,
    temperature: float,
) -> Summary:
    """Summarize a predicted record.

    Where the predictor knows the Hamiltonian, resonances between the energies of the record are
    resolved first: they are too narrow for any regular grid.

    Parameters
    ----------
    predictor
        What predicted the record.
    record
        The record; its first and last energy bound all that is considered.
    fermi_energy
        In eV, on the scale of the energies; without it nothing is said about the conductance.
    temperature
        In K.

    Returns
    -------
    Summary
        The numbers.

    Raises
    ------
    UsageError
        If Fermi energy and temperature do not fit the energies.
    """
    resolved = _resolved(predictor, record, fermi_energy)
    top = int(resolved.log10_transmission.argmax())
    highest = resolved.log10_transmission[top]
    logarithm = np.maximum(resolved.log10_dos, _SMALLEST_LOG10)
    peaks = prominent_peaks(logarithm, _SMALLEST_PEAK)
    peaks = _apart(peaks, resolved.energies, logarithm)
    order = np.argsort(-logarithm[peaks], kind="stable")
    at_fermi = None
    if fermi_energy is not None:
        at_fermi = _at_fermi_energy(resolved, fermi_energy, temperature)
    return Summary(
        max_transmission=float(10.0**highest),
        max_energy=float(resolved.energies[top]) if np.isfinite(highest) else math.nan,
        dos_peaks=resolved.energies[peaks[order]],
        at_fermi_energy=at_fermi,
    )


def _apart(
    peaks: NDArray[np.int64], energies: NDArray[np.float64], heights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Keep the highest of peaks that lie so close that rounding makes the valley between them."""
    groups = np.split(peaks, np.flatnonzero(np.diff(energies[peaks]) > _SAME_PEAK) + 1)
    return np.array([group[heights[group].argmax()] for group in groups if len(group)], np.int64)


def _resolved(
    predictor: Predictor, record: TransportRecord, fermi_energy: float | None
) -> _Spectra:
    """Return the same spectra at energies that miss nothing; the Fermi energy is one of them."""
    junction = record.junction
    if not predictor.knows_hamiltonian:
        spectra = record.spectra
        return _Spectra(record.energies, spectra["log10_transmission"], spectra["log10_dos"])
    hamiltonian = predictor.hamiltonian(junction.duplex)
    gamma = (junction.gamma_left + junction.gamma_right)[junction.duplex.mask]
    energies = resolving_energies(hamiltonian, gamma + 2.0 * record.eta, record.energies)
    if fermi_energy is not None and energies[0] <= fermi_energy <= energies[-1]:
        energies = np.union1d(energies, [fermi_energy])
    return _spectra(predictor, junction, energies, record.eta)


def _spectra(
    predictor: Predictor, junction: Junction, energies: NDArray[np.float64], eta: float
) -> _Spectra:
    """T and DOS without the LDOS, which would be a number for every orbital and energy."""
    junctions = JunctionArrays(
        junction.duplex.codes[None], junction.gamma_left[None], junction.gamma_right[None]
    )
    pieces = np.split(energies, range(_ENERGIES_AT_ONCE, len(energies), _ENERGIES_AT_ONCE))
    totals = [predictor.totals(junctions, piece, eta) for piece in pieces]
    return _Spectra(
        energies=energies,
        log10_transmission=np.concatenate([one.log10_transmission[0] for one in totals]),
        log10_dos=np.concatenate([one.log10_dos[0] for one in totals]),
    )


def _at_fermi_energy(spectra: _Spectra, fermi_energy: float, temperature: float) -> AtFermiEnergy:
    energies, log10_transmission, _ = spectra
    conductance = zero_bias_conductance(
        energies, 10.0**log10_transmission, fermi_energy=fermi_energy, temperature=temperature
    )
    at_fermi = interpolated(energies, log10_transmission[None], fermi_energy)
    return AtFermiEnergy(float(at_fermi[0]), conductance)
