"""Names of all files that each command can write into its folder of results."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from dnawire.errors import NotWritableError

_FIGURE: Final = r"\.(png|svg|csv)"


def _observed(command: str) -> str:
    """Those of an observable, whose figures begin with the name of its command."""
    return rf"(summary|samples)\.csv|{command}(_\d+[A-Z_-]*)?{_FIGURE}"


RESULT_NAMES: Final[dict[str, re.Pattern[str]]] = {
    command: re.compile(names)
    for command, names in {
        "predict": r"(summary|averages)\.csv"
        rf"|(average(_\d+)?|spectra(_\d+)?|(hamiltonian|ldos)_\d+_[A-Z_-]+){_FIGURE}",
        "compare": rf"comparison\.csv|spectra(_\d+)?{_FIGURE}",
        "screen": r"(ranking|scores|distribution)\.csv|distribution\.(png|svg)|scores\.parquet",
        "design": rf"(ranking|progress|settings|wanted)\.csv|design{_FIGURE}",
        "scan": rf"scan(_\d+_[A-Z_-]+)?{_FIGURE}",
        "series": rf"series{_FIGURE}|decay\.csv",
        "evaluate": rf"(scores|records)\.csv|(parity|errors){_FIGURE}",
        "fit": r"(parameters|correlation|starts|settings)\.csv" rf"|(residuals|profiles){_FIGURE}",
        "ensemble": rf"(summary|statistics|checks)\.csv|ensemble{_FIGURE}",
        "runs": rf"runs\.csv|curves{_FIGURE}",
        "export": r"README\.md|SHA256SUMS|config\.json|model\.safetensors",
        "train": r"run\.json|config\.yaml|environment\.json|starts\.jsonl|splits\.json|metrics\.csv"
        r"|scores\.csv|test_(reference|predicted)\.h5|model|figures|tensorboard",
        **{
            command: _observed(command)
            for command in ("iv", "thermoelectric", "dephasing", "disorder", "uncertainty")
        },
    }.items()
}
"""By command; a name that two commands have tells nothing of either."""

_COMMON: Final = frozenset({"README.md", "config.json", "config.yaml", "figures", "model"})
"""Names that other programs and people give as well."""


def check_maker(folder: Path, members: re.Pattern[str]) -> None:
    """Refuse a folder that another command has made, whether its files may be replaced or not.

    Parameters
    ----------
    folder
        Where results are to go; it need not exist.
    members
        Names of the files of these results.

    Raises
    ------
    NotWritableError
        It holds files that only another command writes; names it.
    """
    if not folder.is_dir():
        return
    telling: dict[str, list[str]] = {}
    for name in sorted(os.listdir(folder)):
        makers = [one for one, names in RESULT_NAMES.items() if names.fullmatch(name)]
        if len(makers) == 1 and name not in _COMMON and not members.fullmatch(name):
            telling.setdefault(makers[0], []).append(name)
    for maker, names in telling.items():
        raise NotWritableError(
            f"{folder} holds results of dnawire {maker}: {', '.join(names[:3])}",
            "Choose another folder with --output, or remove that one: results of two commands do "
            "not stand in one folder, also with --overwrite.",
        )
