"""Contacts: to which bases or atoms an electrode is attached, and how strongly."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from numbers import Integral, Real
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import InvalidContactError
from dnawire.junction.duplex import STRANDS, Strand, pair_index
from dnawire.scalars import COUPLING, InvalidNumberError, checked_row, read_integer, read_number

_STRAND_WORDS: Final[dict[str, Strand]] = {
    "upper": "upper",
    "primary": "upper",
    "lower": "lower",
    "complementary": "lower",
}
_OTHER_STRAND: Final[dict[Strand, Strand]] = {"upper": "lower", "lower": "upper"}
_SYNTAX_REMEDY: Final = (
    "write STRAND:POSITION[=GAMMA], several separated by commas, for example "
    "'upper:0' or 'upper:0=0.1,lower:-1=0.2' (GAMMA in eV)."
)
_ATOM: Final = re.compile(r"[A-Z0-9']+")
_AT: Final = "@"


@dataclass(frozen=True)
class Attachment:
    """Coupling of one base, or of some of its atoms, to an electrode in the wide-band limit.

    Parameters
    ----------
    strand
        ``"upper"`` or ``"lower"``.
    position
        Position from the 5' end of that strand; negative positions count from its 3' end.
    gamma
        Broadening in eV, within `dnawire.scalars.COUPLING`; the self-energy is ``-i gamma / 2``.
    atoms
        Names of atoms of the nucleotide as in PDB files, ``*`` as ``'``, all orbitals of which
        couple; empty for the whole base. Only models of all atoms know them.

    Raises
    ------
    InvalidContactError
        If the strand is unknown, gamma is not possible, or a name is that of no atom.
    """

    strand: Strand
    position: int
    gamma: float
    atoms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.strand not in STRANDS:
            raise InvalidContactError(
                f"contact strand '{self.strand}' does not exist.", "use 'upper' or 'lower'."
            )
        if not isinstance(self.position, Integral) or not isinstance(self.gamma, Real):
            raise InvalidContactError(
                f"contact on the {self.strand} strand: position {self.position!r}, gamma "
                f"{self.gamma!r}.",
                "give a whole number, and a coupling in eV.",
            )
        object.__setattr__(self, "position", operator.index(self.position))
        object.__setattr__(self, "gamma", float(self.gamma))
        object.__setattr__(self, "atoms", tuple(_atom_name(self.base, one) for one in self.atoms))
        if self.gamma not in COUPLING:
            raise InvalidContactError(
                f"contact {self.place}: gamma is {self.gamma} eV.",
                f"give a coupling of {COUPLING}, for example 0.1.",
            )

    @property
    def base(self) -> str:
        """Base that the electrode is attached to, for example ``upper:0``."""
        return f"{self.strand}:{self.position}"

    @property
    def place(self) -> str:
        """Where the electrode is attached, for example ``upper:0`` or ``upper:0@N1,C6``."""
        return self.base + (f"{_AT}{','.join(self.atoms)}" if self.atoms else "")

    def resolved(self, length: int) -> Attachment:
        """Count the position from the 5' end, and sort the atoms.

        Parameters
        ----------
        length
            Number of base pairs of the duplex.

        Returns
        -------
        Attachment
            With ``0 <= position < length``.

        Raises
        ------
        InvalidContactError
            If the position lies outside the duplex.
        """
        if not -length <= self.position < length:
            raise InvalidContactError(
                f"contact {self.place} lies outside a duplex of {length} base pairs.",
                f"positions run from 0 to {length - 1} (5' to 3'), or from -1 to {-length} "
                "counted from the 3' end.",
            )
        atoms = tuple(sorted(self.atoms))
        return replace(self, position=self.position % length, atoms=atoms)

    def flipped(self) -> Attachment:
        """Move the attachment along when the duplex is written from its other strand."""
        return replace(self, strand=_OTHER_STRAND[self.strand])


@dataclass(frozen=True, init=False)
class Contact:
    """An electrode: all bases, or atoms of them, that it is attached to.

    Parameters
    ----------
    attachments
        At least one attachment, or a text with all couplings, for example ``upper:0=0.1``; see
        `parse`. ``a + b`` joins two contacts into one electrode.

    Raises
    ------
    InvalidContactError
        If there is no attachment, or the text is malformed.
    """

    attachments: tuple[Attachment, ...]

    def __init__(self, attachments: Iterable[Attachment] | str) -> None:
        given = _parsed(attachments, None) if isinstance(attachments, str) else attachments
        row = tuple(given) if isinstance(given, Iterable) else (given,)
        object.__setattr__(self, "attachments", row)
        if not all(isinstance(one, Attachment) for one in self.attachments):
            raise InvalidContactError(f"{attachments!r} is no contact.", _SYNTAX_REMEDY)
        if not self.attachments:
            raise InvalidContactError("a contact is attached to no base.", _SYNTAX_REMEDY)

    @classmethod
    def at(
        cls, strand: Strand, position: int | Sequence[int], gamma: float | Sequence[float]
    ) -> Contact:
        """Attach an electrode to one or several bases of one strand.

        Parameters
        ----------
        strand
            ``"upper"`` or ``"lower"``.
        position
            One or several positions from the 5' end; negative ones count from the 3' end.
        gamma
            Coupling in eV, one for all positions or one for each.

        Returns
        -------
        Contact
            The electrode.

        Raises
        ------
        InvalidContactError
            If the numbers of positions and couplings differ, or one of them is impossible.
        """
        positions = (position,) if isinstance(position, Real) else checked_row("position", position)
        is_one = isinstance(gamma, Real)
        gammas = (gamma,) * len(positions) if is_one else checked_row("gamma", gamma)
        if len(positions) != len(gammas):
            raise InvalidContactError(
                f"contact on the {strand} strand: {len(positions)} positions and "
                f"{len(gammas)} gammas.",
                "give one gamma for all positions or one for each.",
            )
        pairs = zip(positions, gammas, strict=True)
        return cls(tuple(Attachment(strand, place, value) for place, value in pairs))

    @classmethod
    def parse(cls, text: str, gamma: float | None = None) -> Contact:
        """Read a contact from text.

        Parameters
        ----------
        text
            ``STRAND:POSITION[@ATOMS][=GAMMA]``, several separated by commas, as are the names of
            several atoms. ``primary`` and ``complementary`` are accepted for ``upper`` and
            ``lower``.
        gamma
            Coupling in eV of the attachments that do not name their own.

        Returns
        -------
        Contact
            The electrode; its ``text`` reads back to the same contact.

        Raises
        ------
        InvalidContactError
            If the text is malformed or a coupling is missing.
        """
        return cls(_parsed(text, gamma))

    @property
    def text(self) -> str:
        """Text with every coupling, for example ``upper:0=0.1,lower:-1=0.2``."""
        return ",".join(f"{one.place}={one.gamma!r}" for one in self.attachments)

    @property
    def names_atoms(self) -> bool:
        """Whether it is attached to some atoms of a base, which only models of all atoms know."""
        return any(one.atoms for one in self.attachments)

    def on_bases(self) -> Contact:
        """Return this contact, which must be on whole bases.

        Raises
        ------
        InvalidContactError
            If it names atoms.
        """
        if self.names_atoms:
            raise InvalidContactError(
                f"contact '{self.text}' names atoms, where contacts are on whole bases.",
                "leave the atoms out, or predict the duplex with a model of all atoms, for example "
                "`dnawire predict pretrained:xtb`.",
            )
        return self

    def resolved(self, length: int) -> Contact:
        """Count positions from the 5' ends and sort them by strand, position and atoms.

        Parameters
        ----------
        length
            Number of base pairs of the duplex.

        Returns
        -------
        Contact
            The canonical form of this contact on a duplex of that length.

        Raises
        ------
        InvalidContactError
            If a position lies outside the duplex, or a base or an atom is named twice.
        """
        resolved = [one.resolved(length) for one in self.attachments]
        resolved.sort(key=lambda one: (STRANDS.index(one.strand), one.position, one.atoms))
        for base, group in groupby(resolved, key=lambda one: one.base):
            names = [name for one in group for name in one.atoms or ("",)]
            if "" in names and len(names) > 1:
                raise InvalidContactError(
                    f"contact '{self.text}' names base {base} twice.",
                    "give each base once, with the sum of its couplings.",
                )
            if len(set(names)) < len(names):
                raise InvalidContactError(
                    f"contact '{self.text}' names an atom of base {base} twice.",
                    "give each atom once, with the sum of its couplings.",
                )
        return Contact(tuple(resolved))

    def flipped(self) -> Contact:
        """Move the contact along when the duplex is written from its other strand."""
        return Contact(tuple(one.flipped() for one in self.attachments))

    def ladder_gamma(self, length: int) -> NDArray[np.float64]:
        """Couplings in ladder layout.

        Parameters
        ----------
        length
            Number of base pairs L of the duplex.

        Returns
        -------
        ndarray
            Gamma in eV, shape (L, 2), 0 where the electrode is not attached.

        Raises
        ------
        InvalidContactError
            If a position lies outside the duplex, a base is named twice, or atoms are named.
        """
        self.on_bases()
        gamma = np.zeros((length, len(STRANDS)))
        for one in self.resolved(length).attachments:
            pair = pair_index(one.strand, one.position, length)
            gamma[pair, STRANDS.index(one.strand)] = one.gamma
        return gamma

    def __add__(self, other: Contact) -> Contact:
        return Contact(self.attachments + other.attachments)

    def __str__(self) -> str:
        return self.text


def _parsed(text: str, gamma: float | None) -> tuple[Attachment, ...]:
    if not isinstance(text, str):
        raise InvalidContactError(f"{text!r} is no text of a contact.", _SYNTAX_REMEDY)
    items: list[str] = []
    for item in text.split(","):
        # What follows an atom without a strand of its own is another atom.
        if items and _AT in items[-1] and "=" not in items[-1] and ":" not in item:
            items[-1] += f",{item}"
        else:
            items.append(item)
    return tuple(_parse_attachment(item, gamma) for item in items)


def _parse_attachment(item: str, gamma: float | None) -> Attachment:
    place, has_own, own = (part.strip() for part in item.partition("="))
    base, has_atoms, atoms = place.partition(_AT)
    word, _, position = (part.strip() for part in base.partition(":"))
    strand = _STRAND_WORDS.get(word.lower())
    if strand is None:
        raise InvalidContactError(
            f"contact '{item.strip()}': '{word}' is not a strand.", _SYNTAX_REMEDY
        )
    try:
        number = read_integer(position)
        coupling = read_number(own) if has_own else gamma
    except InvalidNumberError as error:
        raise InvalidContactError(f"contact '{item.strip()}': {error}.", _SYNTAX_REMEDY) from error
    if coupling is None:
        raise InvalidContactError(
            f"contact '{item.strip()}' has no coupling.",
            "append it in eV, for example 'upper:0=0.1', or give gamma for all of them.",
        )
    return Attachment(strand, number, coupling, tuple(atoms.split(",")) if has_atoms else ())


def _atom_name(base: str, written: str) -> str:
    name = written.strip().upper().replace("*", "'")
    if not _ATOM.fullmatch(name):
        raise InvalidContactError(
            f"contact {base}: '{written}' is not the name of an atom.",
            "write STRAND:POSITION@ATOMS with names as in PDB files, several separated by commas, "
            "for example \"upper:0@O5'\" or 'upper:0@N1,C6=0.1'.",
        )
    return name
