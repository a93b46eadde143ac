"""``dnawire.predict`` and ``dnawire.screen``: a model and what it is asked, in one call."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Unpack, overload

from dnawire.api.conditions import ConditionKeywords
from dnawire.api.keywords import takes
from dnawire.api.model import CONDITIONS, SCREENING, Model, load
from dnawire.api.prediction import Prediction
from dnawire.api.predictions import Predictions
from dnawire.api.screening import Screening
from dnawire.api.selection import ScreenKeywords
from dnawire.api.wanted import DuplexLike


@overload
def predict(  # type: ignore[overload-overlap]
    sequences: DuplexLike,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **conditions: Unpack[ConditionKeywords],
) -> Prediction: ...


@overload
def predict(
    sequences: Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **conditions: Unpack[ConditionKeywords],
) -> Predictions: ...


@takes(CONDITIONS)
def predict(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **conditions: Unpack[ConditionKeywords],
) -> Prediction | Predictions:
    """Predict T(E), DOS(E), LDOS and the conductance, by a trained model or exactly.

    What is not given is taken from the training of the model. Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many: the upper strand, 5' to 3', with its Watson-Crick partner (``"ACGT"``); both
        strands, both 5' to 3', with _ for a missing base (``"ACGT/AC_T"``); a `Duplex`; or a
        `Junction`, which has its own contacts. In a list a text with IUPAC letters (``"ACGN"``)
        stands for all its sequences. A `pathlib.Path` is a file of sequences: FASTA, a table or a
        list.
    model
        See `dnawire.load`, which saves the time of loading where a model is asked often.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **conditions
        ``left``, ``right``: contacts as STRAND:POSITION, e.g. ``"upper:0"``, several separated by
        commas, each perhaps with its coupling in eV (``"upper:0=0.1"``), or `Contact` objects;
        ``left_contact`` and ``right_contact``, the names of the flags, are the same.
        ``gamma_left``, ``gamma_right``: couplings in eV. ``energies``: increasing, in eV; or
        ``energy_min``, ``energy_max`` and ``num_energy_points``. ``eta``: imaginary part of the
        energy in eV. ``fermi_energy`` (eV) and ``temperature`` (K) of the contacts, for the
        conductance. ``conductance_from_grid``: give one also by a model that knows T at the
        energies of its grid only.

    Returns
    -------
    Prediction or Predictions
        `Prediction` of one sequence, `Predictions` of a list.

    Raises
    ------
    DnawireError
        A sequence, contact, energy or keyword is impossible, or the model cannot be used.
    """
    return load(model, device).predict(sequences, **conditions)


@takes(SCREENING)
def screen(
    model: Model | Path | str, *, device: str = "auto", **keywords: Unpack[ScreenKeywords]
) -> Screening:
    """Compute one quantity of many sequences, and rank them by it. Nothing is written to disk.

    Parameters
    ----------
    model
        See `dnawire.load`.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        One of ``length`` (all sequences of so many base pairs), ``pattern`` (all of a pattern of
        IUPAC letters, e.g. ``"ACGTNNNN"``) and ``sequences`` (a list, or the path of a file).
        ``letters``: bases that ``length`` and N of a pattern go over, e.g. ``"ACGTF"``.
        ``rank_by``: log10_transmission (at the Fermi energy), mean_log10_transmission,
        mean_log10_dos (over the window) or log10_conductance. ``lowest``: rank the lowest value
        first. ``top``: length of the ranking. ``window_min``, ``window_max``: ends of the window
        in eV. ``unique``: count a sequence and its other strand once, where the contacts make them
        one junction. ``executor``: any executor of `concurrent.futures`, of this machine or of
        others, which computes parts; the result does not depend on it. And the conditions of
        `dnawire.predict`.

    Returns
    -------
    Screening
        The ranking.

    Raises
    ------
    DnawireError
        A sequence, contact, energy or keyword is impossible, or the model cannot be used.
    """
    return load(model, device).screen(**keywords)
