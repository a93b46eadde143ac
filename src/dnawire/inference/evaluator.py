"""One quantity of many duplexes between the same contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import NDArray

from dnawire.data import TransportRecord, duplex_texts
from dnawire.errors import UsageError
from dnawire.inference.coherent import log10_conductance
from dnawire.inference.conductance import AtEquilibrium
from dnawire.inference.interpolate import junctions_between, log10_transmission_at
from dnawire.inference.question import CONDUCTANCE, TRANSMISSION
from dnawire.inference.summary import (
    Summary,
    knows_conductance,
    resolved_record,
    summarize,
)
from dnawire.junction import Contact, Duplex, Junction
from dnawire.predictors import PairwisePredictor, Predictor, check_inside

Quantity = Literal["log10_transmission", "log10_conductance"]
"""What can be asked of a duplex at the Fermi energy, in decades."""

_MOST_SHARING: Final = 2
"""Energies up to which one after the other, with shared work, is faster than all of them."""


@dataclass(frozen=True, eq=False)
class Evaluator:
    """How duplexes are measured.

    Parameters
    ----------
    predictor
        What predicts.
    left, right
        Contacts.
    energies
        Energies (E,) in eV, increasing; they bound all that is considered.
    eta
        Imaginary part of the energy in eV.
    fermi_energy
        In eV; None if nothing depends on it.
    temperature
        In K, for the conductance.
    conductance_from_grid
        Whether a conductance is wanted of a predictor that knows no resonances; see `summarize`.
    """

    predictor: Predictor
    left: Contact
    right: Contact
    energies: NDArray[np.float64]
    eta: float
    fermi_energy: float | None
    temperature: float
    conductance_from_grid: bool = False

    def check(self, quantity: Quantity) -> None:
        """Refuse a quantity that cannot be had.

        Raises
        ------
        UsageError
            There is no Fermi energy, or the predictor knows no conductance.
        """
        if self.fermi_energy is None:
            raise UsageError(
                f"{quantity} needs the Fermi energy, which is not given", "Give --fermi_energy."
            )
        is_known = knows_conductance(self.predictor, from_grid=self.conductance_from_grid)
        if quantity == CONDUCTANCE and not is_known:
            raise UsageError(
                f"{CONDUCTANCE} of {self.predictor.name}, which knows T at the energies of its "
                "grid only: resonances between them are missing",
                f"Ask for {TRANSMISSION}, use a model that predicts a Hamiltonian, or accept an "
                "error of orders of magnitude with --conductance_from_grid.",
            )

    def check_energies(self, name: str, wanted: NDArray[np.float64]) -> None:
        """Refuse energies in eV outside of those that bound all.

        Raises
        ------
        UsageError
            One is.
        """
        check_inside(name, wanted, self.energies)

    def shares_beginnings(self, num_energies: int) -> bool:
        """Whether T at so many energies is found faster of a duplex that begins like the last."""
        return self._sharing(num_energies) is not None

    def _sharing(self, num_energies: int) -> PairwisePredictor | None:
        is_few, predictor = num_energies <= _MOST_SHARING, self.predictor
        return predictor if is_few and isinstance(predictor, PairwisePredictor) else None

    def of(self, codes: Int8[NDArray[np.int8], "B L 2"], quantity: Quantity) -> NDArray[np.float64]:
        """A quantity of duplexes of one length at the Fermi energy in decades, (B,)."""
        assert self.fermi_energy is not None
        if quantity == TRANSMISSION:
            return self.log10_transmission(codes, np.array([self.fermi_energy]))[:, 0]
        at = AtEquilibrium(self.fermi_energy, self.temperature)
        junctions = (self.junction(Duplex.parse(text.decode())) for text in duplex_texts(codes))
        each = (
            log10_conductance(self.predictor, one, self.energies, self.eta, at) for one in junctions
        )
        return np.array([found for found, _ in each])

    def log10_transmission(
        self, codes: Int8[NDArray[np.int8], "B L 2"], at: Float[NDArray[np.float64], " K"]
    ) -> Float[NDArray[np.float64], "B K"]:
        """log10 T of duplexes of one length at increasing energies in eV."""
        sharing = self._sharing(len(at))
        if sharing is not None:
            ends = self.left, self.right
            each = (sharing.mean_log10_transmission(codes, ends, [one], self.eta) for one in at)
            return np.stack(list(each), axis=1)
        junctions = junctions_between(codes, self.left, self.right)
        return log10_transmission_at(self.predictor, junctions, at, self.energies, self.eta)

    def junction(self, duplex: Duplex) -> Junction:
        """A duplex between the contacts."""
        return Junction(duplex, self.left, self.right)

    def resolved(self, duplex: Duplex) -> TransportRecord:
        """Spectra of one duplex, every resonance resolved where the predictor knows them."""
        (record,) = self.predictor.predict([self.junction(duplex)], self.energies, self.eta)
        is_known = self.predictor.knows_all_energies
        return resolved_record(self.predictor, record) if is_known else record

    def summary(self, duplex: Duplex) -> Summary:
        """Summary of one duplex; see `summarize`."""
        (record,) = self.predictor.predict([self.junction(duplex)], self.energies, self.eta)
        return summarize(
            self.predictor,
            record,
            self.fermi_energy,
            self.temperature,
            conductance_from_grid=self.conductance_from_grid,
        )
