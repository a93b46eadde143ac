"""What a prediction says in a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.inference.conductance import (
    NARROW,
    AtEquilibrium,
    Carriers,
    carrier_window,
    log10_conductances_of_grid,
)
from dnawire.inference.interpolate import interpolated
from dnawire.inference.peaks import prominent_peaks
from dnawire.inference.spread import FermiSpread, Spread, spread_of
from dnawire.predictors import Predictor, junction_totals
from dnawire.quantities import BY_NAME
from dnawire.transport import (
    Conductance,
    checked_thermal_window,
    resolving_energies,
)

_COLUMNS: Final = (BY_NAME["transmission"].column, BY_NAME["dos"].column)

_SMALLEST_PEAK: Final = 0.05
"""Decades by which a peak of the DOS stands out."""

_SMALLEST_LOG10: Final = math.log10(np.finfo(np.float64).tiny)

_SAME_PEAK: Final = 1e-7
"""Distance in eV below which two peaks count as one."""

_UNKNOWN: Final = Conductance(math.nan, math.nan)

_NOTABLE_EXCESS: Final = 1.0
"""Decades of the conductance above T at the Fermi energy from which on it comes from elsewhere."""


@dataclass(frozen=True, eq=False)
class AtFermiEnergy:
    """What depends on the Fermi energy."""

    fermi_energy: float
    """In eV."""
    log10_transmission: float
    """log10 T at the Fermi energy; -inf where it vanishes."""
    conductance: Conductance
    """Zero-bias conductance at finite temperature; NaN if it is not known."""
    level_distance: float
    """Energy of the nearest level less the Fermi energy, in eV; NaN if no level is known."""
    narrow_share: float
    """Share of the conductance through levels narrower than `NARROW`; NaN if no level is known."""
    spread: FermiSpread | None = None
    """How far members are apart; None of one model."""
    absorbed_decades: float = math.nan
    """Decades by which eta lowers the conductance; NaN if no level is known."""

    def without_conductance(self) -> AtFermiEnergy:
        """The same where nobody knows a conductance."""
        unknown = None if self.spread is None else self.spread.without_conductance()
        return replace(self, conductance=_UNKNOWN, spread=unknown)

    @property
    def is_fragile(self) -> bool:
        """Whether most of the conductance passes through narrow levels far from E_F."""
        excess = self.conductance.log10_conductance_quanta - self.log10_transmission
        return self.narrow_share > 0.5 and excess > _NOTABLE_EXCESS

    @property
    def unseen_share(self) -> float:
        """What energies beyond the spectrum could add to the conductance, in units of it."""
        found = self.conductance
        return found.unseen_quanta / max(found.conductance_quanta, np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class Summary:
    """A record in a few numbers."""

    spectra: TransportRecord
    """T and DOS at energies that miss no resonance, where the predictor knows all energies; else
    at those of the record."""
    max_transmission: float
    """Largest T between the first and the last energy."""
    max_energy: float
    """Where it is, in eV; NaN if T vanishes."""
    dos_peaks: NDArray[np.float64]
    """Energies of the peaks of the DOS in eV, the highest peak first."""
    at_fermi_energy: AtFermiEnergy | None
    """None without a Fermi energy."""
    certificate: float | None
    """Error bar that needs no reference, in meV; None if the predictor has none, NaN if it has
    none of so long a duplex."""
    spread: Spread | None
    """How far members are apart at the energies of the spectra; None of one model."""


def knows_conductance(predictor: Predictor, *, from_grid: bool) -> bool:
    """Whether a conductance can be had: with all resonances resolved, or knowingly without them."""
    return predictor.knows_all_energies or from_grid


def summarize(
    predictor: Predictor,
    record: TransportRecord,
    fermi_energy: float | None,
    temperature: float,
    *,
    conductance_from_grid: bool = False,
) -> Summary:
    """Summarize a predicted record.

    Where the predictor knows all energies, resonances between those of the record are resolved
    first: they are too narrow for any regular grid.

    Parameters
    ----------
    predictor
        What predicted the record.
    record
        Its first and last energy bound all that is considered, but for a conductance through levels
        that are known: it counts those beyond as well.
    fermi_energy
        In eV, on the scale of the energies; without it nothing is said about the conductance.
    temperature
        In K.
    conductance_from_grid
        Give a conductance also without resonances between the energies of the record.

    Returns
    -------
    Summary
        The numbers.

    Raises
    ------
    UsageError
        If Fermi energy and temperature do not fit the energies, or levels are not known at eta 0.
    """
    levels, spectra = predictor.resonances(record.junction, record.energies, record.eta), record
    if predictor.knows_all_energies:
        spectra = _resolved(predictor, record, levels, fermi_energy)
    log10_transmission = spectra.log10_transmission
    highest = log10_transmission[top := int(log10_transmission.argmax())]
    at_fermi, spread = None, spread_of(predictor, spectra)
    if fermi_energy is not None:
        at = AtEquilibrium(fermi_energy, temperature)
        at_fermi = _at_fermi_energy(predictor, spectra, spread, at)
        if not knows_conductance(predictor, from_grid=conductance_from_grid):
            at_fermi = at_fermi.without_conductance()
    return Summary(
        spectra=spectra,
        max_transmission=float(10.0**highest),
        max_energy=float(spectra.energies[top]) if np.isfinite(highest) else math.nan,
        dos_peaks=_dos_peaks(spectra, _SAME_PEAK if spread is None else NARROW),
        at_fermi_energy=at_fermi,
        certificate=predictor.certificate(record.junction.duplex),
        spread=spread,
    )


def carried_at(
    carriers: Carriers, log10_transmission: float, at: AtEquilibrium, spread: Spread | None = None
) -> AtFermiEnergy:
    """What depends on the Fermi energy, every resonance resolved; of members the geometric mean.

    Parameters
    ----------
    carriers
        See `carrier_window` for the energies that they must have.
    log10_transmission
        log10 T at the Fermi energy.
    at
        The contacts.
    spread
        That of members, None of one model.
    """
    found = carriers.log10_conductances(np.array([at.fermi_energy]), at.temperature)[:, 0]
    return AtFermiEnergy(
        fermi_energy=at.fermi_energy,
        log10_transmission=log10_transmission,
        conductance=Conductance(float(found.mean()), 0.0),
        level_distance=carriers.level_distance(at.fermi_energy),
        narrow_share=carriers.narrow_share(at),
        spread=None if spread is None else spread.at_fermi_energy(at.fermi_energy, found),
        absorbed_decades=carriers.absorbed_decades(at),
    )


def resolved_record(predictor: Predictor, record: TransportRecord) -> TransportRecord:
    """Return T and DOS of a junction at energies that miss no resonance.

    Parameters
    ----------
    predictor
        It must know all energies.
    record
        The junction, eta, and the energies that are part of the result and bound it.

    Raises
    ------
    UsageError
        If it does not, or neither levels nor eta tell how sharp resonances are.
    """
    levels = predictor.resonances(record.junction, record.energies, record.eta)
    return _resolved(predictor, record, levels, None)


def _dos_peaks(spectra: TransportRecord, apart: float) -> NDArray[np.float64]:
    """Energies of the prominent peaks of the DOS in eV, the highest first; none without DOS.

    Of peaks that are no more than ``apart`` eV from each other the highest is taken.
    """
    if BY_NAME["dos"].column not in spectra.spectra:
        return np.empty(0)
    logarithm = np.maximum(spectra.spectra[BY_NAME["dos"].column], _SMALLEST_LOG10)
    peaks = prominent_peaks(logarithm, _SMALLEST_PEAK)
    peaks = _separate(peaks, spectra.energies, logarithm, apart)
    order = np.argsort(-logarithm[peaks], kind="stable")
    found: NDArray[np.float64] = spectra.energies[peaks[order]]
    return found


def _separate(
    peaks: NDArray[np.int64],
    energies: NDArray[np.float64],
    heights: NDArray[np.float64],
    apart: float,
) -> NDArray[np.int64]:
    """Keep the highest of peaks that lie so close that rounding, or another member, makes them."""
    groups = np.split(peaks, np.flatnonzero(np.diff(energies[peaks]) > apart) + 1)
    return np.array([group[heights[group].argmax()] for group in groups if len(group)], np.int64)


def _resolved(
    predictor: Predictor,
    record: TransportRecord,
    levels: NDArray[np.complex128] | None,
    fermi_energy: float | None,
) -> TransportRecord:
    """T and DOS at the energies of a record, those between that miss nothing, and E_F in them.

    Without the LDOS, which would be a number for every orbital and energy.
    """
    energies = (
        broadened_grid(record) if levels is None else resolving_energies(levels, record.energies)
    )
    if fermi_energy is not None and energies[0] <= fermi_energy <= energies[-1]:
        energies = np.union1d(energies, [fermi_energy])
    totals = junction_totals(predictor, record.junction, energies, record.eta)
    spectra = {name: getattr(totals, name) for name in _COLUMNS}
    return replace(record, energies=energies, spectra=spectra)


def broadened_grid(record: TransportRecord) -> NDArray[np.float64]:
    """Energies at half eta: nothing is sharper than eta.

    Raises
    ------
    UsageError
        If eta is 0.
    """
    if record.eta == 0.0:
        duplex = record.junction.duplex
        raise UsageError(
            f"eta = 0 for the {duplex.length} base pairs of '{duplex.text}', whose levels are not "
            "known: nothing tells how sharp resonances are.",
            "give --eta, or a shorter duplex.",
        )
    first, last = record.energies[0], record.energies[-1]
    return np.union1d(record.energies, np.arange(first, last, record.eta / 2))


def _at_fermi_energy(
    predictor: Predictor, spectra: TransportRecord, spread: Spread | None, at: AtEquilibrium
) -> AtFermiEnergy:
    unseen = checked_thermal_window(spectra.energies, **at._asdict())
    level = at.fermi_energy
    at_fermi = float(interpolated(spectra.energies, spectra.log10_transmission[None], level)[0])
    window = carrier_window(np.array([level]), at.temperature)
    carriers = Carriers.of(predictor, spectra.junction, window, spectra.eta)
    if carriers is not None:
        return carried_at(carriers, at_fermi, at, spread)
    rows = spectra.log10_transmission[None] if spread is None else spread.each[_COLUMNS[0]]
    found = log10_conductances_of_grid(spectra.energies, rows, at)
    return AtFermiEnergy(
        fermi_energy=level,
        log10_transmission=at_fermi,
        conductance=Conductance(float(found.mean()), unseen),
        level_distance=math.nan,
        narrow_share=math.nan,
        spread=None if spread is None else spread.at_fermi_energy(level, found),
    )
