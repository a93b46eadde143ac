"""What a series goes over: a family, or sequences of different lengths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dnawire.api.series_options import SeriesOptions
from dnawire.api.wanted import all_wanted
from dnawire.errors import UsageError
from dnawire.inference import Family, GivenFamily, family_lengths

if TYPE_CHECKING:
    from dnawire.predictors import Predictor


def series_family(given: object, predictor: Predictor) -> Family | GivenFamily:
    """Read a family from its pattern, or sequences of different lengths from a list or a file.

    Raises
    ------
    DnawireError
        It is neither, a sequence is none that the predictor knows, or two have one length.
    """
    if isinstance(given, str):
        return Family(given)
    words = f"sequences of {given}" if isinstance(given, Path) else "given sequences"
    found = all_wanted(given, predictor)
    names = {one.duplex.length: one.name for one in found if one.name}
    return GivenFamily([one.duplex for one in found], words, names)


def lengths_of(family: Family | GivenFamily, options: SeriesOptions) -> list[int]:
    """Lengths that are asked for: of given sequences all.

    Raises
    ------
    UsageError
        If the family has none of them, or given sequences are asked for some.
    """
    if isinstance(family, Family):
        return family_lengths(family, options.lengths_of_family)
    if options.lengths is not None:
        raise UsageError(
            f"lengths = {options.lengths} has no effect on given sequences, which have their own",
            "Drop --lengths, or give a family, e.g. (GC)n.",
        )
    return family.lengths
