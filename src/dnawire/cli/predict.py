"""``dnawire predict``: spectra, conductance and Hamiltonian of sequences."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._flags import Messages, is_file, parse
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED, UsageError

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction
    from dnawire.junction import Junction

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
    parameter set, with the contacts that `dnawire generate` takes."""

    sequences: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)


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
    if not flags.sequences:
        raise UsageError("there is no sequence to predict", "Give at least one, e.g. GATTACA.")
    from dnawire.api.prediction import Predictions
    from dnawire.api.prediction_files import MEMBERS, write_predictions
    from dnawire.api.tables import aligned
    from dnawire.inference import load_predictor
    from dnawire.junction import Duplex, Junction

    for word in flags.sequences:
        if is_file(word):
            raise UsageError(
                f"'{word}' is a file, and no sequence",
                "Give its atoms to dnawire ensemble, or its sequences to dnawire screen.",
            )
    duplexes = [Duplex.parse(text) for text in flags.sequences]
    predictor = load_predictor(flags.model, flags.device)
    contacts = flags.conditions.contacts(predictor)
    junctions = [Junction(duplex, *contacts) for duplex in duplexes]
    setup = flags.conditions.setup(predictor, contacts)
    with result_folder(flags.results, "predictions", predictor.name, MEMBERS) as folder:
        _announce_long(junctions)
        predictions = Predictions(_summarized(setup, junctions), setup)
        # Results first: who reads only the head of the table ends the process.
        write_predictions(folder.path, predictions)
        published = folder.publish()
    print("\n".join([*predictions.heading, "", *aligned(predictions.rows)]))
    for warning in predictions.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _summarized(setup: Setup, junctions: Sequence[Junction]) -> list[Prediction]:
    """Predict, and resolve the resonances of each at once, while its levels are at hand."""
    from dnawire.api.model import predicted

    found = []
    for one in reported(predicted(setup, junctions), len(junctions), "junctions"):
        _ = one.summary
        found.append(one)
    return found


def _announce_long(junctions: Sequence[Junction]) -> None:
    longest = max(junction.length for junction in junctions)
    if longest >= _LONG:
        _logger.info(
            "every resonance is resolved: for %d base pairs that takes from seconds (1,000) to "
            "minutes (5,000)",
            longest,
        )
