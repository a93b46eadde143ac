"""Published tight-binding parameter sets, read from the TOML files of this package."""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.config.suggestion import nearest
from dnawire.errors import UnknownParameterSetError, UnusableDataFileError
from dnawire.junction import BASES

_MEV_TO_EV: Final = 1e-3
_NUM_STEPS: Final = len(BASES) ** 2
_NUM_PAIRS: Final = len(BASES) * (len(BASES) + 1) // 2
_UNITS: Final = {"onsite": "eV", "couplings": "meV"}
_TEXTS: Final = ("name", "title", "verification", "carrier", "sign_convention")
_TABLES: Final = ("onsite", "stacking", "pairing", "diagonal_5_5", "diagonal_3_3")
_KEYS: Final = frozenset({*_TEXTS, *_TABLES, "doi", "energy_window", "units"})


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """Tight-binding parameters of the DNA ladder, one orbital per base, energies in eV.

    Tables are indexed by base code (A=0, C=1, G=2, T=3) and read-only.

    Parameters
    ----------
    name, title
        Short name, and a line that says what the set is.
    doi
        Papers that the values come from.
    verification
        How far the values were checked against these papers.
    carrier
        ``"hole"`` or ``"electron"``.
    sign_convention
        Meaning of the signs of energies and couplings.
    energy_window
        Default lowest and highest energy of generated spectra in eV.
    onsite
        On-site energies, shape (4,).
    stacking
        Coupling of the step 5'-X-Y-3' on its own strand, shape (4, 4), index [X, Y].
    pairing
        Coupling inside a base pair, shape (4, 4), symmetric, 0 for mismatches without value.
    diagonal_five
        Coupling r+ between the bases at the two 5' ends of a step, shape (4, 4), symmetric.
    diagonal_three
        Coupling r- between the bases at the two 3' ends of a step, shape (4, 4), symmetric.
    digest
        SHA-256 of the five tables and the name.
    """

    name: str
    title: str
    doi: tuple[str, ...]
    verification: str
    carrier: str
    sign_convention: str
    energy_window: tuple[float, float]
    onsite: NDArray[np.float64]
    stacking: NDArray[np.float64]
    pairing: NDArray[np.float64]
    diagonal_five: NDArray[np.float64]
    diagonal_three: NDArray[np.float64]
    digest: str


def available_parameters() -> tuple[str, ...]:
    """List the parameter sets of this package.

    Returns
    -------
    tuple of str
        Names for `load_parameters`, sorted.
    """
    files = resources.files(__package__).joinpath("data").iterdir()
    return tuple(
        sorted(file.name[: -len(".toml")] for file in files if file.name.endswith(".toml"))
    )


@cache
def load_parameters(name: str) -> ParameterSet:
    """Load a published parameter set.

    Parameters
    ----------
    name
        One of `available_parameters`.

    Returns
    -------
    ParameterSet
        Tables in eV.

    Raises
    ------
    UnknownParameterSetError
        If there is no such set.
    """
    names = available_parameters()
    if name not in names:
        raise UnknownParameterSetError(
            f"there is no parameter set '{name}'.",
            f"{nearest(name, names)} Available: {', '.join(names)}.".lstrip(),
        )
    text = resources.files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8")
    return parse_parameters(text, f"{name}.toml")


