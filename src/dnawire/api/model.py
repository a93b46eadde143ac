"""What predicts: a trained model, one of this package, or a parameter set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import AskedConditions, ConditionKeywords, KeywordConditions, Setup
from dnawire.api.design_question import DesignKeywords, DesignQuestion
from dnawire.api.fit_question import FitKeywords, FitQuestion
from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.prediction import Prediction
from dnawire.api.predictions import Predictions
from dnawire.api.questions import (
    CurrentKeywords,
    CurrentQuestion,
    DephasingKeywords,
    DephasingQuestion,
    DisorderKeywords,
    DisorderQuestion,
    ThermoelectricKeywords,
    ThermoelectricQuestion,
)
from dnawire.api.scan_options import ScanKeywords, ScanOptions
from dnawire.api.screening import Screening
from dnawire.api.selection import ScreenKeywords, Selection
from dnawire.api.series_options import SeriesKeywords, SeriesOptions
from dnawire.api.tables import html_lines
from dnawire.api.uncertainty_question import UncertaintyKeywords, UncertaintyQuestion
from dnawire.api.wanted import (
    DuplexesLike,
    DuplexLike,
    Wanted,
    as_sequence,
    junctions_or_wanted,
    sequence_list,
    wanted_alone,
)
from dnawire.errors import UsageError
from dnawire.inference import compute_shard, load_predictor
from dnawire.junction import Alphabet, Contact, Duplex, Junction
from dnawire.predictors import Conditions
from dnawire.scalars import checked_text
from dnawire.workers import completed

if TYPE_CHECKING:
    from dnawire.api.dephasing import DephasingScan
    from dnawire.api.design import Design
    from dnawire.api.disorder import DisorderEnsemble
    from dnawire.api.ensemble_result import Ensemble
    from dnawire.api.evaluation import Evaluation
    from dnawire.api.fit_result import Fit
    from dnawire.api.geometries import GeometriesLike
    from dnawire.api.iv import IVCurves
    from dnawire.api.scan import Scan
    from dnawire.api.scans import Scans
    from dnawire.api.series import Series
    from dnawire.api.thermoelectric import ThermoelectricScan
    from dnawire.api.uncertainty import Uncertainty
    from dnawire.data import Measurements, TransportDataset
    from dnawire.predictors import Predictor

CONDITIONS = keyword_parameters(ConditionKeywords, AskedConditions)
GEOMETRY_CONDITIONS = tuple(one for one in CONDITIONS if one.name != "conductance_from_grid")
"""Models of all atoms know T at all energies."""
SCREENING = keyword_parameters(ScreenKeywords, AskedConditions, Selection)


class Model:
    """A model that is ready to predict; `dnawire.load` makes one.

    Parameters
    ----------
    predictor
        What predicts.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    @property
    def name(self) -> str:
        """Short name."""
        return self.predictor.name

    @property
    def conditions(self) -> Conditions:
        """Energies and contacts of its training, which a prediction takes if it is not told."""
        return self.predictor.conditions

    @overload
    def predict(  # type: ignore[overload-overlap]
        self, sequences: DuplexLike, **conditions: Unpack[ConditionKeywords]
    ) -> Prediction: ...

    @overload
    def predict(
        self, sequences: Iterable[DuplexLike] | Path, **conditions: Unpack[ConditionKeywords]
    ) -> Predictions: ...

    @takes(CONDITIONS)
    def predict(
        self,
        sequences: DuplexLike | Iterable[DuplexLike] | Path,
        **conditions: Unpack[ConditionKeywords],
    ) -> Prediction | Predictions:
        """Predict one junction, or many; see `dnawire.predict`."""
        asked = KeywordConditions.of(conditions)
        if isinstance(sequences, str | Duplex):
            return self._predicted([wanted_alone(sequences, self.predictor)], asked)[0]
        if isinstance(sequences, Junction):
            return self._predicted_between(asked, [sequences])[0]
        found = junctions_or_wanted(sequences, self.predictor)
        junctions = [one for one in found if isinstance(one, Junction)]
        if junctions:
            return self._predicted_between(asked, junctions)
        return self._predicted([one for one in found if isinstance(one, Wanted)], asked)

    @takes(SCREENING)
    def screen(self, **keywords: Unpack[ScreenKeywords]) -> Screening:
        """Rank many sequences by one quantity; see `dnawire.screen`."""
        given: dict[str, Any] = dict(keywords)
        sequences, executor = given.pop("sequences", None), given.pop("executor", None)
        listed = None
        if isinstance(sequences, str | Path):
            given["sequences"] = Path(sequences)
        elif sequences is not None:
            listed = [duplex_of(one, self.conditions.alphabet) for one in sequence_list(sequences)]
        names = [one.name for one in fields(Selection) if one.name in given]
        selection = Selection(**{name: given.pop(name) for name in names})
        candidates = selection.candidates(self.conditions.alphabet, listed)
        asked = KeywordConditions.of(given)  # type: ignore[arg-type]
        screening = Screening.prepared(selection, candidates, self.predictor, asked)
        if executor is None:
            return screening.completed()
        plan = screening.plan("", None, with_scores=False)
        for _, shard in completed(executor, partial(compute_shard, plan), range(plan.count)):
            screening.take(shard)
        return screening

    @takes(keyword_parameters(CurrentKeywords, CurrentQuestion))
    def iv(self, sequences: DuplexesLike, **keywords: Unpack[CurrentKeywords]) -> IVCurves:
        """Compute currents and dI/dV at a bias; see `dnawire.iv`."""
        from dnawire.api.iv import iv

        return iv(sequences, self, **keywords)

    @takes(keyword_parameters(ThermoelectricKeywords, ThermoelectricQuestion))
    def thermoelectric(
        self, sequences: DuplexesLike, **keywords: Unpack[ThermoelectricKeywords]
    ) -> ThermoelectricScan:
        """Compute conductance, Seebeck coefficient and heat; see `dnawire.thermoelectric`."""
        from dnawire.api.thermoelectric import thermoelectric

        return thermoelectric(sequences, self, **keywords)

    @takes(keyword_parameters(DephasingKeywords, DephasingQuestion))
    def dephasing(
        self, sequences: DuplexesLike, **keywords: Unpack[DephasingKeywords]
    ) -> DephasingScan:
        """Compute conductance with probes that break the phase; see `dnawire.dephasing`."""
        from dnawire.api.dephasing import dephasing

        return dephasing(sequences, self, **keywords)

    @takes(keyword_parameters(DisorderKeywords, DisorderQuestion))
    def disorder(
        self, sequences: DuplexesLike, **keywords: Unpack[DisorderKeywords]
    ) -> DisorderEnsemble:
        """Draw static disorder, for the distribution of the conductance; see `dnawire.disorder`."""
        from dnawire.api.disorder import disorder

        return disorder(sequences, self, **keywords)

    @takes(keyword_parameters(UncertaintyKeywords, UncertaintyQuestion))
    def uncertainty(
        self, sequences: DuplexesLike, **keywords: Unpack[UncertaintyKeywords]
    ) -> Uncertainty:
        """Tell the sources of uncertainty of a conductance apart; see `dnawire.uncertainty`."""
        from dnawire.api.uncertainty import uncertainty

        return uncertainty(sequences, self, **keywords)

    @takes(keyword_parameters(SeriesKeywords, AskedConditions, SeriesOptions))
    def series(
        self,
        pattern: Iterable[Duplex | str] | Path | str,
        **keywords: Unpack[SeriesKeywords],
    ) -> Series:
        """Compute conductance against length, and its decay; see `dnawire.series`."""
        from dnawire.api.analyses import series

        return series(pattern, self, **keywords)

    @overload
    def scan(  # type: ignore[overload-overlap]
        self, sequences: Duplex | str, **keywords: Unpack[ScanKeywords]
    ) -> Scan: ...

    @overload
    def scan(
        self, sequences: Iterable[Duplex | str] | Path, **keywords: Unpack[ScanKeywords]
    ) -> Scans: ...

    @takes(keyword_parameters(ScanKeywords, AskedConditions, ScanOptions))
    def scan(
        self,
        sequences: Duplex | str | Iterable[Duplex | str] | Path,
        **keywords: Unpack[ScanKeywords],
    ) -> Scan | Scans:
        """Compute the effect of every single change of sequences; see `dnawire.scan`."""
        from dnawire.api.analyses import scan

        return scan(sequences, self, **keywords)

    @takes(GEOMETRY_CONDITIONS)
    def ensemble(
        self,
        duplex: GeometriesLike,
        *,
        frames: int | str | None = None,
        seed: int | None = None,
        scf_steps: int = 1,
        check: int = 0,
        trajectory: Path | str | None = None,
        **conditions: Unpack[ConditionKeywords],
    ) -> Ensemble:
        """Predict the conductance of many geometries of a duplex; see `dnawire.ensemble`."""
        from dnawire.api.ensemble import ensemble

        return ensemble(
            duplex,
            self,
            frames=frames,
            seed=seed,
            scf_steps=scf_steps,
            check=check,
            trajectory=trajectory,
            **conditions,
        )

    @takes(keyword_parameters(DesignKeywords, AskedConditions, DesignQuestion))
    def design(self, **keywords: Unpack[DesignKeywords]) -> Design:
        """Find sequences with a wanted conductance, T(E) or contrast; see `dnawire.design`."""
        from dnawire.api.design import design

        return design(self, **keywords)

    @takes(keyword_parameters(FitKeywords, FitQuestion))
    def fit(self, table: Measurements | Path | str, **keywords: Unpack[FitKeywords]) -> Fit:
        """Fit Fermi energy, couplings and dephasing to measured conductances; see `dnawire.fit`."""
        from dnawire.api.fit import fit

        return fit(table, self, **keywords)

    @takes(())
    def evaluate(
        self, records: TransportDataset | Path | str, *, splits: Path | str | None = None
    ) -> Evaluation:
        """Score it on records; see `dnawire.evaluate`."""
        from dnawire.api.analyses import evaluate

        return evaluate(self, records, splits=splits)

    def hamiltonian(self, duplex: Duplex | str) -> NDArray[np.float64]:
        """Hamiltonian of a duplex in eV, (N, N), in the order of its ``sites``.

        Raises
        ------
        UsageError
            If the model knows none.
        """
        return self.predictor.hamiltonian(wanted_alone(duplex, self.predictor).duplex)

    def _predicted(self, found: Sequence[Wanted], asked: KeywordConditions) -> Predictions:
        """Predict between the contacts that are asked for."""
        contacts = asked.contacts(self.predictor)
        return predictions_of(asked.setup(self.predictor, contacts), contacts, found)

    def _predicted_between(
        self, asked: KeywordConditions, junctions: Sequence[Junction]
    ) -> Predictions:
        """Predict junctions, which have contacts of their own."""
        asked.check_without_contacts()
        setup = asked.setup(self.predictor, None)
        return predictions_between(setup, junctions)

    @property
    def _lines(self) -> list[str]:
        contacts = self.conditions.contacts
        return Setup(self.predictor, AskedConditions(), contacts, None).lines

    def __repr__(self) -> str:
        return "\n".join(self._lines)

    def _repr_html_(self) -> str:
        return html_lines(self._lines)


