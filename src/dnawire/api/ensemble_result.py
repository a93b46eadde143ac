"""What `dnawire.ensemble` gives: geometries of one duplex, and the distribution of G over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import AskedConditions, Setup
from dnawire.api.ensemble_tables import (
    FAILED,
    check_lines,
    geometry_rows,
    spread_line,
    statistics_rows,
    summary_table,
)
from dnawire.api.geometries import (
    EnsembleSettings,
    Geometries,
    check_any,
    found_geometries,
    listed,
)
from dnawire.api.result import Stoppable
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.tables import aligned
from dnawire.electronic.nucleotides import check_nucleotides
from dnawire.errors import InvalidStructureError, NotConvergedError, UsageError
from dnawire.inference import model_remarks
from dnawire.inference.ensemble import (
    EnsembleQuestion,
    FailedGeometry,
    GeometryAnswer,
    as_atomistic,
    check_length,
    predict_geometries,
    predict_geometry,
)
from dnawire.junction import Duplex, Junction
from dnawire.structures import build_duplex, check_structure
from dnawire.transport import LogStatistics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.api.geometries import GeometriesLike
    from dnawire.models.atomistic.predictor import AtomisticPredictor
    from dnawire.plots import EnsembleData, Table
    from dnawire.predictors import Predictor


class Ensemble(Stoppable):
    """Predicted geometries of one duplex. It prints as a table, and shows itself in a notebook.

    `prepared` makes one, and the iterator `steps` fills it.

    Parameters
    ----------
    geometries
        What is predicted.
    question
        What is asked of each.
    setup
        Who is asked.
    num_checked
        Number of the first geometries that are computed self-consistently too.

    Attributes
    ----------
    outcomes
        Answers and failures of the geometries that are computed, in their order.
    ideal
        Answer of the ideal helix; None if it has no room for the bases, or no answer.
    """

    below = "ensembles"
    members = RESULT_NAMES["ensemble"]
    unit = "geometries"

    def __init__(
        self, geometries: Geometries, question: EnsembleQuestion, setup: Setup, num_checked: int
    ) -> None:
        self.outcomes: list[GeometryAnswer | FailedGeometry] = []
        self.ideal: GeometryAnswer | None = None
        self._no_ideal = ""
        self._geometries = geometries
        self._question = question
        self._setup = setup
        self._num_checked = num_checked

    @classmethod
    def prepared(
        cls,
        given: GeometriesLike,
        settings: EnsembleSettings,
        predictor: Predictor,
        asked: AskedConditions,
    ) -> Ensemble:
        """Draw or read the geometries, and check all that can be checked before the work.

        Raises
        ------
        DnawireError
            A sequence, file, contact or energy is impossible, or the predictor cannot be asked for
            this.
        """
        words = listed(given, settings)
        energy = required_fermi_energy(asked)
        as_atomistic(predictor)
        contacts = asked.contacts(predictor)
        setup = asked.setup(predictor, contacts)

        def check(duplex: Duplex) -> None:
            Junction(duplex, *contacts)
            check_nucleotides(duplex)
            check_length(duplex.length, settings.scf_steps, settings.check)

        geometries = found_geometries(words, settings, check)
        question = EnsembleQuestion(
            junction=Junction(geometries.duplex, *contacts),
            energies=setup.grid,
            eta=setup.eta,
            fermi_energy=energy,
            temperature=asked.temperature,
            scf_steps=settings.scf_steps,
        )
        return cls(geometries, question, setup, settings.check)

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._predictor.name

    @property
    def num_steps(self) -> int:
        """How many geometries are asked for."""
        return self.num_geometries

    def steps(self) -> Iterator[None]:
        """Predict one geometry after the other, and take each into the result.

        Raises
        ------
        DnawireError
            The question cannot be answered, or no geometry has an answer.
        """
        self._add_ideal()
        structures = self._geometries.structures
        for one in predict_geometries(
            self._predictor, structures, self._question, self._num_checked
        ):
            self.outcomes.append(one)
            yield
        check_any(self.outcomes)

    def _add_ideal(self) -> None:
        try:
            structure = build_duplex(self.duplex)
            check_structure(structure)
            self.ideal = predict_geometry(self._predictor, structure, self._question)
        except (InvalidStructureError, NotConvergedError) as error:
            self._no_ideal = error.problem

    @property
    def duplex(self) -> Duplex:
        """The molecule."""
        return self._question.junction.duplex

    @property
    def energies(self) -> NDArray[np.float64]:
        """Energies that were asked for, (E,), eV."""
        return self._question.energies

    @property
    def num_geometries(self) -> int:
        """How many geometries are asked for."""
        return len(self._geometries)

    @property
    def is_complete(self) -> bool:
        """Whether all of them are computed, or have failed."""
        return len(self.outcomes) == self.num_geometries

    @property
    def is_presentable(self) -> bool:
        """Whether a geometry has an answer."""
        return bool(self.answers)

    @property
    def said_of_stop(self) -> str:
        """How many geometries are computed."""
        done = f"{len(self.outcomes)} of {self.num_geometries} geometries are computed"
        return done + (
            "; these results are written" if self.answers else ", and none has an answer"
        )

    @property
    def answers(self) -> list[tuple[str, GeometryAnswer]]:
        """Names and answers of the geometries that have one."""
        return [(label, one) for label, one in self._named if isinstance(one, GeometryAnswer)]

    @property
    def failures(self) -> dict[str, str]:
        """Geometries without an answer, and why."""
        return {label: one.reason for label, one in self._named if isinstance(one, FailedGeometry)}

    @property
    def log10_transmission(self) -> NDArray[np.float64]:
        """log10 T(E) of the geometries that have an answer, (n, E)."""
        return np.stack([one.record.log10_transmission for _, one in self.answers])

    @property
    def conductance_quanta(self) -> NDArray[np.float64]:
        """Conductance of the geometries that have an answer in G0, (n,)."""
        return np.array([one.conductance.conductance_quanta for _, one in self.answers])

    @property
    def statistics(self) -> LogStatistics:
        """Distribution of the conductance in G0, without the ideal helix and the failures."""
        return LogStatistics(np.array([one.log10_conductance for _, one in self.answers]))

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        question, steps = self._question, self._question.scf_steps
        then = f", then {steps} step{'s'[: steps != 1]} towards self-consistent ones"
        checked = min(self._num_checked, self.num_geometries)
        return [
            *self._setup.lines,
            f"duplex        {self.duplex.text}",
            f"geometries    {self.num_geometries} {self._geometries.origin}",
            f"charges       predicted{then if steps else ''}",
            f"conductance   at {question.temperature:g} K, E_F = {question.fermi_energy:g} eV",
            f"checked       {checked} by self-consistent calculations",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each geometry."""
        return geometry_rows(self._with_ideal)

    @property
    def lines(self) -> list[str]:
        """What is said below the table: of how many geometries, statistics, deviations."""
        statistics = self.statistics
        return [
            f"{len(self.answers)} of {self.num_geometries} geometries{self._missing}",
            "",
            *aligned(statistics_rows(statistics)),
            "",
            spread_line(statistics),
            *check_lines(self.answers),
        ]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, with an example of each."""
        found = [remark.sentence for remark in model_remarks(self._predictor)]
        if self._no_ideal:
            found.append(f"there is no ideal helix to compare with: {self._no_ideal}")
        if not self.is_complete:
            done = len(self.outcomes)
            found.append(f"stopped after {done} of the {self.num_geometries} geometries")
        failures = self.failures
        for label, reason in list(failures.items())[:1]:
            head = f"{len(failures)} of the {len(self.outcomes)} geometries: {FAILED}"
            found.append(f"{head}, and left out of all statistics, e.g. {label}: {reason}")
        return found + self._remarks

    def table(self) -> Table:
        """A row for each geometry, and one for the ideal helix, as columns with all digits."""
        return summary_table(self._with_ideal)

    @property
    def drawn(self) -> EnsembleData:
        """What the figure shows."""
        from dnawire.plots import EnsembleData

        ideal = self.ideal
        return EnsembleData(
            duplex=self.duplex,
            energies=self.energies,
            log10_transmission=self.log10_transmission,
            log10_conductance=self.statistics.log10_values,
            ideal_log10_transmission=None if ideal is None else ideal.record.log10_transmission,
            ideal_log10_conductance=None if ideal is None else ideal.log10_conductance,
            fermi_energy=self._question.fermi_energy,
        )

    def plot(self) -> Figure:
        """Figure of T(E) of all geometries, and of the distribution of the conductance."""
        from dnawire.plots import ensemble_figure

        count, asked = len(self.answers), self.num_geometries
        of = "" if count == asked else f" of {asked}"
        title = f"Predicted by {self._predictor.name}, {count}{of} geometries"
        return ensemble_figure(self.drawn, title, self._setup.footer)

    def write(self, folder: Path) -> None:
        """Write tables and the figure into a folder that exists."""
        from dnawire.api.ensemble_files import write_ensemble

        write_ensemble(folder, self)

    @property
    def _missing(self) -> str:
        waiting = self.num_geometries - len(self.outcomes)
        counts = {FAILED: len(self.failures), "not computed": waiting}
        return "".join(f", {count} {name}" for name, count in counts.items() if count)

    @property
    def _remarks(self) -> list[str]:
        """Remarks on the answers, with an example of each."""
        counts: Counter[str] = Counter()
        examples: dict[str, str] = {}
        for label, one in self.answers:
            counts.update({remark.word for remark in one.remarks})
            for remark in one.remarks:
                examples.setdefault(remark.word, f"{label}: {remark.sentence}")
        return [
            f"{counts[word]} of the {len(self.answers)} geometries: {word}, e.g. {examples[word]}"
            for word in sorted(examples)
        ]

    @property
    def _predictor(self) -> AtomisticPredictor:
        return as_atomistic(self._setup.predictor)

    @property
    def _named(self) -> list[tuple[str, GeometryAnswer | FailedGeometry]]:
        return list(zip(self._geometries.labels, self.outcomes, strict=False))

    @property
    def _with_ideal(self) -> list[tuple[str, GeometryAnswer | FailedGeometry]]:
        return [*self._named, *([] if self.ideal is None else [("ideal", self.ideal)])]


def required_fermi_energy(asked: AskedConditions) -> float:
    """Return the Fermi energy.

    Raises
    ------
    UsageError
        It is not given.
    """
    if asked.fermi_energy is None:
        raise UsageError(
            "an ensemble of conductances needs the Fermi energy, which is not given",
            "Give it in eV with --fermi_energy.",
        )
    return asked.fermi_energy
