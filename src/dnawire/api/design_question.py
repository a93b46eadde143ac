"""What sequences are designed for, and what they must keep: flags, which are keywords as well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from dnawire.api.conditions import ConditionKeywords
from dnawire.errors import UsageError
from dnawire.scalars import ENERGY, Range, check_count, check_range, check_switch, checked_row

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dnawire.inference import Rules, SequenceSpace, Target, WantedSpectrum
    from dnawire.inference.evaluator import Quantity

TargetName = Literal[
    "log10_transmission",
    "log10_conductance",
    "transmission_spectrum",
    "energy_contrast",
    "mismatch_contrast",
    "mismatch_conductance_contrast",
]

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "log10_transmission": ("value",),
    "log10_conductance": ("value",),
    "transmission_spectrum": ("spectrum",),
    "energy_contrast": ("energy_on", "energy_off"),
    "mismatch_contrast": ("mismatch",),
    "mismatch_conductance_contrast": ("mismatch",),
}
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "transmission_spectrum": ("window_min", "window_max"),
    "energy_contrast": ("floor",),
    "mismatch_contrast": ("floor",),
    "mismatch_conductance_contrast": ("floor",),
}
_OF_TARGETS: Final = (
    "value", "spectrum", "window_min", "window_max", "energy_on", "energy_off", "mismatch",
    "floor",
)  # fmt: skip
_CONDUCTANCES: Final = ("log10_conductance", "mismatch_conductance_contrast")

_DECADES: Final = Range(-300.0, 10.0, "decades")
_LENGTHS: Final = Range(1, 500, "base pairs")
_SHARE: Final = Range(0.0, 1.0, "of all bases")
_RUN: Final = Range(1, 500, "bases")
_PALINDROME: Final = Range(0, 9, "bases")
_EVALUATIONS: Final = Range(2, 10**7, "sequences")
_RANKED: Final = Range(1, 10**4, "sequences")
_SEED: Final = Range(0, 2**63 - 1, "")
_ENDS: Final = 2

_MOST_SPECTRA: Final = 100_000
_MOST_TOGETHER: Final = 1_500_000
_MOST_CONDUCTANCES: Final = 5_000


@dataclass(frozen=True)
class DesignQuestion:
    """A target, what sequences must keep, and how far to search."""

    target: TargetName | None = None
    """What is wanted: log10 T or log10 G/G0 near --value, T(E) near --spectrum, or the largest
    log10 T(--energy_on) - log10 T(--energy_off), or log10 T or log10 G of the perfect duplex less
    that of the one with --mismatch. It must be given."""

    value: float | None = None
    """Wanted log10 T at --fermi_energy, or log10 G/G0 there and at --temperature."""

    spectrum: Path | None = None
    """Table of the wanted T(E), with columns energy_eV and transmission or log10_transmission."""

    window_min: float | None = None
    """Lowest energy in eV at which T(E) is wanted; None takes that of the spectrum."""

    window_max: float | None = None
    """Highest energy in eV at which T(E) is wanted; None takes that of the spectrum."""

    energy_on: float | None = None
    """Energy in eV at which T should be large."""

    energy_off: float | None = None
    """Energy in eV at which T should be small."""

    mismatch: str | None = None
    """Mismatch as POSITION:PAIR, e.g. 3:GT for G in the upper strand opposite of T, or 3:NT for any
    base opposite of T."""

    floor: float | None = None
    """Decades of T or G/G0 below which nothing can be measured: in a contrast less counts as much;
    None takes what lies below it for true."""

    length: tuple[int, ...] = ()
    """Number of base pairs, or the least and the greatest one."""

    pattern: str | None = None
    """IUPAC letters that every sequence has, e.g. GCNNNNGC; one * fills up to the length: GC*GC."""

    gc_min: float = 0.0
    """Least share of G and C."""

    gc_max: float = 1.0
    """Greatest share of G and C."""

    max_run: int | None = None
    """Most equal bases in a row."""

    max_palindrome: int | None = None
    """Most bases of a part that is its own reverse complement, by which strands pair with
    themselves."""

    forbidden: tuple[str, ...] = ()
    """Motifs of IUPAC letters that neither strand may hold, e.g. GAATTC."""

    unique: bool = False
    """Count a sequence and its other strand once, where the contacts make them one junction."""

    evaluations: int | None = None
    """Most sequences that are computed one by one: if there are more, an evolution chooses. Where T
    of a parameter set is asked for at one or two energies, sequences that begin alike share their
    work: 12 of them count as one, and a million are computed in any case. None takes 1500000 there,
    5000 where it is the conductance that counts (milliseconds a sequence), and 100000 else."""

    top: int = 10
    """Length of the ranking."""

    seed: int = 42
    """Same seed, same search."""

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Self:
        """Return what some keywords ask for; one number or text is a row of one.

        Raises
        ------
        UsageError
            A value is impossible.
        """
        values = dict(keywords)
        if isinstance(values.get("spectrum"), str):
            values["spectrum"] = Path(values["spectrum"])
        for name in {"length", "forbidden"} & values.keys():
            given = values[name]
            is_one = isinstance(given, Real | str)
            values[name] = (given,) if is_one else checked_row(name, given)
        return cls(**values)

    def __post_init__(self) -> None:
        if self.target not in get_args(TargetName):
            raise UsageError(
                f"target = {self.target!r} is not known" if self.target else "no target is given",
                f"Choose --target of {', '.join(get_args(TargetName))}.",
            )
        self._check_target()
        self._check_sequences()
        check_count("evaluations", self.evaluations, _EVALUATIONS)
        check_count("top", self.top, _RANKED)
        check_count("seed", self.seed, _SEED)
        check_switch("unique", self.unique)

    def most_evaluations(self, together: int) -> int:
        """Most sequences that are computed one by one, if so many count as one together."""
        if self.evaluations is not None:
            return self.evaluations
        if together > 1:
            return _MOST_TOGETHER
        return _MOST_CONDUCTANCES if self.is_of_conductance else _MOST_SPECTRA

    @property
    def is_of_conductance(self) -> bool:
        """Whether the target asks for conductances."""
        return self.target in _CONDUCTANCES

    def wanted(self) -> Target:
        """Return the target.

        Raises
        ------
        DnawireError
            The spectrum cannot be used, or the mismatch is none.
        """
        from dnawire import inference

        if self.target == "transmission_spectrum":
            return self._wanted_spectrum()
        floor = -math.inf if self.floor is None else self.floor
        if self.target == "energy_contrast":
            assert self.energy_on is not None
            assert self.energy_off is not None
            return inference.EnergyContrast(self.energy_on, self.energy_off, floor)
        quantity: Quantity = "log10_transmission"
        if self.is_of_conductance:
            quantity = "log10_conductance"
        if self.value is not None:
            return inference.WantedValue(quantity, self.value)
        assert self.mismatch is not None
        return inference.MismatchContrast(quantity, inference.Mismatch.parse(self.mismatch), floor)

    @property
    def rules(self) -> Rules:
        """What every sequence must keep.

        Raises
        ------
        DnawireError
            A pattern or motif is impossible.
        """
        from dnawire.inference import Rules

        return Rules(
            pattern="*" if self.pattern is None else self.pattern,
            gc_min=self.gc_min,
            gc_max=self.gc_max,
            max_run=self.max_run,
            max_palindrome=self.max_palindrome,
            forbidden=self.forbidden,
        )

    def spaces(self, target: Target) -> list[SequenceSpace]:
        """All sequences that keep the rules, by length.

        Raises
        ------
        DnawireError
            There is none, no length is given or it does not fit the pattern, or the mismatch lies
            outside.
        """
        from dnawire.inference import MismatchContrast, SequenceSpace, size_of

        rules = self.rules
        spaces = []
        for length in self._lengths(rules.fixed_length):
            choices = rules.choices(length)
            if isinstance(target, MismatchContrast):
                choices = target.mismatch.narrow(choices)
            spaces.append(SequenceSpace(length, rules, choices))
        if not size_of(spaces):
            raise UsageError(
                "no sequence keeps all of the rules",
                "Relax --pattern, --gc_min, --gc_max, --max_run, --max_palindrome, --forbidden or "
                "--mismatch.",
            )
        return spaces

    def _wanted_spectrum(self) -> WantedSpectrum:
        """Read the table; in Python two rows of numbers may be given instead."""
        from dnawire.inference import given_spectrum, read_spectrum

        given: Any = self.spectrum
        found = read_spectrum(given) if isinstance(given, Path) else given_spectrum(*_two(given))
        low = -math.inf if self.window_min is None else self.window_min
        return found.within(low, math.inf if self.window_max is None else self.window_max)

    def _lengths(self, fixed: int | None) -> Sequence[int]:
        if fixed is not None and self.length:
            raise UsageError(
                "length and pattern are both given",
                "Drop --length, or write * in the pattern where bases are to be filled in.",
            )
        if fixed is None and not self.length:
            raise UsageError(
                "the length of the sequences is not given", "Give --length 8, or --length 8 12."
            )
        first, last = (fixed, fixed) if fixed is not None else (self.length[0], self.length[-1])
        return range(first, last + 1)

    def _check_target(self) -> None:
        """Refuse what the target lacks, and what has no effect on it."""
        assert self.target is not None
        needed = _NEEDED[self.target]
        for name in needed:
            if getattr(self, name) is None:
                raise UsageError(
                    f"{self.target} needs {name}, which is not given", f"Give --{name}."
                )
        for name in _OF_TARGETS:
            known = name in needed + _ALLOWED.get(self.target, ())
            if getattr(self, name) is not None and not known:
                raise UsageError(f"{name} has no effect on {self.target}", f"Drop --{name}.")
        for name in ("value", "floor"):
            check_range(name, getattr(self, name), _DECADES)
        for name in ("window_min", "window_max", "energy_on", "energy_off"):
            check_range(name, getattr(self, name), ENERGY)

    def _check_sequences(self) -> None:
        for length in self.length:
            check_count("length", length, _LENGTHS)
        if len(self.length) > len(("least", "greatest")) or list(self.length) != sorted(
            self.length
        ):
            raise UsageError(
                f"length = {self.length} is no range", "Give --length 8, or --length 8 12."
            )
        for name in ("gc_min", "gc_max"):
            check_range(name, getattr(self, name), _SHARE)
        if self.gc_min > self.gc_max:
            raise UsageError(
                f"gc_min = {self.gc_min:g} is above gc_max = {self.gc_max:g}",
                "Choose --gc_min of at most --gc_max.",
            )
        check_count("max_run", self.max_run, _RUN)
        check_count("max_palindrome", self.max_palindrome, _PALINDROME)


class DesignKeywords(ConditionKeywords, total=False):
    """Keywords of a design, named like the flags of `DesignQuestion`, which explains them.

    ``spectrum`` is the path of a table, or a pair of rows: energies in eV and T.
    """

    target: TargetName
    value: float | None
    spectrum: Path | str | tuple[ArrayLike, ArrayLike] | None
    window_min: float | None
    window_max: float | None
    energy_on: float | None
    energy_off: float | None
    mismatch: str | None
    floor: float | None
    length: int | Sequence[int]
    pattern: str | None
    gc_min: float
    gc_max: float
    max_run: int | None
    max_palindrome: int | None
    forbidden: str | Sequence[str]
    unique: bool
    evaluations: int | None
    top: int
    seed: int


def _two(given: Any) -> tuple[Any, Any]:  # noqa: ANN401
    try:
        energies, transmission = given
    except (TypeError, ValueError):
        raise UsageError(
            f"spectrum = {given!r} is no table", "Give its path, or a pair: energies in eV, and T."
        ) from None
    return energies, transmission
