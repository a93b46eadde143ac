"""``dnawire screen``: the numbers of `dnawire predict`, ranked; whole results or none."""

from __future__ import annotations

import csv
import itertools
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inference_kit import LEFT, POOR_SCORES, RIGHT, save
from model_kit import SPECTRAL

from dnawire.cli import main
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_NOT_FOUND,
    EXIT_UNUSABLE_FILE,
    EXIT_USAGE,
)
from dnawire.inference import (
    Distribution,
    ListedCandidates,
    PatternCandidates,
    Predictor,
    Question,
    Ranking,
    load_predictor,
    screen,
)
from dnawire.junction import Contact, Duplex, Junction

EXACT = "exact:kordas2025"
FERMI = ("--fermi_energy", "-7.1")
ACROSS = ("--left_contact", "upper:0", "--right_contact", "lower:0")


def run_screen(folder: Path, model: object, *arguments: str) -> int:
    return main(["screen", str(model), *arguments, "--output", str(folder)])


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table by the names of its columns."""
    return list(csv.DictReader(path.read_text().splitlines()))


def all_sequences(length: int) -> list[str]:
    return ["".join(letters) for letters in itertools.product("ACGT", repeat=length)]


def question_of(predictor: Predictor, rank_by: str) -> Question:
    energies = predictor.conditions.energies
    window = float(energies[0]), float(energies[-1])
    eta = predictor.conditions.eta
    return Question(LEFT, RIGHT, energies, window, eta, -7.13, 300.0, rank_by)


@pytest.mark.parametrize(("model", "decades"), [("exact", 1e-12), ("hamiltonian", 1e-5)])
def test_values_are_those_of_predict(tmp_path: Path, model: str, decades: float) -> None:
    name = EXACT if model == "exact" else str(save(tmp_path / "run", model))
    flags = ("--rank_by", "log10_conductance", *FERMI, "--temperature", "200", "--save_all")
    assert run_screen(tmp_path / "many", name, "--pattern", "GSA", *flags) == EXIT_FINISHED
    sequences = [row["sequence"] for row in rows(tmp_path / "many" / "scores.csv")]
    assert sequences == ["GCA", "GGA"]
    few = ["predict", name, *sequences, *FERMI, "--temperature", "200"]
    assert main([*few, "--output", str(tmp_path / "few")]) == EXIT_FINISHED
    summary = rows(tmp_path / "few" / "summary.csv")
    for screened, predicted in zip(rows(tmp_path / "many" / "scores.csv"), summary, strict=True):
        transmission = float(predicted["log10_transmission"])
        conductance = np.log10(float(predicted["conductance_quanta"]))
        assert float(screened["log10_transmission"]) == pytest.approx(transmission, abs=decades)
        assert float(screened["log10_conductance"]) == pytest.approx(conductance, abs=decades)


@pytest.mark.parametrize("model", ["exact", *SPECTRAL])
def test_means_are_those_of_the_spectra(tmp_path: Path, model: str) -> None:
    name = EXACT if model == "exact" else str(save(tmp_path / "run", model))
    predictor = load_predictor(name)
    question = question_of(predictor, "mean_log10_dos")
    (piece,) = screen(predictor, PatternCandidates("ANGW"), question, unique=False)
    junctions = [Junction(Duplex.parse(text), LEFT, RIGHT) for text in piece.texts]
    records = predictor.predict(junctions)
    decades = 1e-12 if model == "exact" else 1e-5
    for kind in ("transmission", "dos"):
        spectra = np.log10([getattr(record, kind) for record in records])
        found = piece.values[f"mean_log10_{kind}"]
        np.testing.assert_allclose(found, spectra.mean(axis=1), rtol=0.0, atol=decades)


def test_the_window_bounds_the_means(tmp_path: Path) -> None:
    grid = ("--energy_min", "-9", "--energy_max", "-7", "--num_energy_points", "5", "--save_all")
    assert run_screen(tmp_path / "all", EXACT, "--pattern", "AC", *grid) == EXIT_FINISHED
    window = ("--window_min", "-8.5", "--window_max", "-8")
    assert run_screen(tmp_path / "some", EXACT, "--pattern", "AC", *grid, *window) == EXIT_FINISHED
    record = load_predictor(EXACT).predict(
        [Junction(Duplex.parse("AC"), Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1))],
        np.linspace(-9.0, -7.0, 5),
    )[0]
    values = np.log10(record.transmission)
    for folder, part in (("all", values), ("some", values[1:3])):
        (row,) = rows(tmp_path / folder / "scores.csv")
        assert float(row["mean_log10_transmission"]) == pytest.approx(part.mean(), abs=1e-12)


def test_the_ranking_is_the_sorted_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--length", "4", *FERMI, "--rank_by", "log10_transmission", "--save_all")
    for lowest in (False, True):
        folder = tmp_path / str(lowest)
        order = ("--lowest",) if lowest else ()
        assert run_screen(folder, EXACT, *flags, "--top", "7", *order) == EXIT_FINISHED
        scores = rows(folder / "scores.csv")
        assert [row["sequence"] for row in scores] == all_sequences(4)
        scores.sort(key=lambda row: float(row["log10_transmission"]), reverse=not lowest)
        ranking = rows(folder / "ranking.csv")
        assert [row["sequence"] for row in ranking] == [row["sequence"] for row in scores[:7]]
        assert [row["rank"] for row in ranking] == list("1234567")
        bins = rows(folder / "distribution.csv")
        assert sum(int(row["sequences"]) for row in bins) == 256
    assert {path.name for path in folder.iterdir()} == {
        "ranking.csv", "scores.csv", "distribution.csv", "distribution.png", "distribution.svg",
    }  # fmt: skip
    shown, log = capsys.readouterr()
    assert "sequences" not in log
    assert "candidates    256: all sequences NNNN" in shown
    assert "rank by       log10_transmission (log10 T at the Fermi energy), lowest first" in shown


def test_among_equals_the_first_comes_first() -> None:
    predictor = load_predictor(EXACT)
    (piece,) = screen(
        predictor, PatternCandidates("NN"), question_of(predictor, "mean_log10_dos"), unique=False
    )
    same = piece._replace(values={"flat": np.zeros(len(piece.codes))})
    ranking = Ranking("flat", lowest=False, top=3)
    for start in range(0, 16, 4):
        ranking.add(same.select(np.arange(start, start + 4)))
    assert [row.text for row in ranking.rows] == ["AA", "AC", "AG"]


def test_pieces_are_small_and_hold_every_sequence_once() -> None:
    candidates = PatternCandidates("acgtNRYN")
    pieces = list(candidates.pieces(7))
    assert max(len(piece.codes) for piece in pieces) == 7
    codes = np.concatenate([piece.codes for piece in pieces])
    assert len(codes) == candidates.count == 64
    texts = {"".join("ACGT"[code] for code in one[:, 0]) for one in codes}
    expected = itertools.product("A", "C", "G", "T", "ACGT", "AG", "CT", "ACGT")
    assert texts == set(map("".join, expected))
    assert (codes.sum(axis=2) == 3).all()


def test_the_memory_does_not_grow_with_the_number_of_sequences() -> None:
    predictor = load_predictor(EXACT)
    question = question_of(predictor, "mean_log10_dos")
    pieces = screen(predictor, PatternCandidates("N" * 16), question, unique=False)
    codes = next(iter(pieces)).codes
    assert len(codes) * len(question.energies) <= 2**18


def test_one_molecule_is_one_junction_only_where_the_contacts_make_it_one(tmp_path: Path) -> None:
    flags = ("--length", "4", "--save_all", "--top", "256")
    for name, contacts, counted in (("ends", (), 256), ("across", ACROSS, 136)):
        folder = tmp_path / name
        assert run_screen(folder, EXACT, *flags, *contacts) == EXIT_FINISHED
        values = {
            row["sequence"]: float(row["mean_log10_transmission"])
            for row in rows(folder / "scores.csv")
        }
        flipped = {text: Duplex.parse(text).flipped().text for text in values}
        apart = np.array([values[text] - values[other] for text, other in flipped.items()])
        assert (np.abs(apart).max() < 1e-12) == (name == "across")
        for row in rows(folder / "ranking.csv"):
            text = row["sequence"]
            is_named = name == "across" and flipped[text] != text
            assert row["same_junction"] == (flipped[text] if is_named else "")
        unique = folder / "unique"
        assert run_screen(unique, EXACT, *flags, *contacts, "--unique") == EXIT_FINISHED
        kept = [row["sequence"] for row in rows(unique / "scores.csv")]
        assert len(kept) == counted
        if name == "across":
            assert kept == [text for text in values if text <= flipped[text]]


def test_a_junction_is_left_out_only_for_one_that_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--pattern", "TNT", "--save_all", "--unique", *ACROSS)
    assert run_screen(tmp_path / "pattern", EXACT, *flags) == EXIT_FINISHED
    assert len(rows(tmp_path / "pattern" / "scores.csv")) == 4
    listed = tmp_path / "list.txt"
    flags = ("--sequences", str(listed), "--save_all", "--unique", *ACROSS)
    listed.write_text("TTT\nAC/_T\n")
    assert run_screen(tmp_path / "list", EXACT, *flags) == EXIT_USAGE
    assert "base lower:0 is missing" in capsys.readouterr().err
    listed.write_text("TTT\n\n  acg\nAAA\nCGT\nGC/GT\n")
    assert run_screen(tmp_path / "list", EXACT, *flags) == EXIT_FINISHED
    kept = [row["sequence"] for row in rows(tmp_path / "list" / "scores.csv")]
    assert kept == ["ACG", "AAA", "GC/GT"]
    shown = capsys.readouterr().out
    assert "a sequence and its reverse complement are the same junction" in shown
    assert "screened      3 of 5 sequences" in shown


def test_a_mixed_list_is_answered_in_its_order_and_computed_by_length(tmp_path: Path) -> None:
    listed = ["ACGT", "AC", "TTTT", "G", "GT", "AC", "CCCC", "T"]
    (tmp_path / "list.txt").write_text("\n".join(listed) + "\n")
    flags = ("--sequences", str(tmp_path / "list.txt"), "--save_all")
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_FINISHED
    found = rows(tmp_path / "out" / "scores.csv")
    assert [row["sequence"] for row in found] == listed
    for row in found:
        (tmp_path / "one.txt").write_text(row["sequence"] + "\n")
        alone = ("--sequences", str(tmp_path / "one.txt"), "--save_all", "--overwrite")
        assert run_screen(tmp_path / "one", EXACT, *alone) == EXIT_FINISHED
        (single,) = rows(tmp_path / "one" / "scores.csv")
        assert single["mean_log10_transmission"] == row["mean_log10_transmission"]
    candidates = ListedCandidates([Duplex.parse(text) for text in listed], "mixed")
    pieces = list(candidates.pieces(100))
    assert [piece.rows.tolist() for piece in pieces] == [[3, 7], [1, 4, 5], [0, 2, 6]]
    assert [piece.is_in_order for piece in pieces] == [False, False, True]
    question = question_of(load_predictor(EXACT), "mean_log10_dos")
    ranking = Ranking("flat", lowest=False, top=8)
    for piece in screen(load_predictor(EXACT), candidates, question, unique=False):
        ranking.add(piece._replace(values={"flat": np.zeros(len(piece.codes))}))
    assert [row.text for row in ranking.rows] == listed


def test_conductances_that_mean_little_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--pattern", "A" * 12, *FERMI, "--rank_by", "log10_conductance")
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_FINISHED
    assert (
        "1 of the 1 ranked: fragile_conductance, e.g. AAAAAAAAAAAA: G means little"
        in capsys.readouterr().err
    )
    assert rows(tmp_path / "out" / "ranking.csv")[0]["status"] == "fragile_conductance"


def test_disconnected_contacts_come_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("A_A/T_T\nACA\n")
    assert run_screen(tmp_path / "two", EXACT, "--sequences", str(listed)) == EXIT_FINISHED
    assert [row["sequence"] for row in rows(tmp_path / "two" / "ranking.csv")] == ["ACA", "A_A"]
    assert "disconnected  1 of them" in capsys.readouterr().out
    statuses = {row["sequence"]: row["status"] for row in rows(tmp_path / "two" / "ranking.csv")}
    assert statuses == {"ACA": "ok", "A_A": "disconnected"}
    flags = ("--sequences", str(listed), *FERMI, "--rank_by", "log10_conductance")
    assert run_screen(tmp_path / "conductance", EXACT, *flags) == EXIT_FINISHED
    found = {row["sequence"]: row for row in rows(tmp_path / "conductance" / "ranking.csv")}
    assert found["A_A"]["status"] == "disconnected"
    listed.write_text("A_A/T_T\n")
    assert run_screen(tmp_path / "one", EXACT, "--sequences", str(listed)) == EXIT_FINISHED


def test_what_is_out_of_domain_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = save(tmp_path / "run", "standard")
    assert run_screen(tmp_path / "out", run, "--length", "2", "--top", "9") == EXIT_FINISHED
    log = capsys.readouterr().err
    assert "9 of the 9 ranked: out_of_domain, e.g. TA: unlike all training records: its" in log


def test_results_are_not_replaced_silently(tmp_path: Path) -> None:
    assert run_screen(tmp_path, EXACT, "--pattern", "AN") == EXIT_FINISHED
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run_screen(tmp_path, EXACT, "--pattern", "CN") == EXIT_CANNOT_WRITE
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert run_screen(tmp_path, EXACT, "--pattern", "CN", "--overwrite") == EXIT_FINISHED
    assert (tmp_path / "ranking.csv").read_bytes() != before["ranking.csv"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "nothing to be screened"),
        (("--length", "2", "--pattern", "AN"), "length and pattern to be screened"),
        (("--length", "0"), "length = 0"),
        (("--length", "17"), "1.7e10 sequences of length 17; at most 10,000,000,000"),
        (("--length", "40"), "1.2e24 sequences of length 40"),
        (("--pattern", "N" * 32), "stands for 1.8e19 sequences; at most 10,000,000,000"),
        (("--pattern", "A" + "N" * 1000), "stands for 1.1e602 sequences"),
        (("--pattern", "AXN"), "letter 'X' stands for no bases"),
        (("--pattern", ""), "it is empty"),
        (("--length", "2", "--top", "0"), "top = 0 is not allowed"),
        (("--length", "2", "--rank_by", "log10_conductance"), "needs the Fermi energy"),
        (("--length", "2", "--fermi_energy", "0"), "lies outside the energies"),
        (("--length", "2", "--window_min", "0"), "no energy lies in the window"),
        (("--length", "2", "--right_contact", "upper:2"), "lies outside a duplex"),
        (("--length", "2", "--eta", "-1"), "eta = -1.0 is not allowed"),
    ],
)
def test_bad_flags_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str
) -> None:
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_USAGE
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*"))


def test_bad_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.txt"
    flags = ("--sequences", str(path))
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_NOT_FOUND
    path.write_text("\n\n")
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_UNUSABLE_FILE
    path.write_bytes(b"\xff\xfe")
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_UNUSABLE_FILE
    path.write_text("ACG\nACU\n")
    assert run_screen(tmp_path / "out", EXACT, *flags) == EXIT_USAGE
    assert f"{path}, line 2: upper strand 'ACU'" in capsys.readouterr().err


def test_no_ranking_by_conductances_off_a_grid_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--length", "2", "--rank_by", "log10_conductance", "--fermi_energy", "-7.5")
    for model_type in SPECTRAL:
        run = save(tmp_path / model_type, model_type)
        is_resolved = load_predictor(str(run)).knows_hamiltonian
        code = run_screen(tmp_path / model_type / "out", run, *flags)
        assert code == (EXIT_FINISHED if is_resolved else EXIT_USAGE)
        assert ("--conductance_from_grid" in capsys.readouterr().err) != is_resolved
        folder = tmp_path / model_type / "from grid"
        assert run_screen(folder, run, *flags, "--conductance_from_grid") == EXIT_FINISHED
        (words,) = {row["status"] for row in rows(folder / "ranking.csv")}
        assert ("unresolved_conductance" in words) != is_resolved


def test_every_row_has_its_own_status(tmp_path: Path) -> None:
    """Lengths, base pairs and contacts decide, in the ranking and among all sequences."""
    run = save(tmp_path / "run", "standard", scores=POOR_SCORES)
    listed = {
        "ACG": "poor_model",
        "AC": "poor_model out_of_domain",
        "ACG/CTT": "poor_model out_of_domain",
        "TTT": "poor_model",
    }
    (tmp_path / "list.txt").write_text("\n".join(listed))
    flags = ("--sequences", str(tmp_path / "list.txt"), "--save_all")
    for name, table in ((run, "scores.csv"), (run, "ranking.csv")):
        assert run_screen(tmp_path / table, name, *flags) == EXIT_FINISHED
        found = {row["sequence"]: row["status"] for row in rows(tmp_path / table / table)}
        assert found == listed
    assert run_screen(tmp_path / "exact", EXACT, *flags) == EXIT_FINISHED
    exact = {row["sequence"]: row["status"] for row in rows(tmp_path / "exact" / "scores.csv")}
    assert exact == dict.fromkeys(listed, "ok") | {"ACG/CTT": "unlisted_coupling"}


def test_a_standard_model_keeps_to_its_energies(tmp_path: Path) -> None:
    run = save(tmp_path / "run", "standard")
    flags = ("--length", "3", "--energy_max", "-7")
    assert run_screen(tmp_path / "out", run, *flags) == EXIT_USAGE
    assert not list(tmp_path.glob("out/*"))


def test_an_interrupt_leaves_no_results(tmp_path: Path) -> None:
    words = ["screen", EXACT, "--length", "14", "--save_all", "-v", "--shard_size", "4096"]
    command = [sys.executable, "-m", "dnawire", *words, "--workers", "1"]
    command += ["--output", str(tmp_path / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert any(" of 268435456 sequences" in line for line in process.stderr)
            process.send_signal(signal.SIGINT)
            assert "dnawire: interrupted" in process.stderr.read()
        finally:
            process.kill()
    assert process.returncode == EXIT_INTERRUPTED
    assert [path.name for path in tmp_path.iterdir()] == ["out.shards"]


def test_a_distribution_counts_everything() -> None:
    distribution = Distribution()
    for values in (np.array([-1.0, -0.995, 0.5, -np.inf]), np.array([0.506])):
        distribution.add(values)
    edges, counts = distribution.binned()
    assert (counts.sum(), distribution.vanishing) == (4, 1)
    assert dict(zip(edges[counts > 0].round(2), counts[counts > 0], strict=True)) == {
        -1.0: 2, 0.5: 2,
    }  # fmt: skip
