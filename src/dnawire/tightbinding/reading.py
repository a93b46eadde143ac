"""From the TOML text of a parameter set to its tables: one error for each fault."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import combinations_with_replacement, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.config.suggestion import nearest
from dnawire.errors import UnusableDataFileError, UsageError
from dnawire.junction import BASES, DNA, Alphabet, Letter
from dnawire.scalars import ENERGY, Range
from dnawire.tightbinding.parameters import ParameterSet

_MEV_TO_EV: Final = 1e-3
_UNITS: Final = {"onsite": "eV", "couplings": "meV"}
_CARRIERS: Final = ("hole", "electron")
_TEXTS: Final = ("name", "title", "verification", "carrier", "sign_convention")
_TABLES: Final = ("onsite", "stacking", "pairing", "diagonal_5_5", "diagonal_3_3")
_KEYS: Final = (*_TEXTS, "doi", "energy_window", "units", *_TABLES)
_LETTERS: Final = "letters"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHOWN: Final = 8
_LONGEST_TEXT: Final = 1000
_LONGEST_SHOWN: Final = 60
_COUPLING_MEV: Final = Range(-1e6, 1e6, "meV")
_RANGES: Final = {"onsite": ENERGY}

Table = NDArray[np.float64]


def parse_parameters(text: str, origin: str) -> ParameterSet:
    """Read and validate a parameter set.

    Parameters
    ----------
    text
        TOML with the keys of the files in ``tightbinding/data``: on-site energies in eV,
        couplings in meV, all stacking steps, every Watson-Crick pair, and diagonals for all
        unordered pairs or none. ``letters`` may declare bases beside the four of DNA.
    origin
        Name of the source for error messages.

    Returns
    -------
    ParameterSet
        Tables in eV.

    Raises
    ------
    UnusableDataFileError
        If a key is missing or unknown, or a value is impossible; names the key and the value.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _fault(origin, f"it is not TOML: {error}") from error
    return _Reader(values, origin).parameters()


