"""Junctions to records through one interface; exactly, where there is a Hamiltonian."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.data import TransportRecord
from dnawire.junction import Duplex, Junction, JunctionArrays
from dnawire.predictors.conditions import Conditions
from dnawire.quantities import BY_COLUMN, site_order_columns
from dnawire.tightbinding import LadderBlocks, dense_hamiltonian
from dnawire.transport import (
    BlockJunctions,
    Totals,
    Transmitting,
    block_spectra,
    block_totals,
    poles,
)

_VALUES_PER_BATCH: Final = 2**22
_ENERGIES_AT_ONCE: Final = 2**16

MANY: Final = 2**16
"""Junctions at once, where each takes milliseconds."""

HamiltonianSource = Callable[[NDArray[np.int8]], LadderBlocks]
"""Base codes (B, L, 2) to Hamiltonians in eV: they belong to the duplexes alone."""


class Predictor(Protocol):
    """What predicts the spectra of junctions."""

    @property
    def name(self) -> str:
        """Short name for tables, figures and folders."""

    @property
    def conditions(self) -> Conditions:
        """Energies and contacts that it was made for."""

    @property
    def respects(self) -> tuple[str, ...]:
        """In what a junction must be like those of the training, by fields of `Coverage`."""

    @property
    def at_once(self) -> int:
        """How many junctions are best asked for together; between them progress is told."""

    @property
    def knows_all_energies(self) -> bool:
        """Whether spectra at other energies than these, and at any eta, can be had.

        Only then can resonances be resolved.
        """

    @property
    def knows_hamiltonian(self) -> bool:
        """Whether `hamiltonian` can be asked for."""

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Predict the spectra of junctions of any lengths.

        Parameters
        ----------
        junctions
            What to predict.
        energies
            Energies in eV, (E,), on the scale of the default ones, which None takes.
        eta
            Imaginary part of the energy in eV; None takes that of the conditions.

        Returns
        -------
        list of TransportRecord
            In the order of the junctions.

        Raises
        ------
        UsageError
            If the energies are no grid, or the predictor is bound to its own.
        """

    def totals(
        self, junctions: JunctionArrays, energies: ArrayLike | None = None, eta: float | None = None
    ) -> Totals[NDArray[np.float64]]:
        """Predict T and DOS of many junctions of one length, which must fit into memory at once.

        Parameters
        ----------
        junctions
            What to predict.
        energies, eta
            See `predict`.

        Returns
        -------
        Totals
            The same numbers as those of `predict`, in decades.

        Raises
        ------
        UsageError
            Like `predict`.
        """

    def hamiltonian(self, duplex: Duplex) -> NDArray[np.float64]:
        """Hamiltonian of a duplex in eV, (N, N), in site order.

        Raises
        ------
        UsageError
            If the predictor knows none.
        """

    def resonances(
        self, junction: Junction, energies: NDArray[np.float64], eta: float
    ) -> NDArray[np.complex128] | None:
        """Complex energies of the levels of a junction in eV, at least those about some energies.

        None if those of this junction are not known one by one.
        """

    def ladder(self, junction: Junction) -> BlockJunctions:
        """Ladder of one orbital per base between its contacts, on which probes and disorder act.

        Raises
        ------
        UsageError
            If the predictor knows no Hamiltonian.
        """

    def transmitting(self, junction: Junction, low: float, high: float) -> Transmitting:
        """Junction whose T can be had at any energy between two, all resonances resolved, eta = 0.

        Raises
        ------
        UsageError
            If the predictor knows T on a grid or broadened only.
        """

    def certificate(self, duplex: Duplex) -> float | None:
        """Error bar of a prediction that needs no reference, in meV; None if there is none.

        NaN for a duplex that is too long for it, of which there is no LDOS then either.
        """

    def out_of_domain(self, junction: Junction) -> list[str]:
        """Say in what respects nothing in the training prepared for a junction; empty if none."""


