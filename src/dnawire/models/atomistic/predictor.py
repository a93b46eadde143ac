"""The predictor of ``atomistic``: all-atom transport through the charges that were learned."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache, partial
from typing import Final, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.data import TransportRecord
from dnawire.electronic import LONGEST_BY_LEVELS
from dnawire.electrostatics import SolventParameters
from dnawire.errors import UsageError
from dnawire.graphs import ladder_batch
from dnawire.junction import Duplex, Junction, JunctionArrays
from dnawire.models.atomistic.model import AtomisticModel
from dnawire.models.atomistic.transport import LARGEST_ETA, ChargedDuplex, ContactCouplings
from dnawire.predictors import Conditions
from dnawire.quantities import BY_NAME, scaled_columns
from dnawire.structures import AtomicStructure
from dnawire.transport import PoleExpansion, PoleJunctions, Totals

_TRANSMISSION: Final = BY_NAME["transmission"].column

_KEPT: Final = 2
"""Duplexes whose levels are kept: 150 MB each at 8 base pairs."""

_EXPANSIONS_KEPT: Final = 2
"""Windows of energies whose poles are kept: that of the spectra, and that of the carriers."""

LONGEST_WHOLE: Final = 20
"""Base pairs up to which all orbitals are diagonalized at once: a minute and 6 GB."""


class AtomisticPredictor:
    """Spectra at any energies, for any contacts, of all atoms at the level of the training.

    Parameters
    ----------
    name
        Short name.
    conditions
        Those of its training.
    model
        The trained model, in evaluation mode.
    """

    respects = ("lengths", "pairs")
    at_once = 1
    knows_all_energies = True
    knows_hamiltonian = False

    def __init__(self, name: str, conditions: Conditions, model: AtomisticModel) -> None:
        self.name = name
        self.conditions = conditions
        self._model = model
        self._charged: Callable[[Duplex], ChargedDuplex] = lru_cache(_KEPT)(model.charged)
        self._expansions: dict[Hashable, PoleExpansion] = {}

    @property
    def solvent(self) -> SolventParameters | None:
        """Solvent of the records; None for vacuum."""
        return self._model.solvent

    def charged(self, structure: AtomicStructure) -> ChargedDuplex:
        """Predict the charges of a given geometry; see `AtomisticModel.charged_structure`."""
        return self._model.charged_structure(structure)

    def bound_to(self, charged: ChargedDuplex) -> AtomisticPredictor:
        """Return the same predictor for one geometry with its charges, and for no other duplex."""
        found = AtomisticPredictor(self.name, self.conditions, self._model)
        found._charged = partial(_only, charged)
        return found

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Compute T, DOS and LDOS at any energies, no LDOS of long ones; see `Predictor.predict`.

        Raises
        ------
        UsageError
            If the energies are no grid or eta is impossible.
        InvalidDuplexError, InvalidStructureError
            If a duplex has no ideal structure.
        """
        grid, width = self._asked(energies, eta)
        return [self._record(junction, grid, width) for junction in junctions]

    def totals(
        self, junctions: JunctionArrays, energies: ArrayLike | None = None, eta: float | None = None
    ) -> Totals[NDArray[np.float64]]:
        """Compute T and DOS of many junctions; see `Predictor.totals`.

        Those of more than one junction are within some 0.02 decades of those of `predict`.
        """
        grid, width = self._asked(energies, eta)
        if len(junctions.codes) == 1 and len(junctions.codes[0]) <= LONGEST_BY_LEVELS:
            duplex = Duplex.from_codes(junctions.codes[0])
            contacts = junctions.gamma_left[0], junctions.gamma_right[0]
            poles = self._poles(duplex, contacts, grid)
            columns = _columns(poles, grid, width)
            return Totals(*(columns[name][None] for name in Totals._fields))
        found = self._model.spectra(ladder_batch(*junctions), grid, width, self._charged)
        known = found.known()
        return Totals(*(known[name].numpy() for name in Totals._fields))

    def resonances(
        self, junction: Junction, energies: NDArray[np.float64], eta: float
    ) -> NDArray[np.complex128] | None:
        """Poles of the Green's function near some energies; see `Predictor.resonances`.

        Those of long duplexes are not known.
        """
        if junction.length > LONGEST_BY_LEVELS:
            return None
        contacts = self._contacts(junction)
        poles = self._poles(junction.duplex, contacts, energies)
        return np.asarray(poles.amplitudes.energies - 1j * eta)

    def certificate(self, duplex: Duplex) -> float:
        """Distance of the charges from self-consistent ones in meV; see `ChargedDuplex`.

        NaN for long duplexes, whose levels are not computed.
        """
        whole = duplex.length <= LONGEST_WHOLE
        return self._charged(duplex).certificate() if whole else math.nan

    def hamiltonian(self, duplex: Duplex) -> NoReturn:
        """Refuse: there is no Hamiltonian of one orbital per base; see `Predictor.hamiltonian`."""
        raise UsageError(
            f"{self.name} has all orbitals of all atoms, and no Hamiltonian of one per base.",
            "Ask a model of the type hamiltonian, or a parameter set.",
        )

    def ladder(self, junction: Junction) -> NoReturn:
        """Refuse: there is no orbital per base; see `Predictor.ladder`."""
        self.hamiltonian(junction.duplex)

    def transmitting(self, junction: Junction, low: float, high: float) -> PoleJunctions:
        """Junction by its poles; see `Predictor.transmitting`.

        Raises
        ------
        UsageError
            If the duplex is long: its poles are not known.
        """
        if junction.length > LONGEST_BY_LEVELS:
            raise UsageError(
                f"T of {junction.length} base pairs is known broadened by eta only, and not at "
                "every resonance.",
                f"Give at most {LONGEST_BY_LEVELS} base pairs, or ask a model of the type "
                "hamiltonian, or a parameter set.",
            )
        contacts = self._contacts(junction)
        poles = self._poles(junction.duplex, contacts, np.array([low, high]))
        return PoleJunctions(poles, low, high)

    def out_of_domain(self, junction: Junction) -> list[str]:
        """Compare length and base pairs with those of the training; contacts are exact."""
        return self.conditions.out_of_domain(junction, self.respects)

    def _asked(
        self, energies: ArrayLike | None, eta: float | None
    ) -> tuple[NDArray[np.float64], float]:
        grid, width = self.conditions.asked(energies, eta)
        if width > LARGEST_ETA:
            raise UsageError(
                f"eta = {width:g} eV: spectra of all atoms are known up to {LARGEST_ETA:g} eV.",
                "Choose a smaller --eta.",
            )
        return grid, width

    def _record(
        self, junction: Junction, energies: NDArray[np.float64], eta: float
    ) -> TransportRecord:
        contacts = self._contacts(junction)
        columns: dict[str, NDArray[np.float64]] = {}
        if junction.length <= LONGEST_WHOLE:
            poles = self._poles_by_site(junction.duplex, contacts, energies)
            columns = _columns(poles, energies, eta)
        if junction.length > LONGEST_BY_LEVELS:
            transmission, dos = self._charged(junction.duplex).totals(contacts, energies, eta)
            columns = scaled_columns(transmission=transmission, dos=dos) | {
                name: values for name, values in columns.items() if name != _TRANSMISSION
            }
        return TransportRecord(
            junction=junction,
            energies=energies,
            spectra=columns,
            eta=eta,
            energy_reference=0.0,
            identifier=f"{self.name}/{junction.duplex.text}",
        )

    def _contacts(self, junction: Junction) -> ContactCouplings:
        """Couplings of the nucleotides, or of the atoms where a contact names some."""
        if not junction.names_atoms:
            return junction.gamma_left, junction.gamma_right
        structure = self._charged(junction.duplex).structure
        return structure.couplings(junction.left), structure.couplings(junction.right)

    def _poles(
        self, duplex: Duplex, contacts: ContactCouplings, energies: NDArray[np.float64]
    ) -> PoleExpansion:
        """Poles about energies, by site if these were asked for before."""
        key = _key(duplex, contacts, energies)
        by_site = self._expansions.get((key, "sites"))
        if by_site is not None:
            return by_site
        return self._kept((key, ""), lambda: self._charged(duplex).poles(contacts, energies))

    def _poles_by_site(
        self, duplex: Duplex, contacts: ContactCouplings, energies: NDArray[np.float64]
    ) -> PoleExpansion:
        key = _key(duplex, contacts, energies), "sites"
        return self._kept(key, lambda: self._charged(duplex).poles_by_site(contacts, energies))

    def _kept(self, key: Hashable, expand: Callable[[], PoleExpansion]) -> PoleExpansion:
        """Poles about energies; those of the last questions are kept."""
        found = self._expansions.get(key)
        if found is None:
            for oldest in list(self._expansions)[: 1 - _EXPANSIONS_KEPT]:
                self._expansions.pop(oldest, None)
            found = self._expansions[key] = expand()
        return found


def _key(
    duplex: Duplex, contacts: ContactCouplings, energies: NDArray[np.float64]
) -> tuple[Hashable, ...]:
    ends = float(energies[0]), float(energies[-1])
    return duplex, *(gamma.tobytes() for gamma in contacts), ends


def _only(charged: ChargedDuplex, duplex: Duplex) -> ChargedDuplex:
    if duplex != charged.structure.duplex:
        raise UsageError(
            f"'{duplex.text}' is asked of a geometry of '{charged.structure.duplex.text}'.",
            "ask for the duplex of the geometry.",
        )
    return charged


def _columns(
    poles: PoleExpansion, energies: NDArray[np.float64], eta: float
) -> dict[str, NDArray[np.float64]]:
    ldos = poles.local_dos(energies, eta)
    transmission = poles.transmission(energies, eta)
    return scaled_columns(transmission=transmission, dos=ldos.sum(0), ldos=ldos)
