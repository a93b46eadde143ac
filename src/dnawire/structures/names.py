"""Names of nucleotides and their atoms, as programs and older files write them."""

from __future__ import annotations

import re
from typing import Final

from dnawire.junction import METHYLCYTOSINE, MISSING

_COMPONENTS: Final = {METHYLCYTOSINE.letter: "5CM", MISSING: "3DR"}
"""Chemical components of the Protein Data Bank that are not called D and a letter."""

_NUCLEOTIDE: Final = re.compile(r"D?([ACGT])[35N]?|(ADE|CYT|GUA|THY)[35]?")
_RIBONUCLEOTIDE: Final = re.compile(r"R[ACGU][35N]?|D?U[35N]?|(?:URA|URI)[35]?")
_LEADING_DIGIT: Final = re.compile(r"(\d)([HD].*)")

_ALIASES: Final = {
    "O1P": "OP1",
    "O2P": "OP2",
    "O3P": "OP3",
    "C5M": "C7",
    "H5'1": "H5'",
    "H5'2": "H5''",
    "H2'1": "H2'",
    "H2'2": "H2''",
    **{f"H5M{digit}": f"H7{digit}" for digit in "123"},
    **dict.fromkeys(("H5T", "HO5", "HO'5"), "HO5'"),
    **dict.fromkeys(("H3T", "HO3", "HO'3"), "HO3'"),
}
_METHYL_OF_THYMINE: Final = {f"H5{digit}": f"H7{digit}" for digit in "123"}
_OF_METHYLCYTOSINE: Final = {
    **dict.fromkeys(("C5M", "CM5", "C7"), "C5A"),
    **{f"{written}{digit}": f"H5A{digit}" for digit in "123" for written in ("H5M", "HM5", "H7")},
    **{f"HN4{digit}": f"H4{digit}" for digit in "12"},
}
_OF_ABASIC: Final = {"H1'": "H1'1", "H1''": "H1'2", "H4'1": "H4'"}


def residue_name(letter: str) -> str:
    """Name of a nucleotide in files of coordinates, for example ``DA``."""
    return _COMPONENTS.get(letter, f"D{letter}")


def base_of(residue: str) -> str | None:
    """Base of a residue by its name, for example ``DA``, ``A5``, ``DA3`` or ``ADE``.

    Returns
    -------
    str or None
        A, C, G, T, F (5-methylcytosine, ``5CM``) or _ (no base, ``3DR``); None if the name is that
        of no nucleotide of DNA. ``A``, ``C`` and ``G`` are names of RNA, too.
    """
    name = residue.strip().upper()
    for letter, component in _COMPONENTS.items():
        if name == component:
            return letter
    found = _NUCLEOTIDE.fullmatch(name)
    return None if found is None else found[1] or found[2][0]


def is_ribonucleotide(residue: str) -> bool:
    """Whether a name is that of RNA alone, or of uracil."""
    return _RIBONUCLEOTIDE.fullmatch(residue.strip().upper()) is not None


def atom_name(written: str, *, base: str, is_deuterium: bool = False) -> str:
    """Name of an atom in version 3 of the PDB format.

    Parameters
    ----------
    written
        As it stands in the file: with ``*`` or ``'``, with the digit before or after.
    base
        Base of its nucleotide.
    is_deuterium
        Whether it is deuterium, which is named as hydrogen is.
    """
    name = written.strip().upper().replace("*", "'").replace('"', "''")
    turned = _LEADING_DIGIT.fullmatch(name)
    if turned is not None:
        name = turned[2] + turned[1]
    if is_deuterium and name.startswith("D"):
        name = f"H{name[1:]}"
    if base == METHYLCYTOSINE.letter:
        return _OF_METHYLCYTOSINE.get(name) or _ALIASES.get(name, name)
    if base == MISSING:
        return _OF_ABASIC.get(name) or _ALIASES.get(name, name)
    if base == "T":
        name = _METHYL_OF_THYMINE.get(name, name)
    return _ALIASES.get(name, name)
