"""What is asked of a junction beside its spectra: flags of commands, which are keywords as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from dnawire.api.conditions import AskedContacts, ContactKeywords
from dnawire.api.contact_texts import with_contact_texts
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
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Probes = Literal["dephasing", "voltage", "voltage_temperature"]
Distribution = Literal["gaussian", "uniform"]

_VOLTAGE: Final = Range(-10.0, 10.0, "V")
_MAX_BIAS: Final = Range(1e-6, 10.0, "V")
_COUNT: Final = Range(2, 10**4, "values")
_SHARE: Final = Range(0.0, 1.0, "of the voltage")
_ONSITE: Final = Range(1e-6, 10.0, "eV", or_zero=True)
_HOPPING: Final = Range(1e-6, 10.0, "of each hopping", or_zero=True)
_CORRELATION: Final = Range(1e-3, 1e6, "base pairs", or_zero=True)
_SAMPLES: Final = Range(2, 10**7, "samples")
_SEED: Final = Range(0, 2**63 - 1, "")


@dataclass(frozen=True)
class Question(AskedContacts):
    """Contacts, and what depends on them."""

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Self:
        """Return what some keywords ask for; one number is a row of one where several may be.

        Raises
        ------
        UsageError
            A value is impossible.
        """
        values = with_contact_texts(keywords)
        for name in {"voltages", "temperatures", "probe_coupling"} & values.keys():
            given = values[name]
            values[name] = (given,) if isinstance(given, Real) else checked_row(name, given)
            _check_some(name, values[name])
        return cls(**values)

    def check_model(self, model: str | None) -> None:
        """Refuse what cannot be asked of a model by its name; None of one without a name."""

    @property
    def fermi_energies(self) -> tuple[float, ...]:
        """Fermi energies in eV that are asked for."""
        return ()

    def _check(self, name: str, allowed: Range) -> None:
        """Refuse a value, or a row of values, that is out of range."""
        value = getattr(self, name)
        for one in value if isinstance(value, tuple) else (value,):
            check_range(name, one, allowed)


@dataclass(frozen=True)
class ConductanceQuestion(Question):
    """What needs one Fermi energy and one temperature."""

    fermi_energy: float | None = None
    """Fermi energy of the contacts in eV; it must be given."""

    temperature: float = 300.0
    """Temperature of the contacts in K."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("fermi_energy", ENERGY)
        self._check("temperature", TEMPERATURE)
        if self.fermi_energy is None:
            raise UsageError("the Fermi energy is not given", "Give --fermi_energy in eV.")

    @property
    def fermi_energies(self) -> tuple[float, ...]:
        """The one that is asked for, in eV."""
        return (self.level,)

    @property
    def level(self) -> float:
        """Fermi energy in eV, which is given."""
        assert self.fermi_energy is not None
        return self.fermi_energy


@dataclass(frozen=True)
class CurrentQuestion(ConductanceQuestion):
    """Voltages, and where they drop."""

    voltages: tuple[float, ...] = ()
    """Voltages in V; without any they are equally spaced, see --max_bias."""

    max_bias: float | None = None
    """Largest of equally spaced voltages in V, from minus to plus it; None takes 1 V."""

    num_voltages: int | None = None
    """Number of equally spaced voltages; None takes 101."""

    division: float = 0.5
    """Share of the voltage that drops at the left contact; the rest drops at the right one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (
            ("voltages", _VOLTAGE), ("max_bias", _MAX_BIAS), ("division", _SHARE),
        ):  # fmt: skip
            self._check(name, allowed)
        check_count("num_voltages", self.num_voltages, _COUNT)
        for name in ("max_bias", "num_voltages"):
            if self.voltages and getattr(self, name) is not None:
                raise UsageError(f"voltages and {name} are both given", "Give one of them.")


@dataclass(frozen=True)
class ThermoelectricQuestion(Question):
    """Temperatures, and Fermi energies to scan over."""

    fermi_energy: float | None = None
    """Fermi energy of the contacts in eV; None for a scan alone, see --fermi_min."""

    fermi_min: float | None = None
    """Lowest Fermi energy of the scan in eV; None takes the Fermi energy less 0.5 eV."""

    fermi_max: float | None = None
    """Highest Fermi energy of the scan in eV; None takes the Fermi energy plus 0.5 eV."""

    num_fermi_energies: int = 201
    """Number of Fermi energies of the scan."""

    temperatures: tuple[float, ...] = (300.0,)
    """Temperatures of the contacts in K."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("fermi_energy", "fermi_min", "fermi_max"):
            self._check(name, ENERGY)
        self._check("temperatures", TEMPERATURE)
        _check_some("temperatures", self.temperatures)
        check_count("num_fermi_energies", self.num_fermi_energies, _COUNT)
        low, high = self.scan
        if not low < high:
            raise UsageError(
                f"a scan of the Fermi energy from {low:g} to {high:g} eV",
                "Choose --fermi_min below --fermi_max.",
            )

    @property
    def fermi_energies(self) -> tuple[float, ...]:
        """The one that is given, or the ends of the scan, in eV."""
        return self.scan if self.fermi_energy is None else (self.fermi_energy,)

    @property
    def scan(self) -> tuple[float, float]:
        """Ends of the scan in eV."""
        return self._end("fermi_min", -0.5), self._end("fermi_max", 0.5)

    def _end(self, name: str, distance: float) -> float:
        value: float | None = getattr(self, name)
        if value is not None:
            return value
        if self.fermi_energy is None:
            raise UsageError(
                f"neither fermi_energy nor {name} is given",
                "Give --fermi_energy, or both --fermi_min and --fermi_max, in eV.",
            )
        return self.fermi_energy + distance


