"""From settings to what is generated."""

from __future__ import annotations

import numpy as np

from dnawire.config import GenerationConfig
from dnawire.data.generate import GenerationSpec
from dnawire.junction import Contact
from dnawire.tightbinding import load_parameters


def generation_spec(settings: GenerationConfig, seed: int) -> GenerationSpec:
    """Resolve settings; energies that are not given span the window of the parameter set.

    Parameters
    ----------
    settings
        Settings of generated records.
    seed
        Seed of all draws.

    Returns
    -------
    GenerationSpec
        Ready for `generate_dataset`.

    Raises
    ------
    UsageError
        If a setting is impossible, or the parameter set or a contact does not exist.
    """
    low, high = load_parameters(settings.parameters).energy_window
    if settings.energy_min is not None and settings.energy_max is not None:
        low, high = settings.energy_min, settings.energy_max
    return GenerationSpec(
        num_samples=settings.num_samples,
        min_length=settings.shortest,
        max_length=settings.seq_length,
        parameters=settings.parameters,
        energies=np.linspace(low, high, settings.num_energy_points),
        left=Contact.parse(settings.left_contact, settings.gamma_left),
        right=Contact.parse(settings.right_contact, settings.gamma_right),
        eta=settings.eta,
        missing_fraction=settings.missing_fraction,
        seed=seed,
    )
