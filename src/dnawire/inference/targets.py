"""What designed sequences should do: a wanted value or T(E), or the largest contrast."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.inference.evaluator import Evaluator, Quantity
from dnawire.inference.mismatch import Mismatch, paired
from dnawire.inference.question import CONDUCTANCE, TRANSMISSION
from dnawire.junction import Duplex

Values = dict[str, NDArray[np.float64]]
"""Quantities by name, (B,)."""

DISTANCE: Final = "distance"
CONTRAST: Final = "contrast"

_VALUES_AT_ONCE: Final = 2**18
_DUPLEXES_AT_ONCE: Final = 2**14
_CONDUCTANCES_AT_ONCE: Final = 32
_TOGETHER: Final = 12
"""As `benchmarks/design.py` measures."""


class Marks(NamedTuple):
    """Where a target lies among spectra."""

    energies: NDArray[np.float64]
    """In eV, (K,)."""
    log10_transmission: NDArray[np.float64] | None
    """Wanted at them, (K,); None where only the energies are marked."""


class Target(ABC):
    """What sequences should do."""

    objective: ClassVar[str] = DISTANCE
    """The value that decides: ``distance`` in decades, which should be small, or ``contrast`` in
    decades, which should be large."""
    is_symmetric: ClassVar[bool] = True
    """Whether both writings of one junction are asked for the same."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What is wanted, in words."""

    @property
    @abstractmethod
    def at_once(self) -> int:
        """Number of sequences that are well measured together."""

    def together(self, evaluator: Evaluator) -> int:
        """So many sequences that begin alike cost as much as one; 1 where no work is shared."""
        count = self.num_energies
        return _TOGETHER if count and evaluator.shares_beginnings(count) else 1

    @property
    @abstractmethod
    def num_energies(self) -> int:
        """Energies at which T is asked for; 0 where something else is."""

    @abstractmethod
    def check(self, evaluator: Evaluator) -> None:
        """Refuse an evaluator that cannot tell.

        Raises
        ------
        UsageError
            An energy lies outside, or the predictor does not know the quantity.
        """

    @abstractmethod
    def values(self, evaluator: Evaluator, upper: Int8[NDArray[np.int8], "B L"]) -> Values:
        """Measure Watson-Crick duplexes of one length by their upper strands; in decades."""

    def marks(self, evaluator: Evaluator) -> Marks:
        """Say where it lies among spectra: at the Fermi energy, if nothing else is said."""
        return Marks(np.array([evaluator.fermi_energy]), None)

    def losses(self, values: Values) -> Float[NDArray[np.float64], " B"]:
        """What a search makes small; infinite where a value is none."""
        found = values[self.objective]
        loss = -found if self.objective == CONTRAST else found
        return np.where(np.isfinite(found), loss, np.inf)

    def duplexes(self, upper: str) -> list[Duplex]:
        """What is measured of a sequence, the Watson-Crick duplex first."""
        return [Duplex.parse(upper)]


@dataclass(frozen=True)
class WantedValue(Target):
    """A value of one quantity at the Fermi energy, in decades."""

    quantity: Quantity
    value: float

    @property
    def description(self) -> str:
        """The quantity and the value."""
        return f"{self.quantity} = {self.value:g} at E_F"

    @property
    def at_once(self) -> int:
        """Many where one T is enough."""
        return _at_once(self.quantity)

    @property
    def num_energies(self) -> int:
        """The Fermi energy, where T is the quantity."""
        return int(self.quantity == TRANSMISSION)

    def check(self, evaluator: Evaluator) -> None:
        """Ask for the Fermi energy; see `Target.check`."""
        evaluator.check(self.quantity)

    def values(self, evaluator: Evaluator, upper: Int8[NDArray[np.int8], "B L"]) -> Values:
        """Return the quantity and its distance from the wanted one."""
        found = evaluator.of(paired(upper), self.quantity)
        return {self.quantity: found, DISTANCE: abs(found - self.value)}

    def marks(self, evaluator: Evaluator) -> Marks:
        """Return the wanted T, which a conductance does not tell."""
        wanted = np.array([self.value]) if self.quantity == TRANSMISSION else None
        return Marks(np.array([evaluator.fermi_energy]), wanted)


