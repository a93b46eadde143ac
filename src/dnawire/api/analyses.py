"""``dnawire.series``, ``scan``, ``evaluate`` and ``compare``: questions to models in one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Unpack, overload

from dnawire.api.comparison import ModelComparison, check_number
from dnawire.api.conditions import AskedConditions, ConditionKeywords, KeywordConditions
from dnawire.api.evaluation import Evaluation
from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import CONDITIONS, Model, load
from dnawire.api.scan import Scan
from dnawire.api.scan_options import ScanKeywords, ScanOptions
from dnawire.api.scans import Scans
from dnawire.api.series import Series
from dnawire.api.series_family import series_family
from dnawire.api.series_options import SeriesKeywords, SeriesOptions, lengths_text
from dnawire.api.wanted import all_wanted, wanted_alone
from dnawire.data import TransportDataset, read_dataset
from dnawire.junction import Duplex
from dnawire.scalars import checked_path, checked_row


@takes(keyword_parameters(SeriesKeywords, AskedConditions, SeriesOptions))
def series(
    pattern: Iterable[Duplex | str] | Path | str,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[SeriesKeywords],
) -> Series:
    """Compute conductance and T(E_F) against length, and fit the law of their decay.

    Nothing is written to disk.

    Parameters
    ----------
    pattern
        The family: the unit that is repeated in parentheses, perhaps between fixed ends
        (``"(GC)n"``, ``"A(T)nG"``), or both strands, both 5' to 3' (``"(G)n/(_)n"``). Or a list of
        sequences of different lengths, or a `pathlib.Path` of a file of them.
    model
        See `dnawire.load`.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``lengths`` in base pairs, as ``"2:20"`` or as numbers; of a range those are taken that are
        whole numbers of units. ``probe_coupling``: that of a voltage probe on every base in eV. And
        the conditions of `dnawire.predict`, of which ``fermi_energy`` must be given.

    Returns
    -------
    Series
        Values by length, and beta with its error.

    Raises
    ------
    DnawireError
        The family, a length, contact, energy or keyword is impossible, or the model cannot be used.
    """
    given: Any = dict(keywords)
    options = _taken(SeriesOptions, given)
    if "lengths" in options:
        options["lengths"] = lengths_text(options["lengths"])
    predictor, asked = load(model, device).predictor, KeywordConditions.of(given)
    family = series_family(pattern, predictor)
    return Series.prepared(family, SeriesOptions(**options), predictor, asked).completed()


@overload
def scan(  # type: ignore[overload-overlap]
    sequences: Duplex | str,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[ScanKeywords],
) -> Scan: ...


@overload
def scan(
    sequences: Iterable[Duplex | str] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[ScanKeywords],
) -> Scans: ...


@takes(keyword_parameters(ScanKeywords, AskedConditions, ScanOptions))
def scan(
    sequences: Duplex | str | Iterable[Duplex | str] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[ScanKeywords],
) -> Scan | Scans:
    """Compute the effect of every single mutation, mismatch and missing base.

    Nothing is written to disk.

    Parameters
    ----------
    sequences
        The parent, or several; see `dnawire.predict`.
    model
        See `dnawire.load`.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``rank_by``: log10_transmission (at the Fermi energy) or log10_conductance. And the
        conditions of `dnawire.predict`, of which ``fermi_energy`` must be given.

    Returns
    -------
    Scan or Scans
        All changes, the largest effect first; `Scans` of a list or a file.

    Raises
    ------
    DnawireError
        The sequence, a contact, energy or keyword is impossible, or the model cannot be used.
    """
    given: Any = dict(keywords)
    options = ScanOptions(**_taken(ScanOptions, given))
    predictor, asked = load(model, device).predictor, KeywordConditions.of(given)
    if isinstance(sequences, Duplex | str):
        duplex = wanted_alone(sequences, predictor).duplex
        return Scan.prepared(duplex, options, predictor, asked).completed()
    found = all_wanted(sequences, predictor)
    return Scans.prepared(found, options, predictor, asked).completed()


@takes(())
def evaluate(
    model: Model | Path | str,
    records: TransportDataset | Path | str,
    *,
    splits: Path | str | None = None,
    device: str = "auto",
) -> Evaluation:
    """Score a model on records, by the definition of the training. Nothing is written to disk.

    Parameters
    ----------
    model
        See `dnawire.load`.
    records
        Records, or the path of their file.
    splits
        Score the test part of this file alone, e.g. ``splits.json`` of a run on the same records;
        baselines then learn from its training part.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.

    Returns
    -------
    Evaluation
        Errors of all records, by energy, by length, and of each record.

    Raises
    ------
    DnawireError
        The records cannot be used, or the model cannot answer for their energies or their eta.
    """
    predictor = load(model, device).predictor
    if isinstance(records, TransportDataset):
        dataset, origin = records, "given records"
    else:
        dataset, origin = read_dataset(records), str(records)
    path = None if splits is None else checked_path("splits", splits)
    return Evaluation.prepared(predictor, dataset, origin, path).completed()


@takes(CONDITIONS)
def compare(
    sequences: Duplex | str | Iterable[Duplex | str] | Path,
    models: Iterable[Model | Path | str],
    *,
    zeros: Iterable[float] = (),
    device: str = "auto",
    **conditions: Unpack[ConditionKeywords],
) -> ModelComparison:
    """Compare the spectra of several models on the same sequences. Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    models
        Two or more; differences are from the first. See `dnawire.load`.
    zeros
        Energy of each model in eV that counts as zero, where their own zeros differ; energies and
        Fermi energy are counted from it.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **conditions
        Those of `dnawire.predict`; what is not given is taken from the training of the models,
        where they agree.

    Returns
    -------
    ModelComparison
        Predictions of all models, and their differences.

    Raises
    ------
    DnawireError
        A sequence, contact, energy or keyword is impossible, a model cannot be used, or the models
        cannot be compared.
    """
    predictors = [load(one, device).predictor for one in checked_row("models", models)]
    check_number(predictors)
    found = all_wanted(sequences, *predictors)
    asked, counted = KeywordConditions.of(conditions), checked_row("zeros", zeros)
    return ModelComparison.prepared(predictors, found, asked, counted).completed()


def _taken(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """Take the fields of a class out of some keywords."""
    return {one.name: given.pop(one.name) for one in fields(kind) if one.name in given}
