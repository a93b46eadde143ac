"""The experiments: which settings, which seeds, and what is measured. Results are plain numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from dnawire.config import TrainConfig
from dnawire.data import write_dataset
from dnawire.graphs import Batch
from dnawire.models import HamiltonianModel
from dnawire.runs.preparation import prepare_dataset
from dnawire.tightbinding import load_parameters, parameters_of_dna

from .features import dinucleotides
from .measures import (
    Predict,
    Spectra,
    beta,
    deviations,
    fresh_duplexes,
    predictions,
    scores,
    targets,
)
from .regressions import linear, regressions
from .runs import Trained, digest, once, prepare, train

MODELS: Final = ("hamiltonian", "standard")
XTB: Final = "xtb_mini"
WITHOUT_LDOS: Final = " without LDOS"
"""After the name of a parameter set: its records, of which nothing is left but T and DOS."""
GENERATED: Final = frozenset({"num_samples", "num_energy_points"})
"""Settings of records that are generated, which those of a file do not have."""

EXTRAPOLATED_SET: Final = "kordas2025"
LENGTHS: Final = (8, 16, 32, 64)
ABOVE_GUANINE: Final = 0.3
"""eV above the highest level, guanine: an energy in the gap."""

Settings = Mapping[str, Any]
Result = dict[str, Any]

ABLATIONS: Final[Mapping[str, tuple[Settings, ...]]] = {
    "hamiltonian": (
        {},
        {"huber_delta": 1.0},
        {"resonance_width": 0.0},
        {"learning_rate": 8e-3},
        {"schedule": "constant"},
        {"dropout": 0.0},
        {"hidden_dim": 32},
    ),
    "standard": (
        {},
        {"learning_rate": 1.25e-4},
        {"huber_delta": 1.0},
        {"resonance_width": 0.1},
        {"schedule": "constant"},
        {"dropout": 0.0},
        {"hidden_dim": 32},
    ),
}
"""Changes of one setting at a time; the model `standard` trains at 8 times `learning_rate`."""


@dataclass(frozen=True)
class Bench:
    """Where results are kept, and what is common to all experiments."""

    folder: Path
    xtb: Path
    seeds: tuple[int, ...]
    changes: Settings
    """Settings that differ from those of the documented tables, for a quick look."""
    fresh: int
    """Number of duplexes of each length in the extrapolation."""
    say: Callable[[str], None]

    def config(self, data: str, model: str, seed: int, more: Settings) -> TrainConfig:
        """Settings of one run: 400 training records, or those of the xTB file."""
        held_out = {"num_samples": 1000, "validation_fraction": 0.1, "test_fraction": 0.5}
        own: Settings = {"parameters": data, **held_out}
        if data == XTB:
            held_out = {"validation_fraction": 0.15, "test_fraction": 0.25}
            own = {"data": self.xtb, "num_epochs": 200, **held_out}
        elif data.endswith(WITHOUT_LDOS):
            del held_out["num_samples"]
            own = {"data": self._without_ldos(data.removesuffix(WITHOUT_LDOS), seed), **held_out}
        runtime = {"seed": seed, "split_seed": seed, "device": "cpu", "num_threads": 1}
        is_read = "data" in own
        changes = {k: v for k, v in self.changes.items() if not (is_read and k in GENERATED)}
        return TrainConfig.from_flat({"model_type": model, **own, **runtime, **changes, **more})

    def _without_ldos(self, data: str, seed: int) -> Path:
        """Write the records of a parameter set, without their LDOS."""
        dataset = prepare_dataset(self.config(data, MODELS[0], seed, {}))
        kept = {name: one for name, one in dataset.spectra.items() if name != "log10_ldos"}
        path = self.folder / "records" / f"{data}-seed{seed}.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_dataset(path, replace(dataset, spectra=kept), overwrite=True)
        return path


def data_sets() -> tuple[str, ...]:
    """Names of the data: the parameter sets of the package, and the xTB records."""
    return (*parameters_of_dna(), XTB)


def reference(bench: Bench) -> Iterator[Result]:
    """Scores of both models and of all trivial predictors, by data and seed."""
    for data in data_sets():
        for seed in bench.seeds:
            for predictor, found in _regressions(bench, data, seed).items():
                yield {"data": data, "predictor": predictor, "seed": seed, "scores": found}
        for model in MODELS:
            for seed in bench.seeds:
                result = run(bench, data, model, seed, {})
                yield {"data": data, "predictor": f"`{model}`", "seed": seed, **result}
    for data in parameters_of_dna():
        predictor = f"`{MODELS[0]}`{WITHOUT_LDOS}"
        for seed in bench.seeds:
            result = run(bench, data + WITHOUT_LDOS, MODELS[0], seed, {})
            yield {"data": data, "predictor": predictor, "seed": seed, **result}


def ablation(bench: Bench) -> Iterator[Result]:
    """Scores of both models with one setting changed."""
    for model in MODELS:
        for more in ABLATIONS[model]:
            for seed in bench.seeds:
                result = run(bench, EXTRAPOLATED_SET, model, seed, more)
                yield {"model": model, "change": dict(more), "seed": seed, **result}


def _train_and_extrapolate(config: TrainConfig, fresh: int) -> dict[str, Result]:
    return extrapolate(train(config), config, fresh)


def extrapolation(bench: Bench) -> Iterator[Result]:
    """Errors of models trained on 4 to 8 base pairs, by length."""
    for model in MODELS:
        for seed in bench.seeds:
            config = bench.config(EXTRAPOLATED_SET, model, seed, {"min_length": 4})
            for predictor, found in _kept(
                bench,
                f"extrapolation-{model}-seed{seed}",
                config,
                partial(_train_and_extrapolate, config, bench.fresh),
                fresh=bench.fresh,
            ).items():
                if model == MODELS[0] or predictor.startswith("`"):
                    yield {"predictor": predictor, "seed": seed, **found}


def run(bench: Bench, data: str, model: str, seed: int, more: Settings) -> Result:
    """Train once and measure on the test set; equal runs are shared by all experiments."""
    config = bench.config(data, model, seed, more)
    change = "".join(f"-{name}={value}" for name, value in more.items())
    return _kept(
        bench,
        f"{data}-{model}{change}-seed{seed}",
        config,
        lambda: measure(train(config), None if data == XTB else data.removesuffix(WITHOUT_LDOS)),
    )


def measure(trained: Trained, parameters: str | None) -> Result:
    """Scores on the test set; for `hamiltonian` and a known truth also the errors of H."""
    model, data = trained.model, trained.data
    result: Result = {
        "scores": scores(predictions(model, data.test), targets(data.test)),
        "best_epoch": trained.best_epoch,
    }
    if isinstance(model, HamiltonianModel) and parameters is not None:
        truth = load_parameters(parameters)
        result["elements"] = deviations(model, data.test, truth)
    return result


def extrapolate(trained: Trained, config: TrainConfig, number: int) -> dict[str, Result]:
    """Errors by length and decay constants of the model and of linear regression."""
    parameters = load_parameters(config.data.parameters)
    known = {trained.data.dataset.keys[row] for row in trained.data.splits.train}
    known |= {trained.data.dataset.keys[row] for row in trained.data.splits.validation}
    fresh = {length: fresh_duplexes(config, length, number, known) for length in LENGTHS}
    energies = trained.data.statistics.energies.numpy()
    gap = int(np.abs(energies - parameters.onsite.max() - ABOVE_GUANINE).argmin())
    predictors: dict[str, Predict] = {
        f"`{config.model.model_type}`": lambda batches: predictions(trained.model, batches),
        "dinucleotides": lambda batches: linear(trained.data.training, batches, dinucleotides),
    }
    return {name: _by_length(fresh, predict, gap) for name, predict in predictors.items()}


def _by_length(fresh: Mapping[int, list[Batch]], predict: Predict, gap: int) -> Result:
    found: dict[int, Spectra] = {n: predict(batches) for n, batches in fresh.items()}
    beyond = [length for length in fresh if length > min(fresh)]
    learned = beta({n: found[n].transmission for n in beyond})
    wanted = {n: targets(batches) for n, batches in fresh.items()}
    exact = beta({n: wanted[n].transmission for n in beyond})
    return {
        "lengths": {str(n): scores(found[n], one) for n, one in wanted.items()},
        "gap_beta": float(learned[gap]),
        "exact_gap_beta": float(exact[gap]),
        "mean_beta": float(learned.mean()),
        "exact_mean_beta": float(exact.mean()),
    }


def _regressions(bench: Bench, data: str, seed: int) -> Result:
    config = bench.config(data, MODELS[0], seed, {})

    def compute() -> Result:
        prepared = prepare(config)
        wanted = targets(prepared.test)
        return {name: scores(found, wanted) for name, found in regressions(prepared).items()}

    return _kept(bench, f"{data}-regressions-seed{seed}", config, compute)


def _kept(
    bench: Bench, name: str, config: TrainConfig, compute: Callable[[], Result], **more: object
) -> Result:
    start = time.process_time()
    wanted = digest(name.split("-seed")[0], config, **more)
    result = once(bench.folder / "runs" / f"{name}.json", wanted, compute)
    spent = time.process_time() - start
    bench.say(f"{name}: {spent:.1f} s of CPU time")
    return result
