"""Junctions to records: by a trained model or exactly, through one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.graphs import junction_batch, ladder_batch
from dnawire.inference.conditions import Conditions, checked_energies
from dnawire.junction import Duplex, Junction, Ladders
from dnawire.models import HamiltonianModel, StandardModel
from dnawire.quantities import BY_COLUMN, site_order_columns
from dnawire.tightbinding import LadderBlocks, dense_hamiltonian
from dnawire.transport import block_spectra, block_totals

_VALUES_PER_BATCH: Final = 2**22
_SAME_ENERGY: Final = 1e-9
"""eV; grids that differ by less are one grid, rounded in different ways."""

_ALL_RESPECTS: Final = ("lengths", "couplings", "placements", "pairs")

HamiltonianSource = Callable[[NDArray[np.int8]], LadderBlocks]
"""Base codes (B, L, 2) to Hamiltonians in eV: they belong to the duplexes alone."""


class LogTotals(NamedTuple):
    """Spectra of many junctions without the LDOS, (B, E)."""

    log10_transmission: NDArray[np.float64]
    log10_dos: NDArray[np.float64]


class Predictor(Protocol):
    """What predicts the spectra of junctions."""

    @property
    def name(self) -> str:
        """Short name for tables, figures and folders."""

    @property
    def conditions(self) -> Conditions:
        """Energies and contacts that it was made for."""

    @property
    def default_energies(self) -> NDArray[np.float64]:
        """Energy grid in eV, (E,), that is taken when none is given."""

    @property
    def knows_all_energies(self) -> bool:
        """Whether spectra at other energies than these can be had."""

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
        self, ladders: Ladders, energies: ArrayLike | None = None, eta: float | None = None
    ) -> LogTotals:
        """Predict T and DOS of many junctions of one length, which must fit into memory at once.

        Parameters
        ----------
        ladders
            What to predict.
        energies, eta
            See `predict`.

        Returns
        -------
        LogTotals
            The same numbers as those of `predict`, in decades.

        Raises
        ------
        UsageError
            Like `predict`.
        """

    def hamiltonian(self, duplex: Duplex) -> NDArray[np.float64] | None:
        """Hamiltonian of a duplex in eV, (N, N), in site order; None if there is none."""

    def doubts(self, junction: Junction) -> list[str]:
        """Say in what respects nothing in the training prepared for a junction; empty if none."""


class StandardPredictor:
    """A ``standard`` model: bound to the energies that it was trained on.

    Parameters
    ----------
    name
        Short name.
    conditions
        Those of its training.
    model
        The trained model, in evaluation mode.
    """

    knows_all_energies = False

    def __init__(self, name: str, conditions: Conditions, model: StandardModel) -> None:
        self.name = name
        self.conditions = conditions
        self._model = model

    @property
    def default_energies(self) -> NDArray[np.float64]:
        """The energy grid of the training records in eV, (E,)."""
        return self.conditions.energies

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Predict T and DOS; see `Predictor.predict`.

        Raises
        ------
        UsageError
            If other energies or another eta are asked for than those of the training.
        """
        self._check_energies(energies)
        self._check_eta(eta)
        return _in_batches(junctions, len(self.default_energies), self._records)

    def totals(
        self, ladders: Ladders, energies: ArrayLike | None = None, eta: float | None = None
    ) -> LogTotals:
        """Predict T and DOS of many junctions; see `Predictor.totals`."""
        self._check_energies(energies)
        self._check_eta(eta)
        with torch.no_grad():
            spectra = self._model(ladder_batch(*ladders))
        return LogTotals(
            log10_transmission=spectra.log10_transmission.double().numpy(),
            log10_dos=spectra.log10_dos.double().numpy(),
        )

    def hamiltonian(self, duplex: Duplex) -> None:
        """Return None: a ``standard`` model has no Hamiltonian."""
        del duplex

    def doubts(self, junction: Junction) -> list[str]:
        """Compare length, contacts, couplings and base pairs with those of the training."""
        return self.conditions.doubts(junction, _ALL_RESPECTS)

    def _check_energies(self, energies: ArrayLike | None) -> None:
        own = self.default_energies
        if energies is None:
            return
        asked = checked_energies(energies)
        if asked.shape != own.shape or not np.allclose(asked, own, rtol=0.0, atol=_SAME_ENERGY):
            raise UsageError(
                f"the model {self.name} predicts at the {len(own)} energies that it was trained "
                f"on, from {own[0]:g} to {own[-1]:g} eV, and at no others.",
                "leave the energies out, or use a model of type hamiltonian, which knows all "
                "energies.",
            )

    def _check_eta(self, eta: float | None) -> None:
        if eta is not None and eta != self.conditions.eta:
            raise UsageError(
                f"the model {self.name} was trained on spectra with eta = {self.conditions.eta:g} "
                f"eV and cannot tell those with eta = {eta:g} eV.",
                "leave eta out, or use a model of type hamiltonian, which knows every eta.",
            )

    def _records(self, junctions: Sequence[Junction]) -> Iterator[TransportRecord]:
        spectra = self._model(junction_batch(junctions)).known()
        for row, junction in enumerate(junctions):
            yield TransportRecord(
                junction=junction,
                energies=self.default_energies,
                spectra={name: values[row].numpy() for name, values in spectra.items()},
                eta=self.conditions.eta,
                energy_reference=self.conditions.energy_reference,
                identifier=f"{self.name}/{junction.duplex.text}",
            )


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

    knows_all_energies = True

    def __init__(self, name: str, conditions: Conditions, source: HamiltonianSource) -> None:
        self.name = name
        self.conditions = conditions
        self._source = source

    @property
    def default_energies(self) -> NDArray[np.float64]:
        """Energy grid in eV, (E,), that is taken when none is given."""
        return self.conditions.energies

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
        grid, width = self._asked(energies, eta)
        return _in_batches(junctions, len(grid), lambda batch: self._records(batch, grid, width))

    def totals(
        self, ladders: Ladders, energies: ArrayLike | None = None, eta: float | None = None
    ) -> LogTotals:
        """Compute T and DOS of many junctions; see `Predictor.totals`."""
        grid, width = self._asked(energies, eta)
        diagonal, step, mask = self._source(ladders.codes)
        with torch.no_grad():
            spectra = block_totals(
                torch.from_numpy(diagonal),
                torch.from_numpy(step),
                torch.from_numpy(ladders.gamma_left),
                torch.from_numpy(ladders.gamma_right),
                torch.tensor(grid),
                mask=torch.from_numpy(mask),
                eta=width,
            )
        return LogTotals(
            log10_transmission=spectra.log10_transmission.numpy(),
            log10_dos=spectra.log10_dos.numpy(),
        )

    def hamiltonian(self, duplex: Duplex) -> NDArray[np.float64]:
        """Hamiltonian of a duplex in eV, (N, N), symmetric, in site order."""
        diagonal, step, mask = self._source(duplex.codes[None])
        return dense_hamiltonian(diagonal[0], step[0], mask[0])

    def doubts(self, junction: Junction) -> list[str]:
        """Compare the base pairs with those of the training; length and contacts are exact."""
        return self.conditions.doubts(junction, ("pairs",))

    def _asked(
        self, energies: ArrayLike | None, eta: float | None
    ) -> tuple[NDArray[np.float64], float]:
        grid = self.default_energies if energies is None else checked_energies(energies)
        return grid, self.conditions.eta if eta is None else _checked_eta(eta)

    def _records(
        self, junctions: Sequence[Junction], energies: NDArray[np.float64], eta: float
    ) -> Iterator[TransportRecord]:
        diagonal, step, mask = self._source(np.stack([one.duplex.codes for one in junctions]))
        spectra = block_spectra(
            torch.from_numpy(diagonal),
            torch.from_numpy(step),
            _stacked([junction.gamma_left for junction in junctions]),
            _stacked([junction.gamma_right for junction in junctions]),
            torch.tensor(energies),
            mask=torch.from_numpy(mask),
            eta=eta,
        )
        ends = mask.sum(axis=(1, 2)).cumsum()
        rows = {
            name: np.split(values, ends[:-1]) if BY_COLUMN[name].has_sites else values
            for name, values in site_order_columns(spectra._asdict(), mask).items()
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


def learned_hamiltonian(model: HamiltonianModel) -> HamiltonianSource:
    """Return the Hamiltonians of a trained model."""

    def blocks(codes: NDArray[np.int8]) -> LadderBlocks:
        no_contact = np.zeros(codes.shape)
        batch = ladder_batch(codes, no_contact, no_contact)
        with torch.no_grad():
            diagonal, step = model.hamiltonian(batch)
        return LadderBlocks(diagonal.numpy(), step.numpy(), batch.present.numpy())

    return blocks


def _in_batches(
    junctions: Sequence[Junction],
    num_energies: int,
    predict: Callable[[Sequence[Junction]], Iterator[TransportRecord]],
) -> list[TransportRecord]:
    """Predict batches of equal length, none of them large, and restore the order."""
    lengths = np.array([junction.length for junction in junctions], dtype=np.int64)
    records: dict[int, TransportRecord] = {}
    with torch.no_grad():
        for length in map(int, np.unique(lengths)):
            rows = np.flatnonzero(lengths == length).tolist()
            size = max(1, _VALUES_PER_BATCH // (2 * length * num_energies))
            for start in range(0, len(rows), size):
                batch = rows[start : start + size]
                records.update(zip(batch, predict([junctions[row] for row in batch]), strict=True))
    return [records[row] for row in range(len(junctions))]


def _stacked(arrays: Sequence[NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))


def _checked_eta(eta: float) -> float:
    if not (np.isfinite(eta) and eta >= 0.0):
        raise UsageError(f"eta is {eta} eV.", "give a finite eta in eV of at least 0.")
    return float(eta)
