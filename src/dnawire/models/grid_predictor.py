"""The predictor of a model that is bound to one energy grid: its forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NoReturn

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.graphs import junction_batch, ladder_batch
from dnawire.graphs.schema import SpectraBatch
from dnawire.junction import Duplex, Junction, JunctionArrays
from dnawire.models.base import TransportModel
from dnawire.predictors import MANY, Conditions, checked_energies, in_batches
from dnawire.quantities import BY_COLUMN
from dnawire.transport import Totals

_SAME_ENERGY: Final = 1e-9
"""eV; grids that differ by less are one grid, rounded in different ways."""


class GridPredictor:
    """Spectra by the forward pass of a model, which is bound to the energies of its training.

    Parameters
    ----------
    name
        Short name.
    conditions
        Those of its training.
    model
        The trained model, in evaluation mode.
    """

    respects = ("lengths", "couplings", "placements", "pairs")
    at_once = MANY
    knows_all_energies = False
    knows_hamiltonian = False

    def __init__(self, name: str, conditions: Conditions, model: TransportModel) -> None:
        self.name = name
        self.conditions = conditions
        self._model = model

    def predict(
        self,
        junctions: Sequence[Junction],
        energies: ArrayLike | None = None,
        eta: float | None = None,
    ) -> list[TransportRecord]:
        """Predict T, DOS and what else the model tells; see `Predictor.predict`.

        Raises
        ------
        UsageError
            If other energies or another eta are asked for than those of the training.
        """
        self._check_energies(energies)
        self._check_eta(eta)
        return in_batches(junctions, len(self.conditions.energies), self._records)

    def totals(
        self, junctions: JunctionArrays, energies: ArrayLike | None = None, eta: float | None = None
    ) -> Totals[NDArray[np.float64]]:
        """Predict T and DOS of many junctions; see `Predictor.totals`."""
        self._check_energies(energies)
        self._check_eta(eta)
        with torch.no_grad():
            batch = ladder_batch(*junctions).to(self._model.energies.device)
            spectra = self._model.evaluate(batch)
        return Totals(
            log10_transmission=spectra.log10_transmission.double().cpu().numpy(),
            log10_dos=self._dos(spectra),
        )

    def hamiltonian(self, duplex: Duplex) -> NoReturn:
        """Refuse: there is no Hamiltonian; see `Predictor.hamiltonian`."""
        raise UsageError(
            f"the model {self.name} knows no Hamiltonian, neither of {duplex.text} nor of others.",
            "use a model that predicts one (docs/models.md).",
        )

    def resonances(self, junction: Junction, energies: NDArray[np.float64], eta: float) -> None:
        """Levels of a junction are not known, of none; see `Predictor.resonances`."""

    def ladder(self, junction: Junction) -> NoReturn:
        """Refuse: there is no Hamiltonian; see `Predictor.ladder`."""
        self.hamiltonian(junction.duplex)

    def transmitting(self, junction: Junction, low: float, high: float) -> NoReturn:
        """Refuse: T between the energies of the grid is not known; see `Predictor.transmitting`."""
        raise UsageError(
            f"the model {self.name} knows no resonances, neither those of {junction.duplex.text} "
            f"from {low:g} to {high:g} eV nor others.",
            "use a model that knows them (docs/models.md).",
        )

    def certificate(self, duplex: Duplex) -> None:
        """Nothing in a prediction tells how far it is from the truth."""

    def out_of_domain(self, junction: Junction) -> list[str]:
        """Compare length, contacts, couplings and base pairs with those of the training."""
        return self.conditions.out_of_domain(junction, self.respects)

    def _dos(self, spectra: SpectraBatch) -> NDArray[np.float64]:
        """log10 DOS; NaN if the model was trained on records without it."""
        if (
            spectra.log10_dos is None
            or BY_COLUMN["log10_dos"].name not in self.conditions.quantities
        ):
            return np.full(spectra.log10_transmission.shape, np.nan)
        dos: NDArray[np.float64] = spectra.log10_dos.double().cpu().numpy()
        return dos

    def _check_energies(self, energies: ArrayLike | None) -> None:
        own = self.conditions.energies
        if energies is None:
            return
        asked = checked_energies(energies)
        if asked.shape != own.shape or not np.allclose(asked, own, rtol=0.0, atol=_SAME_ENERGY):
            raise UsageError(
                f"the model {self.name} predicts at the {len(own)} energies that it was trained "
                f"on, from {own[0]:g} to {own[-1]:g} eV, and at no others.",
                "leave the energies out, or use a model that knows all energies (docs/models.md).",
            )

    def _check_eta(self, eta: float | None) -> None:
        if eta is not None and eta != self.conditions.eta:
            raise UsageError(
                f"the model {self.name} was trained on spectra with eta = {self.conditions.eta:g} "
                f"eV and cannot tell those with eta = {eta:g} eV.",
                "leave eta out, or use a model that knows all energies (docs/models.md).",
            )

    def _records(self, junctions: Sequence[Junction]) -> Iterator[TransportRecord]:
        with torch.no_grad():
            batch = junction_batch(junctions).to(self._model.energies.device)
            found = self._model(batch).known()
        learned = self.conditions.quantities
        spectra = {name: one for name, one in found.items() if BY_COLUMN[name].name in learned}
        for row, junction in enumerate(junctions):
            yield TransportRecord(
                junction=junction,
                energies=self.conditions.energies,
                spectra={
                    name: values.cpu().numpy()[row][
                        junction.duplex.mask if BY_COLUMN[name].has_sites else ...
                    ]
                    for name, values in spectra.items()
                },
                eta=self.conditions.eta,
                energy_reference=self.conditions.energy_reference,
                identifier=f"{self.name}/{junction.duplex.text}",
            )