def load(model: Model | Path | str, device: str = "auto") -> Model:
    """Load what predicts.

    Parameters
    ----------
    model
        Output folder of a training run, e.g. ``outputs/hamiltonian``; ``pretrained:NAME`` for a
        model of this package; or ``exact:NAME`` for the exact spectra of a tight-binding parameter
        set, ``exact:FILE.toml`` for one of your own. `dnawire.available_models` lists those that
        need no training. A folder that holds several runs, or ``members:RUN1,RUN2,...``, is an
        ensemble: the mean of what they say, with its spread.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
        CPU, and a GPU is slow.

    Returns
    -------
    Model
        Ready to predict.

    Raises
    ------
    NotFoundError
        If there is no model of that name; tells which may be meant.
    UnusableFileError
        If it is damaged.
    UsageError
        If there is no such device.
    """
    if not isinstance(model, Model):
        if not isinstance(model, str | Path):
            raise UsageError(
                f"model = {model!r} is no model",
                "Give the folder of a run, pretrained:NAME, exact:NAME, or what dnawire.load gave.",
            )
        return Model(load_predictor(str(model), checked_text("device", device, "auto")))
    if device != "auto":
        raise UsageError(
            f"device = {device!r} has no effect on {model.name}, which is loaded already",
            "Give the device to dnawire.load.",
        )
    return model


