"""The coherent conductance of one junction, and what is not to be trusted of it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.inference.conductance import AtEquilibrium, Carriers, carrier_window
from dnawire.inference.remarks import (
    DISCONNECTED,
    Remark,
    certificate_remarks,
    fermi_remarks,
    junction_remarks,
    summary_remarks,
    underflow_remarks,
)
from dnawire.inference.summary import AtFermiEnergy, carried_at, summarize
from dnawire.junction import Junction
from dnawire.predictors import Predictor
from dnawire.transport import checked_thermal_window


class CoherentRemarks:
    """Remarks on one junction: the words that a prediction of it has, see `prediction_remarks`.

    Parameters
    ----------
    predictor, junction, window, eta
        See `Carriers.of`.

    Attributes
    ----------
    general
        What holds at any Fermi energy.
    """

    def __init__(
        self, predictor: Predictor, junction: Junction, window: tuple[float, float], eta: float
    ) -> None:
        carriers = Carriers.of(predictor, junction, window, eta)
        own = () if carriers is None else _own_remarks(predictor, junction, carriers, window)
        self.general: tuple[Remark, ...] = (*junction_remarks(predictor, junction), *own)
        self._carriers = None if DISCONNECTED in own else carriers

    def at(self, at: AtEquilibrium) -> tuple[Remark, ...]:
        """What is to be said at a Fermi energy and a temperature beside the general."""
        if self._carriers is None:
            return ()
        found = _at_fermi_energy(self._carriers, at)
        return (*fermi_remarks(found), *underflow_remarks(found))


def log10_conductance(
    predictor: Predictor,
    junction: Junction,
    energies: Float[NDArray[np.float64], " E"],
    eta: float,
    at: AtEquilibrium,
) -> tuple[float, tuple[Remark, ...]]:
    """log10 of the conductance in G0 as `summarize` finds it, and what its numbers tell.

    Parameters
    ----------
    predictor
        It must know conductances, or one from the grid must be wanted; see `knows_conductance`.
    junction
        The duplex between its contacts.
    energies
        Energies in eV, (E,), that must hold the carriers.
    eta
        Imaginary part of the energy in eV.
    at
        The contacts.

    Raises
    ------
    UsageError
        If the energies do not hold them, or levels are not known at eta 0.
    """
    checked_thermal_window(energies, **at._asdict())
    window = carrier_window(np.array([at.fermi_energy]), at.temperature)
    carriers = Carriers.of(predictor, junction, window, eta)
    if carriers is not None:
        found = _at_fermi_energy(carriers, at)
        own = _own_remarks(predictor, junction, carriers, window)
        remarks = own if DISCONNECTED in own else (*own, *fermi_remarks(found))
        return found.conductance.log10_conductance_quanta, remarks
    [record] = predictor.predict([junction], energies, eta)
    summary = summarize(predictor, record, *at, conductance_from_grid=True)
    assert summary.at_fermi_energy is not None
    conductance = summary.at_fermi_energy.conductance
    return conductance.log10_conductance_quanta, tuple(summary_remarks(summary))


def _at_fermi_energy(carriers: Carriers, at: AtEquilibrium) -> AtFermiEnergy:
    log10_transmission = carriers.log10_conductances(np.array([at.fermi_energy]), 0.0).mean()
    return carried_at(carriers, float(log10_transmission), at)


def _own_remarks(
    predictor: Predictor, junction: Junction, carriers: Carriers, window: tuple[float, float]
) -> tuple[Remark, ...]:
    """What holds at any Fermi energy, beside what can be said without a prediction."""
    if np.isneginf(carriers.log10_conductances(np.linspace(*window, 3), 0.0)).all():
        return (DISCONNECTED,)
    return tuple(certificate_remarks(predictor.certificate(junction.duplex), junction))