@dataclass(frozen=True)
class DephasingQuestion(ConductanceQuestion):
    """Probes that break the phase of carriers."""

    probes: Probes = "voltage"
    """Kind of the probes, by what they carry none of: dephasing, current at any energy; voltage,
    current in sum over the energies; voltage_temperature, current and heat in sum."""

    probe_coupling: tuple[float, ...] = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)
    """Couplings of every probe to its base in eV, one conductance each; 0 is no probe."""

    probe_sites: str | None = None
    """Bases that have a probe, as STRAND:POSITION separated by commas; None takes all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("probe_coupling", COUPLING)
        _check_some("probe_coupling", self.probe_coupling)
        check_choice("probes", self.probes, Probes)


@dataclass(frozen=True)
class DrawnQuestion(ConductanceQuestion):
    """Static disorder, if any, and how often it is drawn."""

    onsite: float = 0.0
    """Standard deviation of every on-site energy in eV."""

    hopping: float = 0.0
    """Standard deviation of every hopping, relative to its value."""

    correlation_length: float = 0.0
    """Base pairs over which changes along a strand are alike; at 0 each is independent."""

    distribution: Distribution = "gaussian"
    """Distribution of the changes: gaussian, or uniform within sqrt(3) standard deviations."""

    samples: int = 1000
    """Number of draws; the first ones do not depend on it."""

    seed: int = 42
    """Same seed, same draws."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (
            ("onsite", _ONSITE), ("hopping", _HOPPING), ("correlation_length", _CORRELATION),
        ):  # fmt: skip
            self._check(name, allowed)
        check_count("samples", self.samples, _SAMPLES)
        check_count("seed", self.seed, _SEED)
        check_choice("distribution", self.distribution, Distribution)

    @property
    def told_of_disorder(self) -> tuple[tuple[str, str, float | str], ...]:
        """What is drawn: name, unit and value of its columns."""
        return (
            ("onsite", "eV", self.onsite),
            ("hopping", "", self.hopping),
            ("correlation_length", "base pairs", self.correlation_length),
            ("distribution", "", self.distribution),
        )

    @property
    def said_of_disorder(self) -> str:
        """What is drawn, in words."""
        return (
            f"{self.distribution} disorder of {self.onsite:g} eV on-site and "
            f"{self.hopping:.0%} of hoppings, correlation length {self.correlation_length:g}"
        )


@dataclass(frozen=True)
class DisorderQuestion(DrawnQuestion):
    """Static disorder, and how often it is drawn."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.onsite == self.hopping == 0.0:
            raise UsageError(
                "onsite and hopping are both 0: there is no disorder",
                "Give --onsite in eV, --hopping relative to each hopping, or both.",
            )


class _ConductanceKeywords(ContactKeywords, total=False):
    fermi_energy: float | None
    temperature: float


class CurrentKeywords(_ConductanceKeywords, total=False):
    """Keywords of ``dw.iv``, named like the flags of `CurrentQuestion`, which explains them."""

    voltages: ArrayLike
    max_bias: float | None
    num_voltages: int | None
    division: float


class ThermoelectricKeywords(ContactKeywords, total=False):
    """Keywords of ``dw.thermoelectric``, named like the flags of `ThermoelectricQuestion`."""

    fermi_energy: float | None
    fermi_min: float | None
    fermi_max: float | None
    num_fermi_energies: int
    temperatures: ArrayLike


class DephasingKeywords(_ConductanceKeywords, total=False):
    """Keywords of ``dw.dephasing``, named like the flags of `DephasingQuestion`."""

    probes: Probes
    probe_coupling: ArrayLike
    probe_sites: str | None


class DisorderKeywords(_ConductanceKeywords, total=False):
    """Keywords of ``dw.disorder``, named like the flags of `DisorderQuestion`."""

    onsite: float
    hopping: float
    correlation_length: float
    distribution: Distribution
    samples: int
    seed: int


def _check_some(name: str, values: tuple[float, ...]) -> None:
    if not values:
        raise UsageError(f"{name} holds no value", f"Give --{name} one value or several.")