def duplex_of(sequence: object, alphabet: Alphabet) -> Duplex:
    """Take a duplex, or read its text.

    Raises
    ------
    UsageError
        It is neither.
    """
    found = as_sequence(sequence)
    return Duplex.parse(found, alphabet) if isinstance(found, str) else found


def predicted(setup: Setup, junctions: Sequence[Junction]) -> Iterator[Prediction]:
    """Predict junctions of one setup while they are asked for."""
    size = setup.predictor.at_once
    for start in range(0, len(junctions), size):
        part = junctions[start : start + size]
        for record in setup.predictor.predict(part, setup.energies, setup.asked.eta):
            yield Prediction(record, setup)


def predictions_between(setup: Setup, junctions: Sequence[Junction]) -> Predictions:
    """Predict some junctions."""
    return Predictions(list(predicted(setup, junctions)), setup)


def named_predictions(
    setup: Setup, contacts: tuple[Contact, Contact], found: Sequence[Wanted]
) -> Iterator[Prediction]:
    """Predict some duplexes between the same contacts while they are asked for.

    Raises
    ------
    DnawireError
        If a contact does not fit one of them.
    """
    junctions = [Junction(one.duplex, *contacts) for one in found]
    for one, prediction in zip(found, predicted(setup, junctions), strict=True):
        yield Prediction(prediction.record, setup, one.name, one.pattern)


def predictions_of(
    setup: Setup, contacts: tuple[Contact, Contact], found: Sequence[Wanted]
) -> Predictions:
    """Predict some duplexes between the same contacts; see `named_predictions`."""
    return Predictions(list(named_predictions(setup, contacts, found)), setup)
