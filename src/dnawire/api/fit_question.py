"""What is fitted to measured conductances, and how: flags of ``dnawire fit``, keywords as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from dnawire.api.conditions import AskedContacts, ContactKeywords
from dnawire.api.contact_texts import with_contact_texts
from dnawire.api.questions import Probes
from dnawire.errors import UsageError
from dnawire.scalars import (
    COUPLING,
    ENERGY,
    TEMPERATURE,
    Range,
    check_choice,
    check_count,
    check_range,
    checked_row,
    checked_text,
)

if TYPE_CHECKING:
    from dnawire.inference import WantedParameter
    from dnawire.junction import Contact
    from dnawire.predictors import Predictor

FermiReference = Literal["absolute", "homo"]

_CONFIDENCE: Final = Range(0.5, 0.9999, "")
_STARTS: Final = Range(1, 1000, "starts")
_DECADES: Final = Range(1e-6, 10.0, "decades")
_SEED: Final = Range(0, 2**63 - 1, "")
_SCALE: Final = Range(1e-3, 1e3, "")
_SHIFT: Final = Range(-1.0, 1.0, "eV")
_FACTOR: Final = Range(1e-30, 1e30, "")
_ANY_COUPLING: Final = 1.0
"""eV; where a coupling is fitted that is not given, it only says where the contact is."""


@dataclass(frozen=True)
class FitQuestion(AskedContacts):
    """What is fitted, what is held, and how errors are counted."""

    vary: tuple[str, ...] = ("fermi_energy", "gamma", "probe_coupling")
    """Parameters that are fitted, each as NAME or NAME=LOW:HIGH with its bounds: fermi_energy,
    gamma (both contacts alike) or gamma_left and gamma_right, probe_coupling, hopping_scale (factor
    of all hoppings), hopping_shift (added to their magnitudes), prefactor (factor of all
    conductances, for relative ones). All others are held."""

    fermi_energy: float | None = None
    """Fermi energy in eV if it is held, counted from --fermi_reference."""

    fermi_reference: FermiReference = "absolute"
    """What the Fermi energy is counted from: absolute, the zero of the model; homo, the highest
    level of each duplex."""

    probes: Probes = "voltage"
    """Kind of the probes, see `dnawire dephasing`."""

    probe_coupling: float = 0.0
    """Coupling of every probe to its base in eV if it is held; 0 is no probe."""

    probe_sites: str | None = None
    """Bases that have a probe, as STRAND:POSITION separated by commas; None takes all."""

    hopping_scale: float = 1.0
    """Factor of all hoppings if it is held."""

    hopping_shift: float = 0.0
    """Added to the magnitude of every hopping that is not 0, in eV, if it is held."""

    prefactor: float = 1.0
    """Factor of all conductances if it is held."""

    temperature: float = 300.0
    """Temperature in K of the rows that tell none."""

    error_decades: float | None = None
    """Standard deviation of log10 G of the rows that tell none; without any, the scatter of the
    residuals tells it."""

    confidence: float = 0.95
    """Confidence of the intervals."""

    starts: int = 8
    """Number of points that the search begins at: the middle of the bounds, then random ones."""

    seed: int = 42
    """Same seed, same starts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (
            ("fermi_energy", ENERGY), ("probe_coupling", COUPLING), ("hopping_scale", _SCALE),
            ("hopping_shift", _SHIFT), ("prefactor", _FACTOR), ("temperature", TEMPERATURE),
            ("error_decades", _DECADES), ("confidence", _CONFIDENCE),
        ):  # fmt: skip
            check_range(name, getattr(self, name), allowed)
        check_count("starts", self.starts, _STARTS)
        check_count("seed", self.seed, _SEED)
        for name, choices in (("probes", Probes), ("fermi_reference", FermiReference)):
            check_choice(name, getattr(self, name), choices)
        self._check_held()

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Self:
        """Return what some keywords ask for; one text in ``vary`` is a row of one.

        Raises
        ------
        UsageError
            A value is impossible.
        """
        values = with_contact_texts(keywords)
        given = values.get("vary")
        if isinstance(given, str):
            values["vary"] = (given,)
        elif given is not None:
            row = checked_row("vary", given)
            values["vary"] = tuple(checked_text("vary", one, "gamma=1e-4:1") for one in row)
        return cls(**values)

    @property
    def wanted(self) -> tuple[WantedParameter, ...]:
        """What is fitted, in the order of tables.

        Raises
        ------
        UsageError
            See `parse_wanted`.
        """
        from dnawire.inference import parse_wanted

        return parse_wanted(self.vary)

    def contacts(self, predictor: Predictor) -> tuple[Contact, Contact]:
        """Contacts; a coupling that is fitted need not be given; see `AskedContacts.contacts`."""
        names = {one.kind.name for one in self.wanted}
        left, right = (
            _ANY_COUPLING if {"gamma", f"gamma_{side}"} & names else getattr(self, f"gamma_{side}")
            for side in ("left", "right")
        )
        return AskedContacts(self.left_contact, self.right_contact, left, right).contacts(predictor)

    def _check_held(self) -> None:
        names = {one.kind.name for one in self.wanted}
        if "gamma" in names:
            names |= {"gamma_left", "gamma_right"}
        defaults = {one.name: one.default for one in fields(self)}
        for name in sorted(names & defaults.keys()):
            if getattr(self, name) != defaults[name]:
                raise UsageError(
                    f"{name} is both fitted and held at {getattr(self, name)}",
                    f"Drop --{name}, or take it out of --vary.",
                )
        if "fermi_energy" not in names and self.fermi_energy is None:
            raise UsageError(
                "the Fermi energy is neither fitted nor given",
                "Give --fermi_energy in eV, or add fermi_energy to --vary.",
            )


class FitKeywords(ContactKeywords, total=False):
    """Keywords of ``dw.fit``, named like the flags of `FitQuestion`, which explains them."""

    vary: Iterable[str] | str
    fermi_energy: float | None
    fermi_reference: FermiReference
    probes: Probes
    probe_coupling: float
    probe_sites: str | None
    hopping_scale: float
    hopping_shift: float
    prefactor: float
    temperature: float
    error_decades: float | None
    confidence: float
    starts: int
    seed: int
