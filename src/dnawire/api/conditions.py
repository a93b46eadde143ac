"""Conditions of a prediction: what is asked for, and the rest from the training of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

from dnawire.api.contact_texts import contact, with_contact_texts
from dnawire.errors import UsageError
from dnawire.scalars import (
    BROADENING,
    COUPLING,
    ENERGY,
    TEMPERATURE,
    Range,
    check_count,
    check_range,
    check_switch,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from dnawire.inference import Question
    from dnawire.junction import Contact
    from dnawire.predictors import Calibration, Predictor

    Contacts = tuple[Contact, Contact]

_NUM_ENERGIES: Final = Range(2, 10**5, "energies")
GIVEN: Final = "given"
"""Where contacts come from that are no default, whoever gives them."""

_GRID: Final = ("energy_min", "energy_max", "num_energy_points")


@dataclass(frozen=True)
class AskedContacts:
    """Contacts; what is not given is taken from the training of the model."""

    left_contact: str | None = None
    """Left contact as STRAND:POSITION, e.g. upper:0, or upper:0,lower:-1 for the first pair; of a
    model of all atoms also on some of a base, e.g. upper:0@N1,C6."""

    right_contact: str | None = None
    """Right contact, written like the left one."""

    gamma_left: float | None = None
    """Coupling of the left contact in eV."""

    gamma_right: float | None = None
    """Coupling of the right contact in eV."""

    def __post_init__(self) -> None:
        for name in ("gamma_left", "gamma_right"):
            check_range(name, getattr(self, name), COUPLING)

    def contacts(self, predictor: Predictor) -> Contacts:
        """Return the left and the right contact.

        Raises
        ------
        UsageError
            If one is neither given nor known from the training.
        """
        left, right = predictor.conditions.contacts or (None, None)
        return (
            contact("left", self.left_contact, self.gamma_left, left),
            contact("right", self.right_contact, self.gamma_right, right),
        )

    def check_without_contacts(self) -> None:
        """Refuse contacts beside junctions, which have their own.

        Raises
        ------
        UsageError
            One is given.
        """
        for name in ("left_contact", "right_contact", "gamma_left", "gamma_right"):
            if getattr(self, name) is not None:
                raise UsageError(
                    f"{name} has no effect on junctions, which have contacts of their own",
                    f"Drop {name}, or give sequences instead of junctions.",
                )


@dataclass(frozen=True)
class AskedConditions(AskedContacts):
    """Contacts and energies; what is not given is taken from the training of the model."""

    energy_min: float | None = None
    """Lowest energy in eV."""

    energy_max: float | None = None
    """Highest energy in eV."""

    num_energy_points: int | None = None
    """Number of equally spaced energies."""

    eta: float | None = None
    """Imaginary part added to the energy, in eV."""

    fermi_energy: float | None = None
    """Fermi energy of the contacts in eV; without it there is no conductance."""

    temperature: float = 300.0
    """Temperature of the contacts in K."""

    conductance_from_grid: bool = False
    """Give a conductance also by a model that knows T at the energies of its grid only: what lies
    between them is missing in it, and it may be wrong by orders of magnitude."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("energy_min", "energy_max", "fermi_energy"):
            check_range(name, getattr(self, name), ENERGY)
        check_range("eta", self.eta, BROADENING)
        check_count("num_energy_points", self.num_energy_points, _NUM_ENERGIES)
        check_range("temperature", self.temperature, TEMPERATURE)
        check_switch("conductance_from_grid", self.conductance_from_grid)

    def energies(self, predictor: Predictor) -> NDArray[np.float64] | None:
        """Return the energies that are asked for; None if those of the predictor are.

        Raises
        ------
        UsageError
            If they are no grid.
        """
        import numpy as np

        if all(getattr(self, name) is None for name in _GRID):
            return None
        own = predictor.conditions.energies
        low = float(own[0]) if self.energy_min is None else self.energy_min
        high = float(own[-1]) if self.energy_max is None else self.energy_max
        number = len(own) if self.num_energy_points is None else self.num_energy_points
        grid = np.linspace(low, high, number)
        if not (np.diff(grid) > 0.0).all():
            raise UsageError(
                f"{number} energies from {low:g} to {high:g} eV are no grid",
                "Choose --energy_min well below --energy_max, both in eV.",
            )
        return grid

    def setup(self, predictor: Predictor, contacts: Contacts | None) -> Setup:
        """Ask a predictor, between given contacts, or those of each junction.

        Raises
        ------
        UsageError
            Energies, eta and Fermi energy do not fit the predictor, or each other.
        """
        from dnawire.transport import checked_thermal_window

        setup = self.setup_of_spectra(predictor, contacts)
        if self.fermi_energy is not None:
            checked_thermal_window(
                setup.grid, fermi_energy=self.fermi_energy, temperature=self.temperature
            )
        return setup

    def setup_of_spectra(self, predictor: Predictor, contacts: Contacts | None) -> Setup:
        """The same without a conductance, for which the energies would have to hold the carriers.

        Raises
        ------
        UsageError
            Energies, eta and Fermi energy do not fit the predictor.
        """
        from dnawire.predictors import check_inside

        setup = Setup(predictor, self, contacts, self.energies(predictor))
        predictor.predict([], setup.energies, self.eta)
        if self.fermi_energy is not None:
            check_inside("the Fermi energy", self.fermi_energy, setup.grid)
        return setup

    def setup_of(self, question: Question, predictor: Predictor) -> Setup:
        """The same for a question of many sequences, with a conductance where it ranks by that.

        Raises
        ------
        UsageError
            Energies, eta and Fermi energy do not fit the predictor, or each other.
        """
        from dnawire.inference import CONDUCTANCE

        set_up = self.setup if question.rank_by == CONDUCTANCE else self.setup_of_spectra
        return set_up(predictor, (question.left, question.right))


