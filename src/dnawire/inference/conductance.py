"""The coherent conductance of a junction: every command that tells one has it from here."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import NDArray

from dnawire.constants import BOLTZMANN_EV
from dnawire.inference.interpolate import interpolated
from dnawire.junction import Junction
from dnawire.predictors import MembersPredictor, Predictor, junction_totals
from dnawire.transport import (
    THERMAL_REACH,
    BlockJunctions,
    Transmission,
    Transmitting,
    linear_response,
    narrow_level_share,
    zero_bias_conductance,
)
from dnawire.transport.quadrature import Rule, ThermalWindows, panel_edges, rule_on

Doubles = NDArray[np.float64]
Levels = Complex[NDArray[np.complex128], " N"]

NARROW: Final = 1e-2
"""Width in eV of a level that an electron leaves after 66 fs: what is narrower needs a phase that
outlives the vibrations and the solvent of DNA at room temperature."""

_MARGIN: Final = 0.05
"""eV beyond the energies that count, so that no window is empty."""


class AtEquilibrium(NamedTuple):
    """Fermi energy and temperature of both contacts without a bias."""

    fermi_energy: float
    """In eV, on the scale of the energies of the predictor."""
    temperature: float
    """In K; 0 is the limit."""


def carrier_window(levels: Doubles, temperature: float) -> tuple[float, float]:
    """Energies in eV that carriers have at some Fermi energies in eV, at a temperature in K."""
    reach = THERMAL_REACH * BOLTZMANN_EV * temperature + _MARGIN
    return float(levels.min()) - reach, float(levels.max()) + reach


class _Carriers(NamedTuple):
    """Those of one model."""

    passing: Transmitting
    levels: Levels


@dataclass(frozen=True, eq=False)
class Carriers:
    """Carriers of one junction in a window of energies, every resonance resolved.

    `Carriers.of` makes them. Of members each has its own.
    """

    members: tuple[_Carriers, ...]
    at_eta_0: Callable[[], Carriers | None] | None = None
    """Makes the same at eta 0, which absorbs none; None where eta is 0."""

    @classmethod
    def of(
        cls, predictor: Predictor, junction: Junction, window: tuple[float, float], eta: float
    ) -> Carriers | None:
        """Carriers; None if T is known on a grid only, or broadened without the levels.

        Parameters
        ----------
        predictor
            One model, or several members.
        junction
            The duplex between its contacts.
        window
            First and last energy in eV; see `carrier_window`.
        eta
            Imaginary part of the energy in eV.

        Raises
        ------
        UsageError
            If eta is 0, and the predictor knows no levels of so long a duplex.
        """
        members = predictor.members if isinstance(predictor, MembersPredictor) else (predictor,)
        found = []
        for one in members:
            if not one.knows_all_energies:
                return None
            passing = one.transmitting(junction, *window) if eta == 0.0 else None
            levels = one.resonances(junction, np.array(window), eta)
            if levels is None:
                return None
            if passing is None:
                passing = _Broadened(one, junction, eta, window, levels)
            found.append(_Carriers(_Resolved(passing, levels), levels))
        at_eta_0 = None if eta == 0.0 else partial(cls.of, predictor, junction, window, 0.0)
        return cls(tuple(found), at_eta_0)

    def log10_conductances(
        self, fermi_energies: Float[Doubles, " F"], temperature: float
    ) -> Float[Doubles, "M F"]:
        """log10 of the conductance in G0 by each of M members, to 1e-8; see `linear_response`.

        Parameters
        ----------
        fermi_energies
            In eV.
        temperature
            In K; 0 is the limit, T at the Fermi energies.

        Raises
        ------
        UsageError
            If one of them is impossible.
        """
        found = [linear_response(one.passing, fermi_energies, temperature) for one in self.members]
        return np.stack([one.log10_conductance_quanta[0, :, 0] for one in found])

    def absorbed_decades(self, at: AtEquilibrium) -> float:
        """Decades by which eta lowers the conductance, mean of members; 0 without eta, NaN of 0."""
        without_eta = self.at_eta_0() if self.at_eta_0 is not None else None
        if without_eta is None:
            return 0.0
        coherent, found = (
            one.log10_conductances(np.array([at.fermi_energy]), at.temperature)
            for one in (without_eta, self)
        )
        with np.errstate(invalid="ignore"):
            return float((coherent - found).mean())

    def narrow_share(self, at: AtEquilibrium) -> float:
        """Share of the conductance through levels narrower than `NARROW`, the mean of members."""
        if at.temperature == 0.0:
            return 0.0
        return math.fsum(_narrow_share(one, at) for one in self.members) / len(self.members)

    def level_distance(self, fermi_energy: float) -> float:
        """Energy of the nearest level less a Fermi energy, in eV; NaN if there is none."""
        distances = np.concatenate([one.levels.real for one in self.members]) - fermi_energy
        if not len(distances):
            return math.nan
        return float(distances[np.abs(distances).argmin()])


def log10_conductances_of_grid(
    energies: Float[Doubles, " E"], log10_transmission: Float[Doubles, "M E"], at: AtEquilibrium
) -> Float[Doubles, " M"]:
    """log10 of the conductance in G0 by M spectra: log T is linear between their energies.

    Raises
    ------
    UsageError
        If the energies do not hold the carriers.
    """
    if at.temperature == 0.0:
        return interpolated(energies, log10_transmission, at.fermi_energy)
    return np.array(
        [
            zero_bias_conductance(energies, 10.0**one, **at._asdict()).log10_conductance_quanta
            for one in log10_transmission
        ]
    )


def _narrow_share(carriers: _Carriers, at: AtEquilibrium) -> float:
    windows = ThermalWindows(np.array([at.fermi_energy]), np.array([BOLTZMANN_EV * at.temperature]))
    rule, transmission = carriers.passing.resolved(windows, np.array(windows.bounds))
    return narrow_level_share(
        rule.energies[0],
        transmission.values[0],
        carriers.levels,
        **at._asdict(),
        width=NARROW,
    )


class _Resolved:
    """A junction whose last resolved T is kept: conductance and shares of it are asked in turn."""

    def __init__(self, passing: Transmitting, levels: Levels) -> None:
        self._passing = passing
        self._levels = levels
        self._last: tuple[Hashable, tuple[Rule, Transmission]] | None = None

    def __len__(self) -> int:
        return 1

    def rows(self, part: slice) -> _Resolved:
        """Return the only junction."""
        del part
        return self

    def transmission(self, energies: Float[Doubles, "1 E"]) -> Transmission:
        """T of one spin channel at energies in eV."""
        return self._passing.transmission(energies)

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, and T at its energies."""
        key = *(one.tobytes() for one in windows), breaks.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self._now_resolved(windows, breaks)
        return self._last[1]

    def _now_resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        if isinstance(self._passing, BlockJunctions):
            return self._passing.resolved_by(self._levels[None], windows, breaks)
        return self._passing.resolved(windows, breaks)


