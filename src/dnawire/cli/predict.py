"""``dnawire predict``: spectra, conductance and Hamiltonian of sequences."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._progress import reported
from dnawire.cli._sequences import SequenceFlags
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction
    from dnawire.api.wanted import Wanted
    from dnawire.junction import Contact

_logger = logging.getLogger(__name__)

_LONG: Final = 1000


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class PredictFlags(SequenceFlags):
    """Predict T(E), DOS(E) and the conductance of sequences, by a trained model or exactly.

    What is not given is taken from the training of the model.
    """

    average: bool = False
    """Print the mean and the geometric mean of the conductance over the sequences that each text
    with letters like N stands for, and draw their mean spectra, not all of these."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Predict, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(PredictFlags, arguments, "predict")
    flags.messages.configure()
    flags.check()
    from dnawire.api.prediction_files import write_averages
    from dnawire.api.prediction_tables import average_rows, average_table
    from dnawire.api.predictions import Predictions
    from dnawire.api.tables import aligned
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    found = flags.wanted(predictor)
    contacts = flags.conditions.contacts(predictor)
    setup = flags.conditions.setup(predictor, contacts)
    below, members = Predictions.below, Predictions.members
    with result_folder(flags.results, below, predictor.name, members) as folder:
        _announce(found)
        predictions = Predictions(_summarized(setup, contacts, found), setup)
        rows = average_rows(predictions.averages) if flags.average else predictions.rows
        # Results first: who reads only the head of the table ends the process.
        if flags.average:
            write_averages(folder.path, predictions)
        else:
            predictions.write(folder.path)
        published = folder.publish()
    table = average_table(predictions.averages) if flags.average else predictions.table()
    lines = [*predictions.heading, "", *aligned(rows)]
    flags.messages.show_result(lines, predictions.heading, table, predictions.warnings)
    for warning in predictions.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _summarized(
    setup: Setup, contacts: tuple[Contact, Contact], wanted: Sequence[Wanted]
) -> list[Prediction]:
    """Predict, and resolve the resonances of each at once, while its levels are at hand."""
    from dnawire.api.model import named_predictions

    found = []
    predictions = named_predictions(setup, contacts, wanted)
    for one in reported(predictions, len(wanted), "junctions"):
        _ = one.summary
        found.append(one)
    return found


def _announce(found: Sequence[Wanted]) -> None:
    """Say that long sequences take long."""
    longest = max(one.duplex.length for one in found)
    if longest >= _LONG:
        _logger.info(
            "every resonance is resolved: for %d base pairs that takes from seconds (1,000) to "
            "minutes (5,000)",
            longest,
        )
