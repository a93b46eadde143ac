"""The measures of the accuracy benchmark against what is known without them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning.experiments import Bench
from learning.features import dinucleotides, gc_fraction, one_hot_views
from learning.measures import RISE, Spectra, beta, deviations, fresh_duplexes, scores
from learning.regressions import regressions
from learning.runs import once, prepare, set_up_torch
from learning.tables import disagreement, insert
from numpy.typing import NDArray

import accuracy
from dnawire.config import TrainConfig
from dnawire.graphs import Batch, LoadedBatch, SpectraBatch, junction_batch
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import HamiltonianModel, ModelSpecification, build_model
from dnawire.tightbinding import ParameterSet, load_parameters

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    set_up_torch()


def batch_of(*junctions: Junction) -> LoadedBatch:
    nothing = torch.zeros(len(junctions), 2, dtype=torch.float64)
    graph = junction_batch(junctions)
    return LoadedBatch(
        graph,
        SpectraBatch(log10_transmission=nothing, log10_dos=nothing),
        torch.arange(len(junctions)),
    )


def junction(text: str, left: str = "upper:0=0.1", right: str = "upper:-1=0.6") -> Junction:
    return Junction(Duplex.parse(text), Contact.parse(left), Contact.parse(right))


def exact_model(parameters: ParameterSet, sign: float) -> HamiltonianModel:
    """A model whose tables are a parameter set; ``sign`` is that of the orbitals of guanine."""
    settings = {"hidden_dim": 16, "num_layers": 1, "num_heads": 2, "dropout": 0.0}
    specification = ModelSpecification.of("hamiltonian", 2, **settings)
    model = build_model(specification, seed=0)
    assert isinstance(model, HamiltonianModel)
    signs = np.array([1.0, 1.0, sign, 1.0])
    tables = np.stack(
        (
            parameters.stacking,
            parameters.pairing,
            parameters.diagonal_five,
            parameters.diagonal_three,
        )
    )
    with torch.no_grad():
        model.onsite_table.copy_(torch.tensor(parameters.onsite))
        model.hopping_table.copy_(torch.tensor(tables * np.outer(signs, signs)))
    return model.eval()


def test_beta_is_the_decay_of_an_exponential() -> None:
    lengths = np.array([16, 32, 64])
    decays = np.array([0.4, 1.5])
    spectra = {
        int(n): np.log10(np.exp(-decays * RISE * n)) + np.array([[0.3], [-0.3]]) for n in lengths
    }
    np.testing.assert_allclose(beta(spectra), decays, rtol=1e-12)


def test_scores_leave_out_what_is_not_finite_and_know_large_transmissions() -> None:
    wanted = Spectra(np.array([[-1.0, -6.0, -np.inf]]), np.zeros((1, 3)))
    predicted = Spectra(np.array([[-1.5, -7.0, 0.0]]), np.full((1, 3), 0.25))
    assert scores(predicted, wanted) == {
        "transmission": 0.75,
        "dos": 0.25,
        "large_transmission": 0.5,
    }


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_deviations_do_not_see_the_signs_of_orbitals(sign: float) -> None:
    parameters = load_parameters("kordas2025")
    test = [batch_of(junction("GATTACAG"), junction("GCGGTTAC/GT__CCGC"))]
    found = deviations(exact_model(parameters, sign), test, parameters)
    assert max(one["max"] for one in found.values()) < 1e-6


def test_deviations_name_the_kind_of_element_that_is_off() -> None:
    parameters = load_parameters("kordas2025")
    model = exact_model(parameters, 1.0)
    with torch.no_grad():
        model.hopping_table[3] += 0.004
    found = deviations(model, [batch_of(junction("GATTACAG"))], parameters)
    assert found.pop("diagonal 3'-3'")["mean"] == pytest.approx(4.0)
    assert max(one["max"] for one in found.values()) < 1e-6


@pytest.mark.parametrize("describe", [gc_fraction, dinucleotides])
def test_linear_features_are_the_same_in_both_writings(
    describe: Callable[[list[LoadedBatch]], NDArray[np.float64]],
) -> None:
    written = junction("GATTC", "upper:0=0.1", "lower:0=0.6")
    other = junction("GAATC", "lower:0=0.1", "upper:0=0.6")
    np.testing.assert_allclose(describe([batch_of(written)]), describe([batch_of(other)]))


def test_views_of_equivalent_junctions_are_the_same_set() -> None:
    written = junction("GATTC", "upper:0=0.1", "lower:0=0.6")
    other = junction("GAATC", "upper:0=0.6", "lower:0=0.1")
    first, second = (one_hot_views([batch_of(one)], 7)[:, 0] for one in (written, other))
    assert {row.tobytes() for row in first} == {row.tobytes() for row in second}
    assert len({row.tobytes() for row in first}) == 4


def loaded(batches: Sequence[Batch]) -> list[Batch]:
    """Batches in memory, whose numbers can be changed."""
    return [batch.select(torch.arange(len(batch))) for batch in batches]


def test_every_regression_beats_the_mean_where_spectra_are_linear_in_the_bases() -> None:
    stored = prepare(TrainConfig.from_flat({"num_samples": 150, "num_energy_points": 5}))
    data = replace(
        stored,
        training=loaded(stored.training),
        validation=loaded(stored.validation),
        test=loaded(stored.test),
    )
    for part in (data.training, data.validation, data.test):
        for batch in part:
            level = dinucleotides([batch])[:, :1] + 2.0 * gc_fraction([batch])[:, :1]
            for target in batch.spectra.known().values():
                target.copy_(torch.from_numpy(level).expand_as(target))
    wanted = torch.cat([batch.spectra.known()["log10_dos"] for batch in data.test]).numpy()
    found = {name: scores(one, Spectra(wanted, wanted)) for name, one in regressions(data).items()}
    errors = {name: one["dos"] or 0.0 for name, one in found.items()}
    mean = errors.pop("training mean")
    assert errors["dinucleotides"] < 1e-9
    assert max(errors.values()) < 0.9 * mean


def test_fresh_duplexes_are_none_of_those_known() -> None:
    config = TrainConfig.from_flat({"num_energy_points": 3})
    every = fresh_duplexes(config, 2, 60, set())
    known = {Duplex.parse("GC").key, Duplex.parse("AA").key}
    some = fresh_duplexes(config, 2, 60, known)
    assert 0 < sum(map(len, some)) < sum(map(len, every))


def test_results_are_kept_until_the_digest_changes(tmp_path: Path) -> None:
    calls: list[str] = []

    def compute(value: str) -> dict[str, str]:
        calls.append(value)
        return {"value": value}

    path = tmp_path / "runs/one.json"
    assert once(path, "a", lambda: compute("first")) == {"value": "first"}
    assert once(path, "a", lambda: compute("second")) == {"value": "first"}
    assert once(path, "b", lambda: compute("third")) == {"value": "third"}
    assert calls == ["first", "third"]


def test_disagreement_is_that_of_the_farthest_seed() -> None:
    assert disagreement([1.0, 1.0, 1.3]) == pytest.approx(1.3 / 1.1 - 1.0)


def test_tables_of_a_page_are_replaced_in_their_places(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one -->\nold\n<!-- end -->\nb\n<!-- two -->\n<!-- end -->\n")
    insert(page, {"one": "new"})
    assert page.read_text() == (
        "a\n<!-- one -->\nnew\n<!-- end -->\nb\n<!-- two -->\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match="0 places"):
        insert(page, {"three": "new"})


def test_the_settings_of_a_run_are_those_of_the_page() -> None:
    bench = Bench(Path(), ROOT / "examples/data/xtb_mini.h5", (0,), {}, 1, print)
    data = prepare(bench.config("kordas2025", "standard", 1, {}))
    assert len(data.splits.train) == 400
    assert len(data.splits.test) == 500
    xtb = bench.config("xtb_mini", "standard", 1, {})
    assert xtb.data.data == bench.xtb


def test_the_command_runs_and_goes_on_from_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(*parts: str) -> tuple[str, dict[Path, int]]:
        """Return what is printed, and when each result was written."""
        words = ["--quick", "--seeds", "0", "--output", str(tmp_path), "--parts", *parts]
        monkeypatch.setattr(sys, "argv", ["accuracy.py", *words])
        accuracy.main()
        return capsys.readouterr().out, {
            path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()
        }

    first, kept = command("reference", "extrapolation", "ablation")
    again, found = command("reference")
    assert kept == found
    computed, known = (text.partition("\nreference ")[2] for text in (first, again))
    assert "| `hamiltonian` |" in known
    assert computed.startswith(known)
    for name in ("reference.csv", "accuracy_errors.png", "extrapolation.csv", "ablation.csv"):
        assert (tmp_path / name).stat().st_size > 0
