"""Flags that say under which conditions something is predicted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.cli._flags import check_range
from dnawire.errors import UsageError
from dnawire.scalars import BROADENING, COUPLING, ENERGY, TEMPERATURE, Range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnawire.inference import Predictor
    from dnawire.junction import Contact


_NUM_ENERGIES: Final = Range(2, 10**5, "energies")


@dataclass(frozen=True)
class ConditionFlags:
    """Contacts and energies; what is not given is taken from the training of the model."""

    left_contact: str | None = None
    """Left contact as STRAND:POSITION, e.g. upper:0, or upper:0,lower:-1 for the first pair."""

    right_contact: str | None = None
    """Right contact, written like the left one."""

    gamma_left: float | None = None
    """Coupling of the left contact in eV."""

    gamma_right: float | None = None
    """Coupling of the right contact in eV."""

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

    conductance_from_grid: tyro.conf.FlagCreatePairsOff[bool] = False
    """Give a conductance also by a model that knows T at the energies of its grid only: what lies
    between them is missing in it, and it may be wrong by orders of magnitude."""

    def __post_init__(self) -> None:
        for name in ("gamma_left", "gamma_right"):
            check_range(name, getattr(self, name), COUPLING)
        for name in ("energy_min", "energy_max", "fermi_energy"):
            check_range(name, getattr(self, name), ENERGY)
        check_range("eta", self.eta, BROADENING)
        check_range("num_energy_points", self.num_energy_points, _NUM_ENERGIES)
        check_range("temperature", self.temperature, TEMPERATURE)

    def contacts(self, predictor: Predictor) -> tuple[Contact, Contact]:
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

    def energies(self, predictor: Predictor) -> NDArray[np.float64] | None:
        """Return the energies that are asked for; None if those of the predictor are.

        Raises
        ------
        UsageError
            If they are no grid.
        """
        import numpy as np

        asked = (self.energy_min, self.energy_max, self.num_energy_points)
        if asked == (None, None, None):
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


def check_conditions(
    flags: ConditionFlags, predictor: Predictor, energies: NDArray[np.float64] | None
) -> None:
    """Refuse energies, eta and Fermi energy that the predictor cannot be asked for.

    Raises
    ------
    UsageError
        They do not fit the predictor, or each other.
    """
    from dnawire.transport import checked_thermal_window

    predictor.predict([], energies, flags.eta)
    if flags.fermi_energy is not None:
        checked_thermal_window(
            predictor.conditions.energies if energies is None else energies,
            fermi_energy=flags.fermi_energy,
            temperature=flags.temperature,
        )


def condition_footer(
    flags: ConditionFlags, predictor: Predictor, contacts: tuple[Contact, Contact], eta: float
) -> str:
    """Text below every figure of a prediction."""
    from dnawire.plots import footer

    conditions = predictor.conditions
    return footer(
        (contacts[0].text, contacts[1].text),
        energy_reference=conditions.energy_reference,
        eta=eta,
        parameters=conditions.parameters,
        thermal=None if flags.fermi_energy is None else (flags.fermi_energy, flags.temperature),
    )


def contact(side: str, text: str | None, gamma: float | None, trained: Contact | None) -> Contact:
    """Return what is asked for; the rest is as in the training."""
    from dnawire.junction import Contact

    if text is not None:
        couplings = {one.gamma for one in trained.attachments} if trained else set()
        if gamma is None and len(couplings) == 1:
            gamma = couplings.pop()
        return Contact.parse(text, gamma)
    if trained is None:
        raise UsageError(
            f"the model was trained on records with contacts of their own: no {side} contact is "
            "the obvious one",
            f"Give it with its coupling in eV, e.g. --{side}_contact upper:0=0.1.",
        )
    if gamma is None:
        return trained
    return Contact(tuple(replace(one, gamma=gamma) for one in trained.attachments))


def condition_lines(
    predictor: Predictor,
    contacts: tuple[Contact, Contact],
    energies: NDArray[np.float64],
    eta: float,
) -> list[str]:
    """Lines that say under which conditions a predictor is asked."""
    left, right = contacts
    conditions = predictor.conditions
    own_contacts = conditions.origin if contacts == conditions.contacts else "command line"
    zero = "" if conditions.energy_reference == 0.0 else " from the reference of the records"
    return [
        f"model         {predictor.name}",
        f"contacts      {left.text} | {right.text} eV ({own_contacts})",
        f"energies      {len(energies)} from {energies[0]:g} to {energies[-1]:g} eV{zero}, "
        f"eta {eta:g} eV",
    ]
