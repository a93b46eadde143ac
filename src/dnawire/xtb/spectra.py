"""Spectra of all contact variants of a duplex, from its geometry and its shell potentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.data.atomistic import IntervalMeans
from dnawire.data.ragged import Ragged
from dnawire.data.record import TransportRecord
from dnawire.electronic import LONGEST_BY_LEVELS, AtomicJunctions, BasePairs
from dnawire.errors import NotConvergedError
from dnawire.junction import Junction
from dnawire.quantities import scaled_columns
from dnawire.transport import ContactedSystem, PoleExpansion

Doubles = NDArray[np.float64]

_TOLERANCE: Final = 1e-6
_SMALLEST_SAMPLED: Final = 1e-15
_SMALLEST: Final = 1e-12
"""Transmission of long duplexes below which it is computed from base pair to base pair."""
_SMALLEST_MEAN: Final = 1e-18
"""Means of long duplexes below which they are not known."""


@dataclass(frozen=True)
class Window:
    """Energies of the spectra.

    Parameters
    ----------
    low, high
        Ends in eV, absolute.
    num_points
        Number of equally spaced energies.
    eta
        Imaginary part of the energy, eV.
    widths
        Widths in meV of the intervals that means are taken over.
    """

    low: float
    high: float
    num_points: int
    eta: float
    widths: tuple[int, ...]

    @property
    def energies(self) -> Doubles:
        """Grid of the spectra, (E,), rounded to 1e-9 eV."""
        return np.round(np.linspace(self.low, self.high, self.num_points), 9)

    def edges(self, width: int) -> Doubles:
        """Edges of whole intervals of a width in meV, from the low end, (K + 1,)."""
        count = int((self.high - self.low) / (width * 1e-3) + 1e-6)
        return np.round(self.low + width * 1e-3 * np.arange(count + 1), 9)


def record_of(
    junctions: AtomicJunctions,
    pairs: BasePairs,
    junction: Junction,
    window: Window,
    identifier: str,
) -> tuple[TransportRecord, dict[int, IntervalMeans]]:
    """Spectra of a junction, and their means over intervals by width.

    Where levels lose it to rounding (more than `LONGEST_BY_LEVELS` base pairs), small transmission
    is computed from base pair to base pair, within 0.02 decades, and small means are NaN.

    Parameters
    ----------
    junctions
        Levels of the duplex.
    pairs
        Its Fock matrix between neighboring base pairs.
    junction, window
        What is wanted.
    identifier
        Name of the record.

    Raises
    ------
    NotConvergedError
        If the poles do not converge, or give other spectra than a direct solution.
    """
    system = junctions.contacted(junction.gamma_left, junction.gamma_right)
    poles = PoleExpansion.of(system, window.low, window.high, junctions.orbital_site)
    energies, eta = window.energies, window.eta
    ldos = poles.local_dos(energies, eta)
    transmission = poles.transmission(energies, eta)
    _check(system, junction, window, transmission, ldos)
    is_long = junction.length > LONGEST_BY_LEVELS
    if is_long:
        transmission = with_small_ones(transmission, pairs, junction, energies, eta)
    columns = scaled_columns(transmission=transmission, dos=ldos.sum(0), ldos=ldos)
    columns["log10_ldos"] = columns["log10_ldos"].astype(np.float32)
    record = TransportRecord(
        junction=junction,
        energies=energies,
        spectra=columns,
        eta=eta,
        energy_reference=0.0,
        identifier=identifier,
    )
    smallest = _SMALLEST_MEAN if is_long else 0.0
    means = {width: _means(poles, window.edges(width), smallest) for width in window.widths}
    return record, means


def with_small_ones(
    transmission: Float[Doubles, " E"],
    pairs: BasePairs,
    junction: Junction,
    energies: Float[Doubles, " E"],
    eta: float,
) -> Float[Doubles, " E"]:
    """Transmission with that below 1e-12 computed from base pair to base pair.

    Raises
    ------
    NotConvergedError
        If an orbital that is not active has a level near the energies.
    """
    found = transmission.copy()
    is_small = transmission < _SMALLEST
    if is_small.any():
        contacts = junction.gamma_left, junction.gamma_right
        chain = pairs.downfolded(contacts, float(energies[0]), float(energies[-1]))
        found[is_small] = chain.spectra(energies[is_small], eta)[0]
    return found


def _check(
    system: ContactedSystem,
    junction: Junction,
    window: Window,
    transmission: Doubles,
    ldos: Doubles,
) -> None:
    """Compare the energy of the highest density of states with a solution at that energy."""
    index = int(ldos.sum(0).argmax())
    exact, dos = system.spectra(complex(window.energies[index], window.eta))
    wrong = max(
        abs(ldos[:, index].sum() / dos - 1.0),
        abs(transmission[index] / exact - 1.0) if exact > _SMALLEST_SAMPLED else 0.0,
    )
    if not wrong < _TOLERANCE:
        raise NotConvergedError(
            f"{junction} at {window.energies[index]:.3f} eV: the poles give other spectra than "
            f"the solution there (by {wrong:.1e}).",
            "report it: the effective Hamiltonian is nearly defective.",
        )


def _means(poles: PoleExpansion, edges: Doubles, smallest: float) -> IntervalMeans:
    ldos = poles.mean_local_dos(edges)
    transmission = poles.mean_transmission(edges)
    transmission = np.where(transmission < smallest, np.nan, transmission)
    columns = scaled_columns(transmission=transmission, dos=ldos.sum(0), ldos=ldos)
    return IntervalMeans(
        edges,
        columns["log10_transmission"][None],
        columns["log10_dos"][None],
        Ragged.from_rows([columns["log10_ldos"].astype(np.float32).ravel()]),
    )
