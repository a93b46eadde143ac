"""``dnawire fit``: what measured conductances tell of Fermi energy, contacts and dephasing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.fit_question import FitQuestion
from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class FitFlags(FitQuestion):
    """Fit Fermi energy, couplings, dephasing and hoppings to a table of measured conductances.

    Least squares in log10 G from several starts. Intervals are those of the profiles of chi^2; what
    the data do not determine is said by name. The model must know a Hamiltonian of one orbital per
    base. Contacts that are not given are those of the training of the model. A stopped command goes
    on when it is given again: what is computed stays in a folder beside the results until they are
    written.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for a tight-binding parameter set."""

    table: tyro.conf.Positional[str]
    """Table with columns sequence, conductance_nS (or another unit) and perhaps error_decades,
    temperature_K and name; or published:NAME for one of this package."""

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Fit, print tables, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The table or a value is impossible, the model cannot be used, or the results cannot be
        written.
    """
    flags = parse(FitFlags, arguments, "fit")
    flags.messages.configure()
    from dnawire.api.fit_preparation import FitPreparation
    from dnawire.api.fit_result import Fit
    from dnawire.inference import FitSteps, digest_of_model

    prepared = FitPreparation.of(flags.table, flags.model, flags.device, flags)
    digest = prepared.digest(f"{digest_of_model(flags.model)} {flags.device}")
    # What is computed lies there until the results are written.
    folder = flags.results.beside(Fit.below, prepared.predictor.name, ".steps")
    steps = FitSteps(folder, digest)
    with steps.alone():
        found = Fit(prepared, steps)
        exit_code = finish(found, flags.results, flags.messages)
        if found.is_complete:
            steps.remove()
    return exit_code
