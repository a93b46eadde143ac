"""How well `atomistic` learns GFN1-xTB, beside predictors without charges: docs/atomistic.md.

Run ``python benchmarks/atomistic.py --page docs/atomistic.md``: three seeds, at most 60 training
duplexes of 4 to 8 base pairs, a learning curve, and longer duplexes; about three quarters of an
hour on one idle core. Results are kept one by one in the output folder: the same command goes on
where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from learning import tables
from learning.atomistic import Result, XtbRecords, errors_of, evaluate, evaluate_spectra
from learning.blocks import BlockTable
from learning.measures import Spectra, predictions, scores, targets
from learning.regressions import regressions
from learning.runs import prepare, set_up_torch, train
from scipy.stats import spearmanr

from dnawire.config import TrainConfig
from dnawire.data import read_dataset
from dnawire.data.atomistic import read_atomistic
from dnawire.junction import Duplex
from dnawire.models.atomistic.model import AtomisticModel

ROOT: Final = Path(__file__).parents[1]
MINI: Final = ROOT / "examples/data/xtb_mini.h5"
TRAINED: Final = (5, 10, 20, 40, 60)
TESTED, VALIDATED = 20, 10
SEEDS: Final = (0, 1, 2)
EPOCHS: Final = 200
COLUMNS: Final = {
    "transmission": "log10 T",
    "means": "log10 T, 25 meV means",
    "large_transmission": "log10 T where T > 1e-3",
    "dos": "log10 DOS",
    "levels_mev": "levels (meV)",
    "potentials_mev": "potentials (meV rms)",
}


def main() -> None:
    """Compute, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=Path, default=ROOT / "examples/data/xtb_4_8.h5")
    parser.add_argument("--long", type=Path, default=ROOT / "examples/data/xtb_10_16.h5")
    parser.add_argument("--output", type=Path, default=ROOT / "outputs/atomistic_accuracy")
    parser.add_argument("--page", type=Path, help="page whose tables are replaced")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    arguments = parser.parse_args()
    set_up_torch()
    arguments.output.mkdir(parents=True, exist_ok=True)
    short = read(arguments.records)
    rows: list[Result] = []
    for seed in arguments.seeds:
        for number in TRAINED if seed == arguments.seeds[0] else TRAINED[-1:]:
            rows += learned(arguments, short, seed, number)
        rows += tabulated(arguments, short, seed, TRAINED[-1])
        rows += baselines(arguments, short, seed)
    tables.write_csv(arguments.output / "atomistic.csv", rows)
    found = {
        "held-out duplexes": comparison(rows),
        "common shift": comparison(rows, "_shifted"),
        "learning curve": learning_curve(rows, arguments.seeds[0]),
        "length": by_length(rows),
        "xtb_mini": independent(rows, short, arguments.seeds[0]),
        "certificate": certificate(rows),
    }
    for name, table in found.items():
        print(f"\n{name}\n\n{table}")
    if arguments.page is not None:
        tables.insert(arguments.page, found)


def read(path: Path) -> XtbRecords:
    """Read records with their charges."""
    columns = read_atomistic(path)
    assert columns is not None
    return XtbRecords(read_dataset(path), columns)


def sides(records: XtbRecords, seed: int, number: int) -> dict[str, list[int]]:
    """Duplexes of training, validation and test: the same test whatever is trained on."""
    order = np.random.default_rng(seed).permutation(len(records.columns.texts)).tolist()
    return {
        "test": order[:TESTED],
        "validation": order[TESTED : TESTED + VALIDATED],
        "train": order[TESTED + VALIDATED :][:number],
    }


def config_of(
    arguments: argparse.Namespace, records: XtbRecords, seed: int, number: int, model: str
) -> TrainConfig:
    """Settings of a run on a part of the duplexes."""
    parts = sides(records, seed, number)
    splits = {name: records.records_of(some).tolist() for name, some in parts.items()}
    path = arguments.output / f"splits-{seed}-{number}.json"
    path.write_text(json.dumps(splits), encoding="utf-8")
    return TrainConfig.from_flat(
        {
            "data": arguments.records,
            "splits": path,
            "model_type": model,
            "num_epochs": EPOCHS,
            "seed": seed,
            "device": "cpu",
        }
    )


def learned(
    arguments: argparse.Namespace, records: XtbRecords, seed: int, number: int
) -> list[Result]:
    """Train, and evaluate duplex by duplex; kept in a file of its own."""
    path = arguments.output / f"atomistic-{seed}-{number}.json"
    if not path.is_file():
        trained = train(config_of(arguments, records, seed, number, "atomistic"))
        assert isinstance(trained.model, AtomisticModel)
        model = trained.model
        found = [
            {**row, "part": "test"}
            for row in evaluate(model, records, sides(records, seed, number)["test"])
        ]
        if seed == arguments.seeds[0] and number == TRAINED[-1] and arguments.long.is_file():
            longer = read(arguments.long)
            duplexes = range(len(longer.columns.texts))
            found += [{**row, "part": "long"} for row in evaluate(model, longer, duplexes)]
        if seed == arguments.seeds[0] and number == TRAINED[-1]:
            found += [{**row, "part": "mini"} for row in evaluate_spectra(model, MINI)]
        path.write_text(json.dumps(found), encoding="utf-8")
    common = {"predictor": "atomistic", "seed": seed, "trained": number}
    rows: list[Result] = [{**common, **row} for row in json.loads(path.read_text("utf-8"))]
    error = mean([row for row in rows if row["part"] == "test"], "transmission")
    print(f"atomistic, {number} duplexes, seed {seed}: {error:.4f}", flush=True)
    return rows


