"""What is asked of a few duplexes at the Fermi energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnawire.api.conditions import AskedConditions
from dnawire.errors import UsageError

if TYPE_CHECKING:
    from dnawire.inference import Question
    from dnawire.predictors import Predictor


def question_at_fermi_energy(
    predictor: Predictor, asked: AskedConditions, quantity: str
) -> Question:
    """Return the question for one quantity at the Fermi energy.

    Raises
    ------
    UsageError
        There is no Fermi energy, or the conditions are impossible.
    """
    from dnawire.inference import Question

    if asked.fermi_energy is None:
        raise UsageError(
            "the Fermi energy is not given, at which T and conductance are compared",
            "Give it in eV with --fermi_energy.",
        )
    grid = asked.energies(predictor)
    energies = predictor.conditions.energies if grid is None else grid
    left, right = asked.contacts(predictor)
    return Question(
        left=left,
        right=right,
        energies=energies,
        window=(float(energies[0]), float(energies[-1])),
        eta=predictor.conditions.eta if asked.eta is None else asked.eta,
        fermi_energy=asked.fermi_energy,
        temperature=asked.temperature,
        rank_by=quantity,
        conductance_from_grid=asked.conductance_from_grid,
    )
