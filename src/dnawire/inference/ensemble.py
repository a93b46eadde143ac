"""Conductance of many geometries of one duplex, and how far it is from self-consistent charges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.data.random import named_generator
from dnawire.electronic import converge
from dnawire.errors import DnawireError, NotConvergedError, UsageError
from dnawire.inference.remarks import Remark, junction_remarks, summary_remarks
from dnawire.inference.summary import AtFermiEnergy, Summary, summarize
from dnawire.junction import Duplex, Junction
from dnawire.predictors import Predictor
from dnawire.structures import AtomicStructure, Fluctuations, ThermalFrame, thermal_frame
from dnawire.transport import Conductance

if TYPE_CHECKING:
    from dnawire.models.atomistic.predictor import AtomisticPredictor
    from dnawire.models.atomistic.transport import ChargedDuplex

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnsembleQuestion:
    """What is asked of every geometry.

    Parameters
    ----------
    junction
        The duplex between its contacts.
    energies
        Energies (E,) in eV, increasing; they bound all that is considered.
    eta
        Imaginary part of the energy in eV.
    fermi_energy
        In eV.
    temperature
        In K.
    scf_steps
        Number of steps from the predicted charges towards self-consistent ones.
    """

    junction: Junction
    energies: Doubles
    eta: float
    fermi_energy: float
    temperature: float
    scf_steps: int


@dataclass(frozen=True)
class Deviations:
    """Prediction less self-consistent calculation of one geometry."""

    homo: float
    """eV."""
    levels: float
    """Mean absolute deviation of the levels between the first and the last energy, eV."""
    largest_level: float
    """The largest of them, eV."""
    levels_from_common: float
    """Mean absolute deviation from their mean, which a fit of the Fermi energy takes up, eV."""
    log10_transmission: float
    """Mean absolute deviation over the energies, decades."""
    log10_conductance: float
    """Decades."""
    iterations: int
    """Of the self-consistent calculation from the predicted charges."""
    typical_iterations: int
    """The same from typical charges of the atoms."""


@dataclass(frozen=True, eq=False)
class GeometryAnswer:
    """What was found of one geometry.

    Parameters
    ----------
    record
        T, DOS and LDOS at the energies of the question.
    summary
        The same in a few numbers, with all resonances resolved.
    homo
        Highest occupied level, eV; NaN where not all orbitals are solved for.
    deviations
        From the self-consistent calculation; None where there is none.
    remarks
        Why it is not to be trusted.
    """

    record: TransportRecord
    summary: Summary
    homo: float
    deviations: Deviations | None
    remarks: tuple[Remark, ...]

    @property
    def at_fermi_energy(self) -> AtFermiEnergy:
        """Transmission and conductance."""
        assert self.summary.at_fermi_energy is not None
        return self.summary.at_fermi_energy

    @property
    def conductance(self) -> Conductance:
        """At the Fermi energy and the temperature of the question."""
        return self.at_fermi_energy.conductance

    @property
    def log10_conductance(self) -> float:
        """log10 of the conductance in G0; -inf where it vanishes."""
        return self.conductance.log10_conductance_quanta


@dataclass(frozen=True, eq=False)
class FailedGeometry:
    """A geometry that has no answer.

    Parameters
    ----------
    error
        Why.
    """

    error: DnawireError

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        return self.error.problem


def as_atomistic(predictor: Predictor) -> AtomisticPredictor:
    """Return a predictor that takes geometries.

    Raises
    ------
    UsageError
        If it takes none.
    """
    # It takes seconds to import torch, which other commands do without.
    from dnawire.models.atomistic.predictor import AtomisticPredictor

    if not isinstance(predictor, AtomisticPredictor):
        raise UsageError(
            f"{predictor.name} knows letters only, and no geometry.",
            "take a model of the type atomistic, for example pretrained:xtb.",
        )
    return predictor


def thermal_frames(
    duplex: Duplex, number: int, seed: int, fluctuations: Fluctuations | None = None
) -> list[ThermalFrame]:
    """Draw geometries of a fluctuating duplex; the first ones do not depend on their number.

    Parameters
    ----------
    duplex
        The molecule.
    number
        Number of geometries.
    seed
        Same seed, same atoms.
    fluctuations
        Sizes of the fluctuations; None takes those of B-DNA.

    Raises
    ------
    InvalidStructureError
        If the duplex has no ideal structure, or no room for fluctuations.
    """
    return [
        thermal_frame(
            duplex, named_generator(seed, "thermal_frame", frame), fluctuations or Fluctuations()
        )
        for frame in range(number)
    ]


def check_length(length: int, scf_steps: int, num_checked: int) -> None:
    """Refuse duplexes of which more is asked than can be had without all of their orbitals.

    Raises
    ------
    UsageError
        If a duplex is too long for steps towards self-consistent charges, or for a check.
    """
    from dnawire.models.atomistic.predictor import LONGEST_WHOLE

    if length > LONGEST_WHOLE and (scf_steps or num_checked):
        raise UsageError(
            f"{length} base pairs: the orbitals of at most {LONGEST_WHOLE} are solved for at once, "
            "which steps towards self-consistent charges and checks need.",
            f"Give at most {LONGEST_WHOLE} base pairs, or take the charges as predicted: "
            "--scf_steps 0 and --check 0.",
        )


def predict_geometries(
    predictor: AtomisticPredictor,
    structures: Iterable[AtomicStructure | FailedGeometry],
    question: EnsembleQuestion,
    num_checked: int = 0,
) -> Iterator[GeometryAnswer | FailedGeometry]:
    """Predict one geometry after the other; one that fails does not stop the others.

    Parameters
    ----------
    predictor
        What predicts.
    structures
        Geometries of the duplex of the question; those that have failed before stay so.
    question
        What is asked of each.
    num_checked
        Number of the first geometries that are computed self-consistently too.

    Yields
    ------
    GeometryAnswer or FailedGeometry
        In the order of the geometries.
    """
    for number, structure in enumerate(structures):
        if isinstance(structure, FailedGeometry):
            yield structure
            continue
        try:
            yield predict_geometry(predictor, structure, question, is_checked=number < num_checked)
        except DnawireError as error:
            yield FailedGeometry(error)


def predict_geometry(
    predictor: AtomisticPredictor,
    structure: AtomicStructure,
    question: EnsembleQuestion,
    *,
    is_checked: bool = False,
) -> GeometryAnswer:
    """Predict a geometry of the duplex of the question.

    Parameters
    ----------
    predictor
        What predicts.
    structure
        The geometry.
    question
        What is asked of it.
    is_checked
        Whether it is computed self-consistently too.

    Raises
    ------
    UsageError
        If the question cannot be answered.
    InvalidDuplexError, InvalidStructureError
        If the predictor does not know the atoms.
    NotConvergedError
        If charges or poles do not converge. A self-consistent calculation that fails is a remark.
    """
    predicted = predictor.charged(structure)
    charged = predicted
    for _ in range(question.scf_steps):
        charged = charged.refined()
    answer = _answer(predictor, charged, question)
    if is_checked:
        return _checked(predictor, predicted, charged, answer, question)
    return answer


def _answer(
    predictor: AtomisticPredictor, charged: ChargedDuplex, question: EnsembleQuestion
) -> GeometryAnswer:
    from dnawire.models.atomistic.predictor import LONGEST_WHOLE

    bound = predictor.bound_to(charged)
    [record] = bound.predict([question.junction], question.energies, question.eta)
    summary = summarize(bound, record, question.fermi_energy, question.temperature)
    homo = charged.homo if question.junction.length <= LONGEST_WHOLE else math.nan
    answer = GeometryAnswer(record, summary, homo, None, ())
    remarks = (
        *junction_remarks(predictor, question.junction),
        *summary_remarks(summary),
    )
    return replace(answer, remarks=remarks)


def _checked(
    predictor: AtomisticPredictor,
    predicted: ChargedDuplex,
    charged: ChargedDuplex,
    answer: GeometryAnswer,
    question: EnsembleQuestion,
) -> GeometryAnswer:
    """Add the deviations from a self-consistent calculation, or why there is none."""
    structure, solvent = predicted.structure, predictor.solvent
    try:
        found = converge(structure, solvent, predicted.shell_charges)
        from_typical = converge(structure, solvent)
    except NotConvergedError as error:
        remark = Remark("no_reference", f"no self-consistent calculation: {error.problem}")
        return replace(answer, remarks=(*answer.remarks, remark))
    exact = _answer(predictor, predicted.with_charges(found.shell_charges), question)
    is_inside = (found.levels >= question.energies[0]) & (found.levels <= question.energies[-1])
    errors = (charged.junctions.system.energies - found.levels)[is_inside]
    # A window may hold no level.
    errors = errors if len(errors) else np.array([np.nan])
    one, two = answer.record.log10_transmission, exact.record.log10_transmission
    with np.errstate(invalid="ignore"):
        log10_t = np.where(one == two, 0.0, one - two)
    deviations = Deviations(
        homo=charged.homo - found.homo,
        levels=float(abs(errors).mean()),
        largest_level=float(abs(errors).max()),
        levels_from_common=float(abs(errors - errors.mean()).mean()),
        log10_transmission=float(abs(log10_t).mean()),
        log10_conductance=answer.log10_conductance - exact.log10_conductance,
        iterations=found.iterations,
        typical_iterations=from_typical.iterations,
    )
    return replace(answer, deviations=deviations)