class HamiltonianPredictor:
    """Exact transport through Hamiltonians, wherever these come from.

    Parameters
    ----------
    name
        Short name.
    conditions
        What to assume when nothing else is said.
    source
        Gives the Hamiltonians: a trained model or a parameter set.
    """

    respects = ("pairs",)
    at_once = MANY
    knows_all_energies = True
    knows_hamiltonian = True

    def __init__(self, name: str, conditions: Conditions, source: HamiltonianSource) -> None:
        self.name = name
        self.conditions = conditions
        self._source = source
        self._last: tuple[Hashable, NDArray[np.complex128]] | None = None

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Compute T, DOS and LDOS at any energies; see `Predictor.predict`.

        Raises
        ------
        UsageError
            If the energies are no grid or eta is impossible.
        """
        grid, width = self.conditions.asked(energies, eta)
        return in_batches(junctions, len(grid), lambda batch: self._records(batch, grid, width))

    def totals(
        self, junctions: JunctionArrays, energies: ArrayLike | None = None, eta: float | None = None
    ) -> Totals[NDArray[np.float64]]:
        """Compute T and DOS of many junctions; see `Predictor.totals`."""
        grid, width = self.conditions.asked(energies, eta)
        blocks = self._source(junctions.codes)
        return block_totals(
            blocks.diagonal,
            blocks.step,
            junctions.gamma_left,
            junctions.gamma_right,
            grid,
            mask=blocks.mask,
            eta=width,
        )

    def hamiltonian(self, duplex: Duplex) -> NDArray[np.float64]:
        """Hamiltonian of a duplex in eV, (N, N), symmetric, in site order."""
        diagonal, step, mask = self._source(duplex.codes_in(self.conditions.alphabet)[None])
        return dense_hamiltonian(diagonal[0], step[0], mask[0])

    def resonances(
        self, junction: Junction, energies: NDArray[np.float64], eta: float
    ) -> NDArray[np.complex128]:
        """Poles of the Green's function of a junction, all of them; see `Predictor.resonances`.

        Those of the last question are kept: of a thousand base pairs they take seconds.
        """
        del energies
        gamma = (junction.gamma_left + junction.gamma_right)[junction.duplex.mask]
        key = junction.duplex.text, gamma.tobytes(), eta
        if self._last is None or self._last[0] != key:
            found = poles(self.hamiltonian(junction.duplex), gamma + 2.0 * eta)
            found.flags.writeable = False
            self._last = key, found
        return self._last[1]

    def ladder(self, junction: Junction) -> BlockJunctions:
        """Ladder of one junction between its contacts; see `Predictor.ladder`."""
        codes = junction.duplex.codes_in(self.conditions.alphabet)
        diagonal, step, mask = self._source(codes[None])
        return BlockJunctions.of(
            diagonal, step, junction.gamma_left, junction.gamma_right, mask=mask
        )

    def transmitting(self, junction: Junction, low: float, high: float) -> BlockJunctions:
        """Ladder of one junction, which knows T at all energies; see `Predictor.transmitting`."""
        del low, high
        return self.ladder(junction)

    def certificate(self, duplex: Duplex) -> None:
        """Nothing in it tells how far the Hamiltonian is from the truth."""

    def out_of_domain(self, junction: Junction) -> list[str]:
        """Compare the base pairs with those of the training; length and contacts are exact."""
        return self.conditions.out_of_domain(junction, self.respects)

    def _records(
        self, junctions: Sequence[Junction], energies: NDArray[np.float64], eta: float
    ) -> Iterator[TransportRecord]:
        alphabet = self.conditions.alphabet
        blocks = self._source(np.stack([one.duplex.codes_in(alphabet) for one in junctions]))
        found = block_spectra(
            blocks.diagonal,
            blocks.step,
            np.stack([junction.gamma_left for junction in junctions]),
            np.stack([junction.gamma_right for junction in junctions]),
            energies,
            mask=blocks.mask,
            eta=eta,
        )
        ends = blocks.mask.sum(axis=(1, 2)).cumsum()
        rows = {
            name: np.split(values, ends[:-1]) if BY_COLUMN[name].has_sites else values
            for name, values in site_order_columns(found._asdict(), blocks.mask).items()
        }
        for row, junction in enumerate(junctions):
            yield TransportRecord(
                junction=junction,
                energies=energies,
                spectra={name: values[row] for name, values in rows.items()},
                eta=eta,
                energy_reference=self.conditions.energy_reference,
                identifier=f"{self.name}/{junction.duplex.text}",
            )


def junction_totals(
    predictor: Predictor, junction: Junction, energies: NDArray[np.float64], eta: float
) -> Totals[NDArray[np.float64]]:
    """Predict T and DOS of one junction.

    Parameters
    ----------
    predictor
        What predicts.
    junction
        Its contacts may be on atoms, if the predictor knows atoms.
    energies, eta
        See `Predictor.predict`.

    Returns
    -------
    Totals
        In decades, (E,).

    Raises
    ------
    InvalidContactError
        If a contact is on atoms that the predictor does not know.
    """
    # Memory stays bounded, and an interrupt gets through; a grid is asked for as a whole.
    at_once = _ENERGIES_AT_ONCE if predictor.knows_all_energies else len(energies)
    pieces = np.split(energies, range(at_once, len(energies), at_once))
    found = [_junction_totals(predictor, junction, piece, eta) for piece in pieces]
    return Totals(*(np.concatenate(each) for each in zip(*found, strict=True)))


def _junction_totals(
    predictor: Predictor, junction: Junction, energies: NDArray[np.float64], eta: float
) -> Totals[NDArray[np.float64]]:
    if junction.names_atoms:
        # Arrays of junctions hold couplings of whole bases.
        [record] = predictor.predict([junction], energies, eta)
        return Totals(*(record.spectra[name] for name in Totals._fields))
    codes = junction.duplex.codes_in(predictor.conditions.alphabet)
    arrays = JunctionArrays(codes[None], junction.gamma_left[None], junction.gamma_right[None])
    return Totals(*(values[0] for values in predictor.totals(arrays, energies, eta)))


def in_batches(
    junctions: Sequence[Junction],
    num_energies: int,
    predict: Callable[[Sequence[Junction]], Iterator[TransportRecord]],
) -> list[TransportRecord]:
    """Predict batches of equal length, none of them large, and restore the order."""
    lengths = np.array([junction.length for junction in junctions], dtype=np.int64)
    records: dict[int, TransportRecord] = {}
    for length in map(int, np.unique(lengths)):
        rows = np.flatnonzero(lengths == length).tolist()
        size = max(1, _VALUES_PER_BATCH // (2 * length * num_energies))
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            records.update(zip(batch, predict([junctions[row] for row in batch]), strict=True))
    return [records[row] for row in range(len(junctions))]