@dataclass(frozen=True, eq=False)
class Setup:
    """A predictor and what it is asked for."""

    predictor: Predictor
    asked: AskedConditions
    contacts: Contacts | None
    """Left and right contact; None if each junction has its own."""
    energies: NDArray[np.float64] | None
    """Energies in eV; None for those of the predictor."""

    @property
    def grid(self) -> NDArray[np.float64]:
        """Energies in eV, whoever gave them."""
        return self.predictor.conditions.energies if self.energies is None else self.energies

    @property
    def eta(self) -> float:
        """Imaginary part of the energy in eV, whoever gave it."""
        return self.predictor.conditions.eta if self.asked.eta is None else self.asked.eta

    def check_conductance(self) -> None:
        """Refuse a conductance that nobody can know.

        Raises
        ------
        UsageError
            The predictor knows T at the energies of its grid only, and was not asked to take these.
        """
        from dnawire.inference import knows_conductance

        if not knows_conductance(self.predictor, from_grid=self.asked.conductance_from_grid):
            raise UsageError(
                f"{self.predictor.name} knows T at the energies of its grid only: resonances "
                "between them would be missing in a conductance",
                "Use a model that knows them, or predict with conductance_from_grid=True and "
                "accept an error of orders of magnitude.",
            )

    @property
    def lines(self) -> list[str]:
        """Lines that say who is asked, and under which conditions."""
        from dnawire.inference import said_between

        conditions, energies = self.predictor.conditions, self.grid
        zero = "" if conditions.energy_reference == 0.0 else " from the reference of the records"
        own = self.own_parameters
        return [
            f"model         {self.predictor.name}",
            *([f"parameters    {own}"] if own else []),
            *self._said_of_members,
            f"contacts      {said_of_contacts(self.predictor, self.contacts)}",
            f"energies      {len(energies)} from {energies[0]:g} to {energies[-1]:g} eV{zero}, "
            f"eta {self.eta:g} eV{said_between(self.predictor)}",
        ]

    @property
    def calibration(self) -> Calibration | None:
        """What turns the spread of members into intervals; None if there is none."""
        from dnawire.predictors import MembersPredictor

        if isinstance(self.predictor, MembersPredictor):
            return self.predictor.calibration
        return None

    @property
    def own_parameters(self) -> str | None:
        """Name, file and digest of the own parameter set that predicts; None if none does."""
        from dnawire.inference import EXACT

        name, parameters = self.predictor.name, self.predictor.conditions.parameters
        is_own = name.startswith(EXACT) and name != f"{EXACT}{parameters}"
        return parameters if is_own else None

    @property
    def footer(self) -> str:
        """Text below every figure."""
        from dnawire.plots import footer

        asked, conditions = self.asked, self.predictor.conditions
        energy = asked.fermi_energy
        return footer(
            None if self.contacts is None else (self.contacts[0].text, self.contacts[1].text),
            energy_reference=conditions.energy_reference,
            eta=self.eta,
            parameters=conditions.parameters,
            level=conditions.level,
            thermal=None if energy is None else (energy, asked.temperature),
        )

    @property
    def _said_of_members(self) -> list[str]:
        """Line that says of how many members an ensemble is, and what its intervals promise."""
        from dnawire.predictors import MembersPredictor

        if not isinstance(self.predictor, MembersPredictor):
            return []
        number, known = len(self.predictor.members), self.calibration
        if known is None:
            return [f"members       {number}, not calibrated: no intervals (dnawire calibrate)"]
        low, high = known.lengths
        return [
            f"members       {number}; {known.coverage:.0%} intervals, calibrated on "
            f"{known.duplexes} duplexes of {low} to {high} base pairs"
        ]