def parse_parameters(text: str, origin: str) -> ParameterSet:
    """Read and validate a parameter set.

    Parameters
    ----------
    text
        TOML with the keys of the files in ``tightbinding/data``: on-site energies in eV,
        couplings in meV, all 16 stacking steps, and diagonals for all 10 unordered pairs or none.
    origin
        Name of the source for error messages.

    Returns
    -------
    ParameterSet
        Tables in eV.

    Raises
    ------
    UnusableDataFileError
        If a key is missing or unknown, or a value is impossible; names the key.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unusable(origin, f"not TOML: {error}") from error
    differing = _KEYS.symmetric_difference(values)
    if differing:
        raise _unusable(origin, f"missing or unknown keys {sorted(differing)}")
    if values["units"] != _UNITS:
        raise _unusable(origin, f"units {values['units']} are not {_UNITS}")
    tables = _read_tables(values, origin)
    for table in tables.values():
        table.setflags(write=False)
    texts = {key: str(values[key]) for key in _TEXTS}
    return ParameterSet(
        name=texts["name"],
        title=texts["title"],
        doi=_dois(values["doi"], origin),
        verification=texts["verification"],
        carrier=texts["carrier"],
        sign_convention=texts["sign_convention"],
        energy_window=_energy_window(values["energy_window"], origin),
        onsite=tables["onsite"],
        stacking=tables["stacking"],
        pairing=tables["pairing"],
        diagonal_five=tables["diagonal_five"],
        diagonal_three=tables["diagonal_three"],
        digest=_digest(texts["name"], tables),
    )


def _read_tables(values: dict[str, Any], origin: str) -> dict[str, NDArray[np.float64]]:
    onsite = _numbers(values["onsite"], "onsite", 1, origin)
    if len(onsite) != len(BASES):
        raise _unusable(origin, f"onsite lists {sorted(onsite)} instead of every base of {BASES}")
    stacking = _numbers(values["stacking"], "stacking", 2, origin)
    if len(stacking) != _NUM_STEPS:
        raise _unusable(origin, f"stacking lists {len(stacking)} of {_NUM_STEPS} steps")
    return {
        "onsite": _table(onsite, (len(BASES),)),
        "stacking": _table(stacking, (len(BASES), len(BASES))) * _MEV_TO_EV,
        "pairing": _symmetric(values["pairing"], "pairing", origin),
        "diagonal_five": _diagonal(values["diagonal_5_5"], "diagonal_5_5", origin),
        "diagonal_three": _diagonal(values["diagonal_3_3"], "diagonal_3_3", origin),
    }


def _numbers(table: object, name: str, letters: int, origin: str) -> dict[str, float]:
    if not isinstance(table, dict):
        raise _unusable(origin, f"{name} is not a table")
    for key, value in table.items():
        if len(key) != letters or not set(key) <= set(BASES):
            raise _unusable(origin, f"{name}.{key} is not {letters} of the letters {BASES}")
        if not _is_finite(value):
            raise _unusable(origin, f"{name}.{key} = {value!r} is not a finite number")
    return {key: float(value) for key, value in table.items()}


def _table(values: dict[str, float], shape: tuple[int, ...]) -> NDArray[np.float64]:
    table = np.zeros(shape)
    for key, value in values.items():
        table[tuple(BASES.index(letter) for letter in key)] = value
    return table


def _symmetric(table: object, name: str, origin: str) -> NDArray[np.float64]:
    values = _numbers(table, name, 2, origin)
    for key, value in values.items():
        if values.get(key[::-1], value) != value:
            raise _unusable(origin, f"{name}.{key} and {name}.{key[::-1]} differ")
    mirrored = values | {key[::-1]: value for key, value in values.items()}
    return _table(mirrored, (len(BASES), len(BASES))) * _MEV_TO_EV


def _diagonal(table: object, name: str, origin: str) -> NDArray[np.float64]:
    pairs = {"".join(sorted(key)) for key in _numbers(table, name, 2, origin)}
    if pairs and len(pairs) != _NUM_PAIRS:
        raise _unusable(origin, f"{name} lists {len(pairs)} of {_NUM_PAIRS} unordered pairs")
    return _symmetric(table, name, origin)


def _dois(value: object, origin: str) -> tuple[str, ...]:
    if not (isinstance(value, list) and value and all(isinstance(one, str) for one in value)):
        raise _unusable(origin, f"doi = {value!r} is not a list of DOIs")
    return tuple(value)


def _energy_window(value: object, origin: str) -> tuple[float, float]:
    bounds = [one for one in value if _is_finite(one)] if isinstance(value, list) else []
    if len(bounds) != 2 or bounds != value or not bounds[0] < bounds[1]:
        raise _unusable(origin, f"energy_window = {value!r} is not [lowest, highest] in eV")
    return float(bounds[0]), float(bounds[1])


def _is_finite(value: object) -> bool:
    is_bool = isinstance(value, bool)
    return isinstance(value, int | float) and not is_bool and math.isfinite(value)


def _digest(name: str, tables: dict[str, NDArray[np.float64]]) -> str:
    digest = hashlib.sha256(name.encode())
    for key, table in tables.items():
        digest.update(key.encode())
        digest.update(table.astype("<f8").tobytes())
    return digest.hexdigest()


def _unusable(origin: str, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{origin}: {problem}.", "correct the file, or reinstall dnawire if it is one of its own."
    )
