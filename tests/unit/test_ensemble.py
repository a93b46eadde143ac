"""``dnawire ensemble`` and `dnawire.ensemble`: tables, files, refusals; what conducts nothing."""

from __future__ import annotations

import csv
import io
from contextlib import redirect_stdout
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import dnawire as dw
from dnawire.cli import main
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.electronic import converge
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE
from dnawire.inference import load_predictor, status, summarize
from dnawire.inference.ensemble import (
    EnsembleQuestion,
    GeometryAnswer,
    as_atomistic,
    predict_geometry,
    thermal_frames,
)
from dnawire.junction import Duplex, Junction
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.structures import build_duplex, pdb_text

MODEL = "pretrained:xtb"
FERMI = ("--fermi_energy", "-10.4")
WINDOW = ("--energy_min", "-11.2", "--energy_max", "-9.8", "--num_energy_points", "15")
COUNTED = ("--frames", "2", "--seed", "3", "--check", "1", "--scf_steps", "0")
ENERGIES = np.linspace(-11.2, -9.8, 15)


class Outcome(NamedTuple):
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Two geometries of two base pairs, one of which is checked."""
    folder, printed = tmp_path_factory.mktemp("ensemble") / "out", io.StringIO()
    words = ["ensemble", MODEL, "GA", *COUNTED, *FERMI, *WINDOW, "--output", str(folder)]
    with redirect_stdout(printed):
        assert main(words) == EXIT_FINISHED
    return Outcome(folder, printed.getvalue())


@pytest.fixture(scope="module")
def predictor() -> AtomisticPredictor:
    return as_atomistic(load_predictor(MODEL))


@pytest.fixture(scope="module")
def question(predictor: AtomisticPredictor) -> EnsembleQuestion:
    assert predictor.conditions.contacts is not None
    junction = Junction(Duplex.parse("GA"), *predictor.conditions.contacts)
    return EnsembleQuestion(junction, ENERGIES, 0.005, -10.4, 300.0, scf_steps=0)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_conductances_are_those_of_the_geometries(
    outcome: Outcome, predictor: AtomisticPredictor, question: EnsembleQuestion
) -> None:
    _, second, ideal = rows(outcome.folder / "summary.csv")
    [_, frame] = thermal_frames(question.junction.duplex, 2, seed=3)
    charged = predictor.charged(frame.structure)
    bound = predictor.bound_to(charged)
    [record] = bound.predict([question.junction], ENERGIES, 0.005)
    found = summarize(bound, record, -10.4, 300.0).at_fermi_energy
    assert found is not None
    assert float(second["conductance_quanta"]) == pytest.approx(
        found.conductance.conductance_quanta
    )
    assert float(second["log10_transmission"]) == pytest.approx(found.log10_transmission)
    assert float(second["homo_eV"]) == pytest.approx(charged.homo)
    assert float(second["certificate_meV"]) == pytest.approx(charged.certificate())
    assert ideal["geometry"] == "ideal"
    assert float(ideal["certificate_meV"]) < float(second["certificate_meV"])


def test_statistics_are_those_of_the_geometries_without_the_ideal_one(outcome: Outcome) -> None:
    *geometries, _ = rows(outcome.folder / "summary.csv")
    quanta = np.array([float(row["conductance_quanta"]) for row in geometries])
    found = {row["statistic"]: row for row in rows(outcome.folder / "statistics.csv")}
    expected = {
        "arithmetic mean": quanta.mean(),
        "geometric mean": np.sqrt(quanta.prod()),
        "5% quantile": quanta.min() ** 0.95 * quanta.max() ** 0.05,
        "50% quantile": np.sqrt(quanta.prod()),
        "95% quantile": quanta.min() ** 0.05 * quanta.max() ** 0.95,
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert float(found[name]["conductance_quanta"]) == pytest.approx(value)
        assert float(found[name]["conductance_S"]) == pytest.approx(value * CONDUCTANCE_QUANTUM)


def test_the_table_tells_conditions_and_results(outcome: Outcome) -> None:
    assert "geometries    2 thermal, rise 0.19 Angstrom, twist 6.3 and roll" in outcome.printed
    assert "seed 3; 0 other draws did not close" in outcome.printed
    assert "charges       predicted\n" in outcome.printed
    assert "conductance   at 300 K, E_F = -10.4 eV" in outcome.printed
    assert "checked       1 by self-consistent calculations" in outcome.printed
    for row in rows(outcome.folder / "summary.csv"):
        line = next(
            line for line in outcome.printed.splitlines() if line.startswith(f"{row['geometry']} ")
        )
        assert f"{float(row['conductance_quanta']):.3e}" in line
        assert row["status"] in line


def test_the_figure_has_all_geometries_and_their_geometric_mean(outcome: Outcome) -> None:
    for suffix in (".png", ".svg"):
        assert (outcome.folder / f"ensemble{suffix}").stat().st_size > 10_000
    by_name: dict[str, list[float]] = {}
    for row in rows(outcome.folder / "ensemble.csv"):
        by_name.setdefault(row["geometry"], []).append(float(row["log10_transmission"]))
    assert list(by_name) == ["1", "2", "geometric mean", "ideal"]
    mean = np.mean([by_name["1"], by_name["2"]], axis=0)
    assert by_name["geometric mean"] == pytest.approx(mean)
    assert abs(np.subtract(by_name["ideal"], mean)).max() > 0.1


def test_deviations_are_those_from_the_self_consistent_state(
    outcome: Outcome, predictor: AtomisticPredictor, question: EnsembleQuestion
) -> None:
    [row] = rows(outcome.folder / "checks.csv")
    frame = thermal_frames(question.junction.duplex, 1, seed=3)[0].structure
    charged = predictor.charged(frame)
    exact = converge(frame, predictor.solvent, charged.shell_charges)
    assert float(row["homo_eV"]) == pytest.approx(charged.homo - exact.homo, abs=1e-6)
    inside = abs(exact.levels + 10.5) < 0.7
    errors = (charged.junctions.system.energies - exact.levels)[inside]
    assert len(errors) == 2
    assert float(row["levels_eV"]) == pytest.approx(abs(errors).mean(), abs=1e-6)
    assert float(row["largest_level_eV"]) == pytest.approx(abs(errors).max(), abs=1e-6)
    from_common = abs(errors - errors.mean()).mean()
    assert float(row["levels_from_common_eV"]) == pytest.approx(from_common, abs=1e-6)
    assert int(row["iterations"]) == exact.iterations
    assert 0.0 < float(row["log10_transmission"]) < 2.0
    bound = predictor.bound_to(charged.with_charges(exact.shell_charges))
    [record] = bound.predict([question.junction], ENERGIES, 0.005)
    wanted = summarize(bound, record, -10.4, 300.0).at_fermi_energy
    assert wanted is not None
    quanta = float(rows(outcome.folder / "summary.csv")[0]["conductance_quanta"])
    ratio = quanta / wanted.conductance.conductance_quanta
    assert float(row["log10_conductance"]) == pytest.approx(np.log10(ratio), abs=1e-5)


def test_a_step_brings_a_geometry_to_its_self_consistent_state(
    outcome: Outcome, predictor: AtomisticPredictor, question: EnsembleQuestion
) -> None:
    frame = thermal_frames(question.junction.duplex, 1, seed=3)[0].structure
    answer = predict_geometry(predictor, frame, replace(question, scf_steps=1), is_checked=True)
    [before] = rows(outcome.folder / "checks.csv")
    assert answer.deviations is not None
    assert answer.deviations.largest_level < 0.05 * float(before["largest_level_eV"])
    assert answer.deviations.log10_transmission < 0.05 * float(before["log10_transmission"])
    assert answer.summary.certificate is not None
    first, *_ = rows(outcome.folder / "summary.csv")
    assert answer.summary.certificate < 0.1 * float(first["certificate_meV"])


def test_a_self_consistent_calculation_that_fails_is_told(
    predictor: AtomisticPredictor, question: EnsembleQuestion
) -> None:
    frame = thermal_frames(question.junction.duplex, 1, seed=3)[0].structure
    positions = frame.positions.copy()
    positions[frame.atom(0, "H8")] += [0.0, 0.0, 1.6]
    clashing = replace(frame, positions=positions)
    answer = predict_geometry(predictor, clashing, question, is_checked=True)
    assert answer.deviations is None
    assert "no_reference" in status(answer.remarks)
    assert any("H8" in remark.sentence for remark in answer.remarks)


def test_files_give_their_geometries(outcome: Outcome, tmp_path: Path) -> None:
    frames = [frame.structure for frame in thermal_frames(Duplex.parse("GA"), 2, seed=3)]
    models = [
        f"MODEL     {number:>4}\n{pdb_text(frame).removesuffix('END' + chr(10))}ENDMDL\n"
        for number, frame in enumerate(frames, start=1)
    ]
    (tmp_path / "frames.pdb").write_text("".join(models) + "END\n", encoding="ascii")
    words = ["ensemble", MODEL, str(tmp_path / "frames.pdb"), "--scf_steps", "0", *FERMI, *WINDOW]
    assert main([*words, "--output", str(tmp_path / "out")]) == EXIT_FINISHED
    found, wanted = (rows(one / "summary.csv") for one in (tmp_path / "out", outcome.folder))
    assert [row["geometry"] for row in found] == ["frames.pdb:1", "frames.pdb:2", "ideal"]
    for one, other in zip(found, wanted, strict=True):
        assert float(one["homo_eV"]) == pytest.approx(float(other["homo_eV"]), abs=2e-3)


def test_files_of_other_duplexes_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("GA", "GC"):
        structure = build_duplex(Duplex.parse(text))
        (tmp_path / f"{text}.pdb").write_text(pdb_text(structure), encoding="ascii")
    files = [str(tmp_path / name) for name in ("GA.pdb", "GC.pdb")]
    assert main(["ensemble", MODEL, *files, *FERMI]) == EXIT_USAGE
    assert "GA.pdb:1 is 'GA' and GC.pdb:1 is 'GC'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def called() -> dw.Ensemble:
    """The call in Python that is the command of `outcome`."""
    asked: dict[str, Any] = {"frames": 2, "seed": 3, "check": 1, "scf_steps": 0}
    return dw.ensemble("GA", MODEL, **asked, fermi_energy=-10.4, energies=ENERGIES)


def test_the_call_in_python_is_the_command(
    called: dw.Ensemble, outcome: Outcome, tmp_path: Path
) -> None:
    assert str(called).startswith(outcome.printed.rstrip())
    assert called.save(tmp_path / "python") == tmp_path / "python"
    for path in outcome.folder.iterdir():
        assert path.read_bytes() == (tmp_path / "python" / path.name).read_bytes()
    frame = called.to_dataframe()
    assert list(frame.columns) == list(rows(outcome.folder / "summary.csv")[0])
    assert float(called.statistics.mean()) == pytest.approx(called.conductance_quanta.mean())
    assert called.log10_transmission.shape == (2, 15)
    assert "<table>" in called._repr_html_()
    with pytest.raises(dw.errors.NotWritableError, match="or add overwrite to replace"):
        called.save(tmp_path / "python")


def without_conductance(answer: GeometryAnswer) -> GeometryAnswer:
    at_fermi = replace(answer.at_fermi_energy, conductance=dw.Conductance(-np.inf, 0.0))
    return replace(answer, summary=replace(answer.summary, at_fermi_energy=at_fermi))


@pytest.mark.parametrize("count", [1, 2])
def test_what_conducts_nothing_is_told(count: int, called: dw.Ensemble, tmp_path: Path) -> None:
    found = copy(called)
    found.outcomes = [
        without_conductance(one) if row < count else one
        for row, (_, one) in enumerate(called.answers)
    ]
    folder = found.save(tmp_path / "out")
    values = [float(row["conductance_quanta"]) for row in rows(folder / "summary.csv")]
    assert values[:count] == [0.0] * count
    mean, geometric, *_ = rows(folder / "statistics.csv")
    assert float(mean["conductance_quanta"]) == pytest.approx(np.mean(values[:2]))
    assert (geometric["conductance_quanta"], geometric["num_vanishing"]) == ("0.0", str(count))
    assert f"no standard deviation: {count} of 2 geometries have G = 0" in str(found)
    _, right, *_ = found.plot().axes
    assert f"(not drawn: {count} with $G = 0$)" in right.get_xlabel()
    bars = [one for one in right.patches if isinstance(one, Rectangle)]
    assert sum(bar.get_height() for bar in bars) == 2 - count


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((MODEL, "ACGT"), "needs the Fermi energy"),
        ((MODEL, *FERMI), "nothing to be predicted"),
        ((MODEL, "ACGT", "GGCC", *FERMI), "ACGT and GGCC to be predicted"),
        ((MODEL, "ACGT", "frames.pdb", *FERMI), "ACGT and frames.pdb to be predicted"),
        ((MODEL, "ACGT", "--conductance_from_grid", *FERMI), "conductance_from_grid"),
        ((MODEL, "frames.pdb", "--frames", "3", *FERMI), "frames = 3 has no effect on files"),
        ((MODEL, "frames.pdb", "--seed", "3", *FERMI), "seed = 3 has no effect on files"),
        ((MODEL, "ACGT", "--frames", "0", *FERMI), "frames = 0 is not allowed"),
        ((MODEL, "ACGT", "--check", "-1", *FERMI), "check = -1 is not allowed"),
        ((MODEL, "ACGT", "--scf_steps", "21", *FERMI), "scf_steps = 21 is not allowed"),
        (("exact:kordas2025", "ACGT", *FERMI), "knows letters only, and no geometry"),
        ((MODEL, "ACGT", "--fermi_energy", "-3"), "lies outside the energies"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    words: tuple[str, ...], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ensemble", *words, "--output", str(tmp_path / "out")]) == EXIT_USAGE
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
