"""Conductance of many geometries of one duplex, and how far it is from self-consistent charges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.data.random import named_generator
from dnawire.electronic import converge
from dnawire.errors import NotConvergedError, UsageError
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

QUANTILES: Final = (0.05, 0.5, 0.95)


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
        Highest occupied level, eV.
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
        """log10 of the conductance in G0."""
        return math.log10(self.conductance.conductance_quanta)


@dataclass(frozen=True)
class ConductanceStatistics:
    """Distribution of the conductance over an ensemble, in G0."""

    mean: float
    geometric_mean: float
    quantiles: tuple[float, ...]
    """See `QUANTILES`; between two geometries log G is linear."""
    spread: float
    """Standard deviation of log10 G, decades; NaN for one geometry."""

    @classmethod
    def of(cls, conductances: Float[Doubles, " n"]) -> ConductanceStatistics:
        """Summarize conductances in G0, all positive, of at least one geometry."""
        log10 = np.log10(conductances)
        return cls(
            mean=float(conductances.mean()),
            geometric_mean=float(10.0 ** log10.mean()),
            quantiles=tuple((10.0 ** np.quantile(log10, QUANTILES)).tolist()),
            spread=float(log10.std(ddof=1)) if len(log10) > 1 else np.nan,
        )


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
    InvalidDuplexError, InvalidStructureError
        If the duplex has no ideal structure, or no room for fluctuations.
    """
    return [
        thermal_frame(
            duplex, named_generator(seed, "thermal_frame", frame), fluctuations or Fluctuations()
        )
        for frame in range(number)
    ]


def predict_geometries(
    predictor: AtomisticPredictor,
    structures: Sequence[AtomicStructure],
    question: EnsembleQuestion,
    num_checked: int = 0,
) -> Iterator[GeometryAnswer]:
    """Predict one geometry after the other.

    Parameters
    ----------
    predictor
        What predicts.
    structures
        Geometries of the duplex of the question.
    question
        What is asked of each.
    num_checked
        Number of the first geometries that are computed self-consistently too.

    Yields
    ------
    GeometryAnswer
        In the order of the geometries.

    Raises
    ------
    InvalidDuplexError, InvalidStructureError
        If the predictor does not know the atoms.
    NotConvergedError
        If charges or poles of a geometry do not converge. A self-consistent calculation that fails
        is a remark.
    """
    for number, structure in enumerate(structures):
        predicted = predictor.charged(structure)
        charged = predicted
        for _ in range(question.scf_steps):
            charged = charged.refined()
        answer = _answer(predictor, charged, question)
        if number < num_checked:
            answer = _checked(predictor, predicted, charged, answer, question)
        yield answer


def _answer(
    predictor: AtomisticPredictor, charged: ChargedDuplex, question: EnsembleQuestion
) -> GeometryAnswer:
    bound = predictor.bound_to(charged)
    [record] = bound.predict([question.junction], question.energies, question.eta)
    summary = summarize(bound, record, question.fermi_energy, question.temperature)
    answer = GeometryAnswer(record, summary, charged.homo, None, ())
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
    log10_t = answer.record.log10_transmission - exact.record.log10_transmission
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
