"""``dnawire predict``: spectra, conductance and Hamiltonian of sequences."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.files.paths import is_file

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction
    from dnawire.api.wanted import Wanted
    from dnawire.junction import Contact
    from dnawire.predictors import Predictor

_logger = logging.getLogger(__name__)

_LONG: Final = 1000


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class PredictFlags:
    """Predict T(E), DOS(E) and the conductance of sequences, by a trained model or exactly.

    What is not given is taken from the training of the model.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package, e.g. pretrained:xtb; or exact:NAME for the exact spectra of a tight-binding
    parameter set, exact:FILE.toml for one of your own, with the contacts that `dnawire generate`
    takes. A folder that holds several runs, or members:RUN1,RUN2, is their mean with its spread."""

    duplexes: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base. A letter that stands for several bases (N, R, Y, ...) asks for all
    of them."""

    sequences: Path | None = None
    """File of more of them, with their names: FASTA, a table with a column sequence, or a list."""

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
    _check_words(flags)
    from dnawire.api.prediction_files import write_averages
    from dnawire.api.prediction_tables import average_rows, average_table
    from dnawire.api.predictions import Predictions
    from dnawire.api.tables import aligned
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    found = _wanted(flags, predictor)
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


def _check_words(flags: PredictFlags) -> None:
    if not flags.duplexes and flags.sequences is None:
        raise UsageError(
            "there is no sequence to predict",
            "Give at least one, e.g. GATTACA, or a file of them with --sequences.",
        )
    for word in flags.duplexes:
        if is_file(word):
            raise UsageError(
                f"'{word}' is a file, and no sequence",
                f"Give its sequences with --sequences {word}, or its atoms to dnawire ensemble.",
            )


def _wanted(flags: PredictFlags, predictor: Predictor) -> list[Wanted]:
    from dnawire.api.wanted import wanted, wanted_of_file

    found = [one for text in flags.duplexes for one in wanted(text, predictor)]
    return found + (wanted_of_file(flags.sequences, predictor) if flags.sequences else [])


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
    """Say how many sequences a text stands for, and that long ones take long."""
    for pattern, number in Counter(one.pattern for one in found if one.pattern).items():
        _logger.info("%s stands for %d sequences", pattern, number)
    longest = max(one.duplex.length for one in found)
    if longest >= _LONG:
        _logger.info(
            "every resonance is resolved: for %d base pairs that takes from seconds (1,000) to "
            "minutes (5,000)",
            longest,
        )
