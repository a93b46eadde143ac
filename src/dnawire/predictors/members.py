"""Several predictors as one: the mean of what they say, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.junction import Duplex, Junction, JunctionArrays
from dnawire.predictors.calibration import Calibration
from dnawire.predictors.conditions import Conditions
from dnawire.predictors.predictor import Predictor
from dnawire.quantities import BY_COLUMN
from dnawire.transport import Totals

_SAME_ENERGY: Final = 1e-9
"""eV; energies that differ by less are one, rounded in different ways."""


class MembersPredictor:
    """Geometric mean of the spectra of several predictors, e.g. of one training with several seeds.

    Parameters
    ----------
    name
        Short name.
    members
        At least two, made under the same conditions.
    calibration
        What turns their spread into intervals; None if there is none.

    Raises
    ------
    UsageError
        If there is one member only, or their conditions differ.
    """

    knows_hamiltonian = False

    def __init__(
        self, name: str, members: Sequence[Predictor], calibration: Calibration | None = None
    ) -> None:
        self.name = name
        self.members = tuple(members)
        self.calibration = calibration
        _check_alike(name, self.members)
        self.knows_all_energies = all(one.knows_all_energies for one in members)
        self.at_once = min(one.at_once for one in members)
        self.respects = tuple(dict.fromkeys(chain(*(one.respects for one in members))))

    @property
    def conditions(self) -> Conditions:
        """Those of all members; what one of them falls short of, all do."""
        first = self.members[0].conditions
        said = [
            f"{one.name}: {shortfall}"
            for one in self.members
            for shortfall in one.conditions.shortfalls
        ]
        return replace(first, shortfalls=tuple(said))

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Means of the logarithms of T and DOS, without LDOS; see `Predictor.predict`."""
        found = self.predict_each(junctions, energies, eta)
        return [self._mean(records) for records in zip(*found, strict=True)]

    def predict_each(
        self, junctions: Sequence[Junction], energies: ArrayLike | None, eta: float | None
    ) -> list[list[TransportRecord]]:
        """What each member predicts, in their order."""
        return [one.predict(junctions, energies, eta) for one in self.members]

    def totals(
        self, junctions: JunctionArrays, energies: ArrayLike | None = None, eta: float | None = None
    ) -> Totals[NDArray[np.float64]]:
        """Means of the logarithms of T and DOS; see `Predictor.totals`."""
        found = [one.totals(junctions, energies, eta) for one in self.members]
        return Totals(*(np.mean(values, 0) for values in zip(*found, strict=True)))

    def hamiltonian(self, duplex: Duplex) -> NoReturn:
        """Refuse: each member has its own; see `Predictor.hamiltonian`."""
        raise UsageError(
            f"the {len(self.members)} members of {self.name} have a Hamiltonian of "
            f"'{duplex.text}' each, if any, and none in common.",
            f"Ask one of them: {', '.join(one.name for one in self.members)}.",
        )

    def resonances(
        self, junction: Junction, energies: NDArray[np.float64], eta: float
    ) -> NDArray[np.complex128] | None:
        """Levels of all members; see `Predictor.resonances`."""
        found = [one.resonances(junction, energies, eta) for one in self.members]
        known = [one for one in found if one is not None]
        return np.concatenate(known) if len(known) == len(found) else None

    def ladder(self, junction: Junction) -> NoReturn:
        """Refuse: each member has its own; see `Predictor.ladder`."""
        self.hamiltonian(junction.duplex)

    def transmitting(self, junction: Junction, low: float, high: float) -> NoReturn:
        """Refuse: a mean of several is no transport of one; see `Predictor.transmitting`."""
        del low, high
        self.hamiltonian(junction.duplex)

    def certificate(self, duplex: Duplex) -> float | None:
        """Largest error bar of the members; None if one has none."""
        found = [one.certificate(duplex) for one in self.members]
        known = [one for one in found if one is not None]
        return max(known) if len(known) == len(found) else None

    def out_of_domain(self, junction: Junction) -> list[str]:
        """What any member says; see `Predictor.out_of_domain`."""
        return list(dict.fromkeys(chain(*(one.out_of_domain(junction) for one in self.members))))

    def _mean(self, records: Sequence[TransportRecord]) -> TransportRecord:
        first = records[0]
        columns = [
            name
            for name in first.spectra
            if not BY_COLUMN[name].has_sites and all(name in one.spectra for one in records)
        ]
        return replace(
            first,
            spectra={name: np.mean([one.spectra[name] for one in records], 0) for name in columns},
            identifier=f"{self.name}/{first.junction.duplex.text}",
        )


def _check_alike(name: str, members: Sequence[Predictor]) -> None:
    if len(members) < 2:
        raise UsageError(
            f"{name} has {len(members)} member: one alone has no spread",
            "Give at least two runs, e.g. of the same training with other seeds.",
        )
    first = members[0]
    for other in members[1:]:
        same_kind = type(first) is type(other)
        field = _difference(first.conditions, other.conditions) if same_kind else "their type"
        if field is not None:
            raise UsageError(
                f"members {first.name} and {other.name} of {name} differ in {field}: their mean "
                "would mean nothing",
                "Give runs on the same records, which differ in their seeds.",
            )


def _difference(one: Conditions, other: Conditions) -> str | None:
    """First field in which two differ that must be the same."""
    if len(one.energies) != len(other.energies) or not _same(one.energies, other.energies):
        return "energies"
    if not _same(one.energy_reference, other.energy_reference):
        return "energy_reference"
    fields = ("eta", "contacts", "alphabet", "quantities", "coverage")
    return next((field for field in fields if getattr(one, field) != getattr(other, field)), None)


def _same(one: ArrayLike, other: ArrayLike) -> bool:
    return bool(np.allclose(one, other, rtol=0.0, atol=_SAME_ENERGY, equal_nan=True))