class _Reader:
    """Values of one file."""

    def __init__(self, values: dict[str, Any], origin: str) -> None:
        self._values = values
        self._origin = origin
        self._check_keys()
        self._alphabet = self._read_alphabet()
        self._bases = self._alphabet.bases

    def parameters(self) -> ParameterSet:
        texts = {key: self._text(key) for key in _TEXTS}
        if _NAME.fullmatch(texts["name"]) is None:
            raise self._fault(
                f"name = {texts['name']!r} is no name of a file",
                "Use letters, digits, dots, hyphens and underscores.",
            )
        if texts["carrier"] not in _CARRIERS:
            raise self._fault(
                f"carrier = {texts['carrier']!r}", f"Write one of {', '.join(_CARRIERS)}."
            )
        tables = self._read_tables()
        for table in tables.values():
            table.setflags(write=False)
        listed = {"".join(sorted(pair)) for pair in self._values["pairing"]}
        possible = map("".join, combinations_with_replacement(sorted(self._bases), 2))
        return ParameterSet(
            name=texts["name"],
            title=texts["title"],
            verification=texts["verification"],
            carrier=texts["carrier"],
            sign_convention=texts["sign_convention"],
            onsite=tables["onsite"],
            stacking=tables["stacking"],
            pairing=tables["pairing"],
            diagonal_five=tables["diagonal_five"],
            diagonal_three=tables["diagonal_three"],
            doi=self._dois(),
            energy_window=self._energy_window(),
            digest=_digest(texts["name"], tables, self._alphabet),
            unlisted_pairs=frozenset(possible) - listed,
            alphabet=self._alphabet,
        )

    def _check_keys(self) -> None:
        missing = [key for key in _KEYS if key not in self._values]
        if missing:
            raise self._fault(
                f"missing key{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                "Add what is missing; `dnawire parameters NAME --template FILE` writes a file that "
                "is complete.",
            )
        for key in self._values:
            if key not in (*_KEYS, _LETTERS):
                hint = nearest(key, [*_KEYS, _LETTERS]) or f"The keys are {', '.join(_KEYS)}."
                raise self._fault(f"unknown key {key}", hint)
        if self._values["units"] != _UNITS:
            units = ", ".join(f"{key} = {unit!r}" for key, unit in _UNITS.items())
            raise self._fault(
                f"units = {self._values['units']!r}", f"Convert the numbers, and write {units}."
            )

    def _read_alphabet(self) -> Alphabet:
        """Letters that the file declares; those of DNA have no need to be."""
        declared = self._values.get(_LETTERS, {})
        if not isinstance(declared, dict):
            raise self._fault(f"{_LETTERS} = {declared!r} is not a table", _LETTER_REMEDY)
        letters = []
        for letter, about in declared.items():
            is_table = isinstance(about, dict) and set(about) == {"name", "partner"}
            if not is_table or not all(isinstance(one, str) for one in about.values()):
                raise self._fault(f"{_LETTERS}.{letter} = {about!r}", _LETTER_REMEDY)
            letters.append(Letter(letter, about["name"], about["partner"]))
        try:
            return Alphabet(tuple(letters)) if letters else DNA
        except UsageError as error:
            raise self._fault(f"{_LETTERS}: {error.problem.rstrip('.')}", error.remedy) from error

    def _read_tables(self) -> dict[str, Table]:
        steps = map("".join, product(self._bases, repeat=2))
        partners = self._alphabet.partners
        watson_crick = {"".join(sorted((base, partners[ord(base)]))) for base in self._bases}
        return {
            "onsite": self._table(self._complete("onsite", 1, self._bases)),
            "stacking": self._table(self._complete("stacking", 2, steps)) * _MEV_TO_EV,
            "pairing": self._symmetric("pairing", watson_crick),
            "diagonal_five": self._diagonal("diagonal_5_5"),
            "diagonal_three": self._diagonal("diagonal_3_3"),
        }

    def _numbers(self, name: str, size: int) -> dict[str, float]:
        table = self._values[name]
        if not isinstance(table, dict):
            raise self._fault(f"{name} = {table!r} is not a table", f"Begin it with [{name}].")
        for key, value in table.items():
            if len(key) != size or not set(key) <= set(self._bases):
                raise self._fault(
                    f"{name}.{key} is not {size} of the letters {self._bases}",
                    f"Declare a new base with [{_LETTERS}.X], or correct the key.",
                )
            if not _is_finite(value):
                raise self._fault(
                    f"{name}.{key} = {_shown(value)} is not a finite number", "Write a number."
                )
            allowed = _RANGES.get(name, _COUPLING_MEV)
            if value not in allowed:
                raise self._fault(
                    f"{name}.{key} = {_shown(value)} is not allowed: it must be {allowed}",
                    f"Write it in {allowed.unit}, within that.",
                )
        return {key: float(value) for key, value in table.items()}

    def _complete(self, name: str, size: int, needed: Iterable[str]) -> dict[str, float]:
        numbers = self._numbers(name, size)
        self._require(name, [key for key in needed if key not in numbers])
        return numbers

    def _require(self, name: str, missing: list[str]) -> None:
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            raise self._fault(
                f"{name} has no value for {', '.join(missing[:_SHOWN])}{more}",
                "Add them, with 0 for what does not couple.",
            )

    def _symmetric(self, name: str, needed: Iterable[str]) -> Table:
        """Table of unordered pairs, each of which may be written in either order, or in both."""
        values = self._numbers(name, 2)
        for key, value in values.items():
            if values.get(key[::-1], value) != value:
                raise self._fault(
                    f"{name}.{key} = {value:g} and {name}.{key[::-1]} = {values[key[::-1]]:g} "
                    "differ",
                    "Give the pair once: the order of its bases has no meaning here.",
                )
        both = values | {key[::-1]: value for key, value in values.items()}
        self._require(name, [key for key in sorted(needed) if key not in both])
        return self._table(both) * _MEV_TO_EV

    def _diagonal(self, name: str) -> Table:
        """All pairs or none."""
        pairs: Iterator[str] = map("".join, combinations_with_replacement(self._bases, 2))
        return self._symmetric(name, pairs if self._values[name] else ())

    def _table(self, values: dict[str, float]) -> Table:
        codes = self._alphabet.codes
        length = len(BASES) if self._alphabet == DNA else len(codes)
        axes = max(map(len, values), default=2)
        table = np.zeros((length,) * axes)
        for key, value in values.items():
            table[tuple(codes[letter] for letter in key)] = value
        return table

    def _text(self, key: str) -> str:
        value = self._values[key]
        if not isinstance(value, str) or not value.strip():
            raise self._fault(
                f"{key} = {_shown(value)} is not a text", "Write a text in quotation marks."
            )
        if not value.isprintable() or len(value) > _LONGEST_TEXT:
            raise self._fault(
                f"{key} = {_shown(value)} has line breaks or control characters, or more than "
                f"{_LONGEST_TEXT} characters",
                "Write one line of text.",
            )
        return value

    def _dois(self) -> tuple[str, ...]:
        value = self._values["doi"]
        if not (isinstance(value, list) and value and all(isinstance(one, str) for one in value)):
            raise self._fault(
                f"doi = {value!r} is not a list of DOIs",
                'Write where the numbers come from, e.g. doi = ["10.1000/182"]; for numbers of '
                'your own doi = ["none"].',
            )
        return tuple(value)

    def _energy_window(self) -> tuple[float, float]:
        value = self._values["energy_window"]
        given = value if isinstance(value, list) else []
        bounds = [one for one in given if _is_finite(one) and one in ENERGY]
        if len(bounds) != 2 or bounds != value or not bounds[0] < bounds[1]:
            raise self._fault(
                f"energy_window = {_shown(value)} is not [lowest, highest] in eV",
                f"Write two numbers {ENERGY}, the lower one first.",
            )
        return float(bounds[0]), float(bounds[1])

    def _fault(self, problem: str, remedy: str) -> UnusableDataFileError:
        return _fault(self._origin, problem, remedy)


_LETTER_REMEDY: Final = (
    f'Write each letter as [{_LETTERS}.F] with name = "5-methylcytosine" and partner = "G".'
)


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _shown(value: object) -> str:
    """A value in a message: its beginning, where it is long."""
    try:
        text = repr(value)
    except ValueError:
        # Python writes no whole number of thousands of digits.
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _digest(name: str, tables: dict[str, Table], alphabet: Alphabet) -> str:
    digest = hashlib.sha256(name.encode())
    for key, table in tables.items():
        digest.update(key.encode())
        digest.update(table.astype("<f8").tobytes())
    for one in alphabet.extra:
        digest.update(repr(one).encode())
    return digest.hexdigest()


def _fault(origin: str, problem: str, remedy: str = "Correct it.") -> UnusableDataFileError:
    return UnusableDataFileError(f"{origin}: {problem}.", remedy)