class ContactKeywords(TypedDict, total=False):
    """Contacts as texts or `Contact`, and couplings; see `ConditionKeywords`."""

    left: Contact | str | None
    right: Contact | str | None
    gamma_left: float | None
    gamma_right: float | None


class ConditionKeywords(ContactKeywords, total=False):
    """Keywords of a prediction, named like the flags of `AskedConditions`, which explains them.

    The contacts are ``left`` and ``right`` (``left_contact`` and ``right_contact`` are accepted
    too), texts or `Contact`; ``energies`` is any increasing grid in eV, in the place of
    ``energy_min``, ``energy_max`` and ``num_energy_points``.
    """

    energies: ArrayLike | None
    energy_min: float | None
    energy_max: float | None
    num_energy_points: int | None
    eta: float | None
    fermi_energy: float | None
    temperature: float
    conductance_from_grid: bool


@dataclass(frozen=True, eq=False)
class KeywordConditions(AskedConditions):
    """Conditions that are asked for in Python, where the energies may be any grid."""

    grid: NDArray[np.float64] | None = None
    """Energies in eV; None leaves them to the other fields."""

    @classmethod
    def of(cls, keywords: ConditionKeywords) -> KeywordConditions:
        """Return what some keywords ask for.

        Raises
        ------
        UsageError
            A value is impossible, or the energies are given in two ways.
        """
        values = with_contact_texts(keywords)
        energies = values.pop("energies", None)
        if energies is None:
            return cls(**values)
        return cls(**values, grid=_checked_grid(energies, values))

    def energies(self, predictor: Predictor) -> NDArray[np.float64] | None:
        """Return the energies that are asked for; see `AskedConditions.energies`."""
        return super().energies(predictor) if self.grid is None else self.grid


def said_of_contacts(predictor: Predictor, contacts: Contacts | None) -> str:
    """Contacts, and where they come from: given, or from where the predictor has its own."""
    if contacts is None:
        return "of each junction"
    left, right = contacts
    known = predictor.conditions
    return (
        f"{left.text} | {right.text} eV ({known.origin if contacts == known.contacts else GIVEN})"
    )


def _checked_grid(energies: ArrayLike, others: dict[str, Any]) -> NDArray[np.float64]:
    from dnawire.predictors import checked_energies

    for name in _GRID:
        if others.get(name) is not None:
            raise UsageError(f"energies and {name} are both given", "Give one of them.")
    grid = checked_energies(energies)
    if len(grid) not in _NUM_ENERGIES:
        raise UsageError(
            f"energies of length {len(grid)} are no grid",
            f"Give at least two and at most {_NUM_ENERGIES.high:g}, e.g. energies=[-7.2, -7.1].",
        )
    for one in grid[[0, -1]].tolist():
        check_range("energies", one, ENERGY)
    return grid