@dataclass(frozen=True, eq=False)
class _Broadened:
    """A junction with eta > 0, known in a window of energies; see `Transmitting`."""

    predictor: Predictor
    junction: Junction
    eta: float
    window: tuple[float, float]
    levels: Levels

    def __len__(self) -> int:
        return 1

    def rows(self, part: slice) -> _Broadened:
        """Return the only junction."""
        del part
        return self

    def transmission(self, energies: Float[Doubles, "1 E"]) -> Transmission:
        """T of one spin channel at energies in eV."""
        # With both ends, by which a predictor knows its poles again.
        every, where = np.unique([*self.window, *energies[0]], return_inverse=True)
        totals = junction_totals(self.predictor, self.junction, every, self.eta)
        binary = totals.log10_transmission[where[2:]] / math.log10(2.0)
        top = np.floor(binary.max())
        top = top if np.isfinite(top) else 0.0
        return Transmission(np.exp2(binary - top)[None], np.array([top]))

    def resolved(
        self, windows: ThermalWindows, breaks: Float[Doubles, " Q"]
    ) -> tuple[Rule, Transmission]:
        """Rule that resolves T and Fermi functions, and T at its energies."""
        # A Hamiltonian knows T beyond the window too, where a far level may outweigh a gap.
        bounds = (-math.inf, math.inf) if self.predictor.knows_hamiltonian else self.window
        rule = rule_on(panel_edges(self.levels[None], windows, np.clip(breaks, *bounds)))
        return rule, self.transmission(np.clip(rule.energies, *bounds))
