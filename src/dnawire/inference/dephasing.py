"""Conductance with voltage probes on all bases: carriers lose phase and energy on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dnawire.errors import UsageError
from dnawire.inference.answers import Answer
from dnawire.inference.question import CONDUCTANCE, TRANSMISSION, Question
from dnawire.inference.remarks import (
    DISCONNECTED,
    UNDERFLOW,
    Remark,
    junction_remarks,
    model_remarks,
)
from dnawire.junction import Duplex, Junction
from dnawire.predictors import HamiltonianPredictor, Predictor
from dnawire.transport import BlockJunctions, DephasedJunctions, voltage_probe_response


def as_probed(predictor: Predictor, eta: float) -> HamiltonianPredictor:
    """Return a predictor that probes can be attached to.

    Raises
    ------
    UsageError
        If it has no Hamiltonian of one orbital per base, or eta would absorb carriers.
    """
    if not isinstance(predictor, HamiltonianPredictor):
        raise UsageError(
            f"{predictor.name} has no Hamiltonian of one orbital per base to attach probes to",
            "Drop --probe_coupling, or use a model of the type hamiltonian or a parameter set.",
        )
    if eta != 0.0:
        raise UsageError(
            f"eta = {eta:g} eV absorbs carriers, which probes have to give back",
            "Give --eta 0 with --probe_coupling.",
        )
    return predictor


def answer_probed(
    predictor: HamiltonianPredictor,
    duplexes: Sequence[Duplex],
    question: Question,
    probe_coupling: float,
) -> Iterator[Answer]:
    """Answer one question for one duplex after the other, with a voltage probe on every base.

    T at the Fermi energy is the effective one, of dephasing probes, which the conductance becomes
    at 0 K; see `dnawire.transport.probes`.

    Parameters
    ----------
    predictor
        See `as_probed`.
    duplexes
        The molecules.
    question
        Its Fermi energy must be given.
    probe_coupling
        In eV, that of every probe.
    """
    assert question.fermi_energy is not None
    energy = question.fermi_energy
    common = tuple(model_remarks(predictor))
    for duplex in duplexes:
        junction = Junction(duplex, question.left, question.right)
        coherent = predictor.ladder(junction)
        probes = np.where(duplex.mask, probe_coupling, 0.0)
        probed = DephasedJunctions.of(coherent, probes)
        transmission = probed.transmission(np.array([[energy]])).plain[0, 0]
        response = voltage_probe_response(probed, energy, question.temperature)
        with np.errstate(divide="ignore"):
            values = {
                TRANSMISSION: float(np.log10(transmission)),
                CONDUCTANCE: float(np.log10(response.conductance_quanta[0, 0, 0])),
            }
        own = vanishing_remarks(coherent, energy, transmission)
        yield Answer(values, (*common, *junction_remarks(predictor, junction), *own))


def vanishing_remarks(
    coherent: BlockJunctions, fermi_energy: float, total: float
) -> tuple[Remark, ...]:
    """Why the conductance of a junction with probes is zero; nothing where it is not.

    Parameters
    ----------
    coherent
        The junction without probes.
    fermi_energy
        In eV.
    total
        What it conducts.
    """
    if total > 0.0:
        return ()
    connected = coherent.transmission(np.array([[fermi_energy]])).values.any()
    return (UNDERFLOW if connected else DISCONNECTED,)