@dataclass(frozen=True, eq=False)
class WantedSpectrum(Target):
    """A T(E); the distance is the mean of |log10 T - wanted log10 T| over the energies."""

    energies: NDArray[np.float64]
    """In eV, (E,), increasing."""
    log10_transmission: NDArray[np.float64]
    """(E,)."""
    origin: str
    """Where it comes from, in words."""

    def within(self, low: float, high: float) -> WantedSpectrum:
        """Keep the energies of a window in eV.

        Raises
        ------
        UsageError
            If none lies in it.
        """
        kept = (self.energies >= low) & (self.energies <= high)
        if not kept.any():
            raise UsageError(
                f"no energy of {self.origin} lies in the window from {low:g} to {high:g} eV",
                "Widen it with --window_min and --window_max.",
            )
        return WantedSpectrum(self.energies[kept], self.log10_transmission[kept], self.origin)

    @property
    def description(self) -> str:
        """Where it comes from, and its energies."""
        low, high = self.energies[[0, -1]]
        return f"T of {self.origin} at {len(self.energies)} energies from {low:g} to {high:g} eV"

    @property
    def at_once(self) -> int:
        """Fewer where there are many energies."""
        return max(1, _VALUES_AT_ONCE // len(self.energies))

    @property
    def num_energies(self) -> int:
        """Those of the wanted T."""
        return len(self.energies)

    def check(self, evaluator: Evaluator) -> None:
        """Hold the energies against those of the evaluator; see `Target.check`."""
        evaluator.check_energies("the wanted T at", self.energies)

    def values(self, evaluator: Evaluator, upper: Int8[NDArray[np.int8], "B L"]) -> Values:
        """Return the distance from the wanted T(E)."""
        found = evaluator.log10_transmission(paired(upper), self.energies)
        return {DISTANCE: abs(found - self.log10_transmission).mean(axis=1)}

    def marks(self, evaluator: Evaluator) -> Marks:
        """Return the wanted T(E)."""
        del evaluator
        return Marks(self.energies, self.log10_transmission)


@dataclass(frozen=True)
class EnergyContrast(Target):
    """The largest ratio of T at two energies."""

    objective: ClassVar[str] = CONTRAST

    on: float
    """Energy in eV where T should be large."""
    off: float
    """Energy in eV where T should be small."""
    floor: float = -np.inf
    """What lies below it, in decades, counts as much: it cannot be measured."""

    def __post_init__(self) -> None:
        if self.on == self.off:
            raise UsageError(
                f"energy_on and energy_off are both {self.on:g} eV", "Choose two energies."
            )

    @property
    def description(self) -> str:
        """Both energies."""
        return f"largest log10 T({self.on:g} eV) - log10 T({self.off:g} eV){_above(self.floor)}"

    @property
    def at_once(self) -> int:
        """As many as of one energy."""
        return _at_once(TRANSMISSION)

    @property
    def num_energies(self) -> int:
        """Both."""
        return 2

    def check(self, evaluator: Evaluator) -> None:
        """Hold the energies against those of the evaluator; see `Target.check`."""
        evaluator.check_energies("the contrast at", np.array([self.on, self.off]))

    def values(self, evaluator: Evaluator, upper: Int8[NDArray[np.int8], "B L"]) -> Values:
        """Return log10 T at both energies, and the difference."""
        found = evaluator.log10_transmission(paired(upper), np.sort([self.on, self.off]))
        on, off = found.T if self.on < self.off else found.T[::-1]
        names = f"{TRANSMISSION}_on", f"{TRANSMISSION}_off", CONTRAST
        return dict(zip(names, (on, off, _contrast(on, off, self.floor)), strict=True))

    def marks(self, evaluator: Evaluator) -> Marks:
        """Return both energies."""
        del evaluator
        return Marks(np.array([self.on, self.off]), None)


@dataclass(frozen=True)
class MismatchContrast(Target):
    """The largest ratio of the perfect duplex to the one with a mismatch."""

    objective: ClassVar[str] = CONTRAST
    is_symmetric: ClassVar[bool] = False

    quantity: Quantity
    mismatch: Mismatch
    floor: float = -np.inf
    """See `EnergyContrast`."""

    @property
    def description(self) -> str:
        """The quantity and the mismatch."""
        what = f"{self.quantity} of match less mismatch {self.mismatch.text} at E_F"
        return f"largest {what}{_above(self.floor)}"

    @property
    def at_once(self) -> int:
        """Half as many: there are two duplexes of each sequence."""
        return _at_once(self.quantity) // 2

    @property
    def num_energies(self) -> int:
        """The Fermi energy, where T is the quantity."""
        return int(self.quantity == TRANSMISSION)

    def check(self, evaluator: Evaluator) -> None:
        """Ask for the Fermi energy; see `Target.check`."""
        evaluator.check(self.quantity)

    def values(self, evaluator: Evaluator, upper: Int8[NDArray[np.int8], "B L"]) -> Values:
        """Return the quantity of both duplexes, and the difference."""
        codes = paired(upper)
        match = evaluator.of(codes, self.quantity)
        mismatch = evaluator.of(self.mismatch.put_into(codes), self.quantity)
        contrast = _contrast(match, mismatch, self.floor)
        return {self.quantity: match, f"mismatch_{self.quantity}": mismatch, CONTRAST: contrast}

    def duplexes(self, upper: str) -> list[Duplex]:
        """The perfect duplex, and the one with the mismatch."""
        perfect = Duplex.parse(upper)
        return [perfect, Duplex.from_codes(self.mismatch.put_into(perfect.codes[None])[0])]


def _contrast(
    high: NDArray[np.float64], low: NDArray[np.float64], floor: float
) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = np.maximum(high, floor) - np.maximum(low, floor)
    return found


def _above(floor: float) -> str:
    return f", above {floor:g}" if np.isfinite(floor) else ""


def _at_once(quantity: Quantity) -> int:
    return _CONDUCTANCES_AT_ONCE if quantity == CONDUCTANCE else _DUPLEXES_AT_ONCE