def tabulated(
    arguments: argparse.Namespace, records: XtbRecords, seed: int, number: int
) -> list[Result]:
    """The table of Fock blocks of the same duplexes, tested on the same ones; kept in a file."""
    path = arguments.output / f"blocks-{seed}-{number}.json"
    if not path.is_file():
        parts = sides(records, seed, number)
        table = BlockTable.of(records, parts["train"], parts["validation"])
        found = []
        for one in parts["test"]:
            junctions = table.junctions(Duplex.parse(str(records.columns.texts[one])))
            found.append(errors_of(junctions, records, one))
        path.write_text(json.dumps(found), encoding="utf-8")
    common = {"predictor": "table of Fock blocks", "part": "test", "seed": seed, "trained": number}
    rows: list[Result] = [{**common, **row} for row in json.loads(path.read_text("utf-8"))]
    print(f"table, {number} duplexes, seed {seed}: {mean(rows, 'transmission'):.4f}", flush=True)
    return rows


def baselines(arguments: argparse.Namespace, records: XtbRecords, seed: int) -> list[Result]:
    """Predictors of spectra, trained on the same duplexes and tested on the same ones."""
    path = arguments.output / f"baselines-{seed}.json"
    if path.is_file():
        kept: list[Result] = json.loads(path.read_text("utf-8"))
        return kept
    data = prepare(config_of(arguments, records, seed, TRAINED[-1], "standard"))
    found = dict(regressions(data))
    for model in ("standard", "hamiltonian"):
        config = config_of(arguments, records, seed, TRAINED[-1], model)
        found[model] = _predicted(config)
    common = {"part": "test", "seed": seed, "trained": TRAINED[-1]}
    rows: list[Result] = [
        {"predictor": name, **common, **scores(spectra, targets(data.test))}
        for name, spectra in found.items()
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return rows


def _predicted(config: TrainConfig) -> Spectra:
    trained = train(config)
    return predictions(trained.model, trained.data.test)


def mean(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """Mean over rows of what they know."""
    return float(np.nanmean([row.get(name, np.nan) for row in rows]))


def comparison(rows: Sequence[Result], suffix: str = "") -> str:
    """Table of errors by predictor: mean over the seeds, and their spread."""
    chosen = [row for row in rows if row["part"] == "test" and row["trained"] == TRAINED[-1]]
    names = list(dict.fromkeys(row["predictor"] for row in chosen if f"dos{suffix}" in row))
    lines = []
    for name in names:
        own = [row for row in chosen if row["predictor"] == name]
        cells = []
        for column in COLUMNS:
            by_seed = [
                mean([row for row in own if row["seed"] == seed], _key(column, suffix))
                for seed in sorted({row["seed"] for row in own})
            ]
            cells.append(_cell(by_seed))
        lines.append([name, *cells])
    return tables.markdown(["mean absolute error", *COLUMNS.values()], lines)


def _key(column: str, suffix: str) -> str:
    return column if column.endswith("_mev") else column + suffix


def _cell(values: Sequence[float]) -> str:
    if np.isnan(values).all():
        return "-"
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def learning_curve(rows: Sequence[Result], seed: int) -> str:
    """Errors by the number of training duplexes, of one seed."""
    lines = []
    for number in TRAINED:
        own = [
            row
            for row in rows
            if (row["predictor"], row["seed"], row["trained"]) == ("atomistic", seed, number)
            and row["part"] == "test"
        ]
        if own:
            lines.append([str(number), *(f"{mean(own, column):.3f}" for column in COLUMNS)])
    return tables.markdown(["training duplexes", *COLUMNS.values()], lines)


def by_length(rows: Sequence[Result]) -> str:
    """Errors by the length of the duplex, of the models of all training duplexes."""
    chosen = [row for row in rows if "certificate_mev" in row and row["trained"] == TRAINED[-1]]
    lines = []
    for length in sorted({row["length"] for row in chosen}):
        own = [row for row in chosen if row["length"] == length]
        cells = [f"{mean(own, column):.3f}" for column in COLUMNS]
        lines.append([str(length), str(len({row["duplex"] for row in own})), *cells])
    return tables.markdown(["base pairs", "duplexes", *COLUMNS.values()], lines)


def independent(rows: Sequence[Result], records: XtbRecords, seed: int) -> str:
    """Errors on the records of an independent program, of duplexes that were not trained on."""
    parts = sides(records, seed, TRAINED[-1])
    texts = [str(records.columns.texts[one]) for one in parts["train"] + parts["validation"]]
    known = {Duplex.parse(text).key for text in texts}
    own = [
        row
        for row in rows
        if row["part"] == "mini" and Duplex.parse(row["duplex"]).key not in known
    ]
    names = ("transmission", "large_transmission", "dos")
    cells = [f"{mean(own, name):.3f}" for name in names]
    return tables.markdown(
        ["records", *(COLUMNS[name] for name in names)], [[str(len(own)), *cells]]
    )


def certificate(rows: Sequence[Result]) -> str:
    """How the certificate ranks the errors of duplexes that were not trained on."""
    chosen = [row for row in rows if "certificate_mev" in row]
    full = [row for row in chosen if row["trained"] == TRAINED[-1]]
    lines = []
    for name, some in (("60 training duplexes", full), ("any number of them", chosen)):
        own = [row["certificate_mev"] for row in some]
        cells = [
            f"{spearmanr(own, [row[column] for row in some], nan_policy='omit').statistic:.2f}"
            for column in ("potentials_mev", "levels_mev", "transmission")
        ]
        lines.append([name, str(len(some)), *cells])
    heads = ["rank correlation", "duplexes", "potentials", "levels", "log10 T"]
    return tables.markdown(heads, lines)


if __name__ == "__main__":
    main()
