"""What predicts: a trained model, one of this package, or a parameter set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import AskedConditions, ConditionKeywords, KeywordConditions, Setup
from dnawire.api.keywords import parameters_of, takes
from dnawire.api.prediction import Prediction, Predictions
from dnawire.api.screening import Screening
from dnawire.api.selection import ScreenKeywords, Selection
from dnawire.api.tables import html_lines
from dnawire.errors import UsageError
from dnawire.inference import load_predictor
from dnawire.junction import Duplex, Junction
from dnawire.predictors import Conditions

if TYPE_CHECKING:
    from dnawire.predictors import Predictor

DuplexLike: TypeAlias = Duplex | Junction | str

_DEFAULTS = {one.name: one.default for one in (*fields(AskedConditions), *fields(Selection))}
CONDITIONS = tuple(parameters_of(ConditionKeywords.__annotations__, _DEFAULTS))
SCREENING = tuple(parameters_of(ScreenKeywords.__annotations__, _DEFAULTS))


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
        self, sequences: Iterable[DuplexLike], **conditions: Unpack[ConditionKeywords]
    ) -> Predictions: ...

    @takes(CONDITIONS)
    def predict(
        self,
        sequences: DuplexLike | Iterable[DuplexLike],
        **conditions: Unpack[ConditionKeywords],
    ) -> Prediction | Predictions:
        """Predict one junction, or many; see `dnawire.predict`."""
        asked = KeywordConditions.of(conditions)
        if isinstance(sequences, str | Duplex | Junction):
            return self._predicted([sequences], asked)[0]
        return self._predicted(list(sequences), asked)

    @takes(SCREENING)
    def screen(self, **keywords: Unpack[ScreenKeywords]) -> Screening:
        """Rank many sequences by one quantity; see `dnawire.screen`."""
        given: dict[str, Any] = dict(keywords)
        sequences = given.pop("sequences", None)
        listed = None
        if isinstance(sequences, str | Path):
            given["sequences"] = Path(sequences)
        elif sequences is not None:
            listed = [_duplex(one) for one in _some(sequences)]
        names = [one.name for one in fields(Selection) if one.name in given]
        selection = Selection(**{name: given.pop(name) for name in names})
        candidates = selection.candidates(listed)
        asked = KeywordConditions.of(given)  # type: ignore[arg-type]
        screening = Screening.prepared(selection, candidates, self.predictor, asked)
        for _ in screening.pieces():
            pass
        return screening

    def hamiltonian(self, duplex: Duplex | str) -> NDArray[np.float64]:
        """Hamiltonian of a duplex in eV, (N, N), in the order of its ``sites``.

        Raises
        ------
        UsageError
            If the model knows none.
        """
        return self.predictor.hamiltonian(_duplex(duplex))

    def _predicted(self, sequences: Sequence[DuplexLike], asked: KeywordConditions) -> Predictions:
        """Predict between the contacts that are asked for, or those of the junctions."""
        if all(isinstance(one, Junction) for one in _some(sequences)):
            asked.check_without_contacts()
            setup = asked.setup(self.predictor, None)
            return predictions_of(setup, [one for one in sequences if isinstance(one, Junction)])
        duplexes = [_duplex(one) for one in sequences]
        left, right = asked.contacts(self.predictor)
        setup = asked.setup(self.predictor, (left, right))
        return predictions_of(setup, [Junction(one, left, right) for one in duplexes])

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
        set. `dnawire.available_models` lists those that need no training.
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
        return Model(load_predictor(str(model), device))
    if device != "auto":
        raise UsageError(
            f"device = {device!r} has no effect on {model.name}, which is loaded already",
            "Give the device to dnawire.load.",
        )
    return model


def _some(sequences: Iterable[DuplexLike]) -> list[DuplexLike]:
    found = list(sequences)
    if not found:
        raise UsageError("there is no sequence to predict", "Give at least one, e.g. GATTACA.")
    return found


def _duplex(sequence: object) -> Duplex:
    if isinstance(sequence, Duplex):
        return sequence
    if isinstance(sequence, str):
        return Duplex.parse(sequence)
    raise UsageError(
        f"{sequence!r} is no sequence beside others",
        "Give texts like 'ACGT', Duplex objects, or Junction objects alone.",
    )


def predicted(setup: Setup, junctions: Sequence[Junction]) -> Iterator[Prediction]:
    """Predict junctions of one setup while they are asked for."""
    size = setup.predictor.at_once
    for start in range(0, len(junctions), size):
        part = junctions[start : start + size]
        for record in setup.predictor.predict(part, setup.energies, setup.asked.eta):
            yield Prediction(record, setup)


def predictions_of(setup: Setup, junctions: Sequence[Junction]) -> Predictions:
    """Predict junctions of one setup."""
    return Predictions(list(predicted(setup, junctions)), setup)
