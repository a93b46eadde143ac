"""The junction: a duplex between two contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import InvalidContactError
from dnawire.junction.alphabet import MISSING
from dnawire.junction.contact import Contact
from dnawire.junction.duplex import Duplex, pair_index
from dnawire.junction.pyg import JunctionGraph, junction_graph, to_pyg

if TYPE_CHECKING:
    from torch_geometric.data import Data


@dataclass(frozen=True, init=False)
class Junction:
    """A DNA duplex between a left and a right electrode.

    The contacts are stored in their resolved form (see `Contact.resolved`), so that two junctions
    are equal when they are written from the same strand and are physically the same.

    Parameters
    ----------
    duplex
        The molecule, or its text; see `Duplex`.
    left, right
        The electrodes, or their texts; see `Contact`. Both may be attached to the same base.

    Raises
    ------
    InvalidDuplexError
        If a text is no duplex.
    InvalidContactError
        If a contact lies outside the duplex, on a missing base, names a base or an atom twice or
        has no coupling above zero.
    """

    duplex: Duplex
    left: Contact
    right: Contact

    def __init__(self, duplex: Duplex | str, left: Contact | str, right: Contact | str) -> None:
        molecule = duplex if isinstance(duplex, Duplex) else Duplex(duplex)
        object.__setattr__(self, "duplex", molecule)
        for side, given in (("left", left), ("right", right)):
            contact = given if isinstance(given, Contact) else Contact(given)
            object.__setattr__(self, side, _fitted(contact, molecule, side))

    @property
    def length(self) -> int:
        """Number of base pairs L."""
        return self.duplex.length

    @property
    def gamma_left(self) -> NDArray[np.float64]:
        """Coupling to the left electrode in eV, ladder layout (L, 2)."""
        return self.left.ladder_gamma(self.length)

    @property
    def gamma_right(self) -> NDArray[np.float64]:
        """Coupling to the right electrode in eV, ladder layout (L, 2)."""
        return self.right.ladder_gamma(self.length)

    @property
    def names_atoms(self) -> bool:
        """Whether a contact is on some atoms of a base, which only models of all atoms know."""
        return self.left.names_atoms or self.right.names_atoms

    @property
    def shared_bases(self) -> list[str]:
        """Places of the bases that both electrodes are attached to, for example ``upper:0``."""
        left, right = (
            {one.base for one in contact.attachments if one.gamma > 0}
            for contact in (self.left, self.right)
        )
        return sorted(left & right)

    @property
    def shared_pair(self) -> int | None:
        """The base pair, from 0, that all bases with a contact belong to; None if several do."""
        pairs = {
            pair_index(one.strand, one.position, self.length)
            for contact in (self.left, self.right)
            for one in contact.attachments
            if one.gamma > 0
        }
        return pairs.pop() if len(pairs) == 1 else None

    @property
    def key(self) -> str:
        """Grouping key: that of the duplex, whatever the contacts."""
        return self.duplex.key

    def flipped(self) -> Junction:
        """Write the same junction from its other strand; contacts stay on their bases."""
        return Junction(self.duplex.flipped(), self.left.flipped(), self.right.flipped())

    def graph(self) -> JunctionGraph:
        """Graph of the junction as plain arrays."""
        return junction_graph(self.duplex, self.gamma_left, self.gamma_right)

    def to_pyg(self) -> Data:
        """Graph of the junction for PyTorch Geometric.

        Returns
        -------
        torch_geometric.data.Data
            See `dnawire.junction.pyg.JunctionGraph` for the fields.

        Raises
        ------
        MissingDependencyError
            If ``torch_geometric`` is not installed.
        """
        return to_pyg(self.graph())

    def __str__(self) -> str:
        return f"{self.duplex.text} [{self.left.text} | {self.right.text}]"


def _fitted(contact: Contact, duplex: Duplex, side: str) -> Contact:
    try:
        resolved = contact.resolved(duplex.length)
    except InvalidContactError as error:
        raise InvalidContactError(
            f"{side} contact of '{duplex.text}': {error.problem}", error.remedy
        ) from error
    for one in resolved.attachments:
        letters = duplex.upper if one.strand == "upper" else duplex.lower
        if letters[one.position] == MISSING:
            raise InvalidContactError(
                f"{side} contact of '{duplex.text}': base {one.base} is missing.",
                _present_remedy(letters, one.strand),
            )
    if not any(one.gamma > 0 for one in resolved.attachments):
        raise InvalidContactError(
            f"{side} contact of '{duplex.text}': every gamma is zero ({resolved.text}).",
            "give at least one base a coupling above 0 eV; without it nothing is measured.",
        )
    return resolved


def _present_remedy(letters: str, strand: str) -> str:
    present = [position for position, letter in enumerate(letters) if letter != MISSING]
    if not present:
        return f"attach it to the other strand; the {strand} strand has no base at all."
    places = ", ".join(f"{strand}:{position}" for position in present)
    return f"attach it to a present base: {places}."
