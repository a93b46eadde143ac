"""Results of several seeds as tables: Markdown for the documentation, CSV for everybody."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from .experiments import ABLATIONS, XTB, Result
from .measures import ELEMENTS

MEASURES: Final = {
    "transmission": "log10 T",
    "dos": "log10 DOS",
    "large_transmission": "log10 T where T > 1e-3",
}
AGREEMENT: Final = 0.2
"""Largest deviation of a seed from the mean of all that counts as agreement."""

Rows = Sequence[Result]


def grouped(rows: Rows, *names: str) -> dict[tuple[Any, ...], list[Result]]:
    """Rows with equal values of some columns, in order of first occurrence."""
    groups: dict[tuple[Any, ...], list[Result]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[name]) for name in names), []).append(row)
    return groups


def spread(values: Iterable[float]) -> tuple[float, float]:
    """Mean and sample standard deviation."""
    found = np.array(list(values), dtype=np.float64)
    return float(found.mean()), float(found.std(ddof=1)) if len(found) > 1 else 0.0


def disagreement(values: Iterable[float]) -> float:
    """Largest deviation of one value from the mean, as a fraction of the mean."""
    found = np.array(list(values), dtype=np.float64)
    return float(np.abs(found / found.mean() - 1.0).max())


def reference_table(rows: Rows, data: str) -> str:
    """Errors of every predictor on one kind of data."""
    body = [
        [predictor, *(_of_seeds(row["scores"][name] for row in group) for name in MEASURES)]
        for (found, predictor), group in grouped(rows, "data", "predictor").items()
        if found == data
    ]
    return markdown(["predictor", *MEASURES.values()], body)


def agreement_table(rows: Rows) -> str:
    """How far the seeds of each model are apart."""
    body = []
    for (data, predictor), group in grouped(rows, "data", "predictor").items():
        if not predictor.startswith("`"):
            continue
        values = [[row["scores"][name] for row in group] for name in ("transmission", "dos")]
        apart = [disagreement(one) for one in values]
        verdict = "yes" if max(apart) <= AGREEMENT else "no"
        body.append([data, predictor, *(f"{100 * one:.0f} %" for one in apart), verdict])
    return markdown(["data", "model", "log10 T", "log10 DOS", "within 20 %"], body)


def element_table(rows: Rows) -> str:
    """Errors of the elements of H, over all held-out duplexes and seeds."""
    body = []
    with_truth = [row for row in rows if "elements" in row]
    for (data, predictor), group in grouped(with_truth, "data", "predictor").items():
        for kind in ELEMENTS:
            mean, _ = spread(row["elements"][kind]["mean"] for row in group)
            largest = [row["elements"][kind]["max"] for row in group]
            by_seed = ", ".join(f"{one:.2f}" for one in largest)
            body.append([data, predictor, kind, f"{mean:.2f}", by_seed])
    head = ["data", "model", "element", "mean (meV)", "largest of each seed (meV)"]
    return markdown(head, body)


def extrapolation_table(rows: Rows, measure: str) -> str:
    """Errors by length."""
    lengths = list(rows[0]["lengths"])
    body = [
        [predictor, *(_of_seeds(row["lengths"][n][measure] for row in group) for n in lengths)]
        for (predictor,), group in grouped(rows, "predictor").items()
    ]
    return markdown([MEASURES[measure], *(f"{n} bp" for n in lengths)], body)


def beta_table(rows: Rows) -> str:
    """Decay constants, and how far they are off."""
    body = []
    for (predictor,), group in grouped(rows, "predictor").items():
        cells = [predictor]
        for name in ("gap_beta", "mean_beta"):
            off = [row[name] / row[f"exact_{name}"] - 1.0 for row in group]
            worst = max(off, key=abs)
            cells += [_of_seeds(row[name] for row in group), f"{100 * worst:+.2g} %"]
        body.append(cells)
    first = grouped(rows, "seed").values()
    exact = ["exact"]
    for name in ("exact_gap_beta", "exact_mean_beta"):
        exact += [_of_seeds(one[0][name] for one in first), ""]
    head = ["predictor", "in the gap (1/Å)", "off by", "mean of all energies (1/Å)", "off by"]
    return markdown(head, [exact, *body])


def ablation_table(rows: Rows, model: str) -> str:
    """Errors with one setting changed."""
    head = ["change", *list(MEASURES.values())[:2]]
    if model == "hamiltonian":
        head += ["largest error of H (meV), by seed"]
    body = []
    for change in ABLATIONS[model]:
        group = [row for row in rows if row["model"] == model and row["change"] == dict(change)]
        if not group:
            continue
        label = ", ".join(f"`--{name} {value}`" for name, value in change.items())
        cells = [label or "none"]
        cells += [_of_seeds(row["scores"][name] for row in group) for name in list(MEASURES)[:2]]
        if model == "hamiltonian":
            largest = [max(one["max"] for one in row["elements"].values()) for row in group]
            cells.append(", ".join(f"{one:.1f}" for one in largest))
        body.append(cells)
    return markdown(head, body)


def _fill(table: str, place: re.Match[str]) -> str:
    return f"{place[1]}{table}\n{place[2]}"


def insert(page: Path, tables: Mapping[str, str]) -> None:
    """Replace the tables of a page, each between ``<!-- NAME -->`` and ``<!-- end -->``."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, number = place.subn(partial(_fill, table), text)
        if number != 1:
            raise ValueError(f"{page} has {number} places for the table {name!r} instead of one")
    page.write_text(text, encoding="utf-8")


def write_csv(path: Path, rows: Rows) -> None:
    """Write all numbers, one row per run; nested names are joined by dots."""
    flat = [dict(_flattened(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


def data_names(rows: Rows) -> list[str]:
    """Kinds of data, those with a known truth first."""
    names = [data for (data,) in grouped(rows, "data")]
    return sorted(names, key=lambda name: name == XTB)


def _flattened(row: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and name != "change":
            yield from _flattened(value, f"{prefix}{name}.")
        elif isinstance(value, Mapping):
            yield prefix + name, " ".join(f"--{key} {one}" for key, one in value.items())
        else:
            yield prefix + name, value


def _of_seeds(values: Iterable[float]) -> str:
    found = list(values)
    if any(one is None for one in found):
        return "-"
    mean, deviation = spread(found)
    digits = 2 if mean >= 1.0 else 3 if mean >= 0.1 else 4
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Lines of a table."""
    return "\n".join(_line(cells) for cells in (head, ["---"] * len(head), *body))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")
