"""The level of theory of records from atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dnawire.electrostatics import SolventParameters, load_solvent

METHOD: Final = "GFN1-xTB"
"""The method (doi:10.1021/acs.jctc.7b00118); GFN2 has multipoles, and no potential per shell."""

VACUUM: Final = "vacuum"


@dataclass(frozen=True)
class Level:
    """Level of theory.

    Parameters
    ----------
    solvent
        Solvent of the ALPB model (doi:10.1021/acs.jctc.1c00471), for example ``water``, or
        ``vacuum``.
    """

    solvent: str = "water"

    @property
    def name(self) -> str:
        """Name for records, for example ``GFN1-xTB/ALPB(water)``."""
        return METHOD if self.solvent == VACUUM else f"{METHOD}/ALPB({self.solvent})"

    @property
    def parameters(self) -> SolventParameters | None:
        """Constants of the solvent; None in vacuum.

        Raises
        ------
        UnknownParameterSetError
            If there are no constants of the solvent.
        """
        return None if self.solvent == VACUUM else load_solvent(self.solvent)
