"""``dnawire scan``: every change once, with the numbers of predictions of the changed duplexes."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import LEFT, RIGHT, save

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, InvalidStructureError, UsageError
from dnawire.inference import single_changes, status

EXACT = "exact:kordas2025"
FERMI = -7.1
PAIRS = {("A", "T"), ("C", "G"), ("G", "C"), ("T", "A")}


def brute_force(text: str) -> dict[str, set[str]]:
    """Texts of all duplexes that differ in one pair, by kind; the definition in other words."""
    duplex = dw.Duplex(text)
    upper, lower = duplex.upper, duplex.lower[::-1]
    found: dict[str, set[str]] = {}
    for place, pair in itertools.product(range(len(upper)), itertools.product("ACGT_", repeat=2)):
        old = upper[place], lower[place]
        changed = [place for place in (0, 1) if pair[place] != old[place]]
        if len(changed) == 2 and pair in PAIRS:
            kind = "mutation"
        elif len(changed) != 1 or old == ("_", "_"):
            continue
        elif pair in PAIRS:
            kind = "repair"
        elif pair[changed[0]] == "_":
            kind = "missing"
        else:
            kind = "mutation" if "_" in pair else "mismatch"
        ups = upper[:place] + pair[0] + upper[place + 1 :]
        lows = lower[:place] + pair[1] + lower[place + 1 :]
        if (ups + lows).strip("_"):
            found.setdefault(kind, set()).add(f"{ups}/{lows[::-1]}")
    return found


@pytest.mark.parametrize("text", ["A", "ACG", "AC_G/CGTT", "A__C/GT_T", "GG/GG"])
def test_every_change_is_there_once(text: str) -> None:
    duplex = dw.Duplex(text)
    found: dict[str, list[str]] = {}
    for change in single_changes(duplex):
        changed = change.applied(duplex)
        found.setdefault(change.kind, []).append(f"{changed.upper}/{changed.lower}")
    assert {kind: set(texts) for kind, texts in found.items()} == brute_force(text)
    assert all(len(texts) == len(set(texts)) for texts in found.values())


def test_a_watson_crick_duplex_has_eleven_changes_a_pair() -> None:
    kinds = [change.kind for change in single_changes(dw.Duplex("ACGT"))]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "mutation": 12, "mismatch": 24, "missing": 8,
    }  # fmt: skip


@pytest.mark.parametrize("rank_by", ["log10_transmission", "log10_conductance"])
def test_effects_are_differences_of_predictions(rank_by: str) -> None:
    parent = "GC_T/ATGC"
    scan = dw.scan(parent, EXACT, fermi_energy=FERMI, rank_by=rank_by)  # type: ignore[call-overload]
    known = [one for one in scan.changes if not math.isnan(one.effect)]
    texts: list[dw.Duplex | str] = [parent, *(one.duplex for one in known)]
    values = []
    for one in dw.predict(texts, EXACT, fermi_energy=FERMI):
        at_fermi = one.summary.at_fermi_energy
        assert at_fermi is not None
        quanta = at_fermi.conductance.conductance_quanta
        conductance = math.log10(quanta) if quanta > 0.0 else -math.inf
        is_t = rank_by == "log10_transmission"
        values.append(at_fermi.log10_transmission if is_t else conductance)
    assert scan.parent == pytest.approx(values[0], abs=1e-12)
    np.testing.assert_allclose([one.effect for one in known], np.array(values[1:]) - values[0],
                               atol=1e-9)  # fmt: skip
    sizes = [abs(one.effect) for one in known]
    assert sizes == sorted(sizes, reverse=True)


def test_a_model_without_a_hamiltonian_is_scanned(tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "standard")
    scan = dw.scan("ACG", run, fermi_energy=-7.5, left=LEFT, right=RIGHT)
    texts = [one.duplex for one in scan.changes if not math.isnan(one.effect)]
    predicted = dw.predict(texts, run, fermi_energy=-7.5, left=LEFT, right=RIGHT)
    for found, one in zip(scan.changes, predicted, strict=False):
        at_fermi = one.summary.at_fermi_energy
        assert at_fermi is not None
        # Batches of another size round differently.
        assert found.value == pytest.approx(at_fermi.log10_transmission, abs=1e-5)
    assert any("out_of_domain after" in one for one in scan.warnings)
    with pytest.raises(UsageError, match="knows T at the energies of its grid only"):
        dw.scan("ACG", run, fermi_energy=-7.5, rank_by="log10_conductance")


def test_contacts_that_would_lose_their_base_are_said() -> None:
    left, right = "upper:0=0.1,lower:-1=0.1", "upper:-1=0.1"
    scan = dw.scan("ACG", EXACT, fermi_energy=FERMI, left=left, right=right)
    lost = [one for one in scan.changes if math.isnan(one.effect)]
    assert [(one.change.pair, one.change.text) for one in lost] == [
        (0, "A-T > A-_"), (0, "A-T > _-T"), (2, "G-C > _-C"),
    ]  # fmt: skip
    assert [one.change for one in scan.changes[-3:]] == [one.change for one in lost]
    assert "the left contact would lose its base" in scan.warnings[-1]
    assert "lost_contact after 3 of 33 changes" in scan.warnings[-1]
    assert [row[-1] for row in scan.rows[-3:]] == ["lost_contact"] * 3
    both = dw.scan("A", EXACT, fermi_energy=FERMI, left="upper:0=0.1", right="upper:0=0.1")
    assert both.changes[-1].remarks[0].sentence == (
        "the left and the right contact would lose its base"
    )


def test_changes_without_an_ideal_structure_are_said() -> None:
    scan = dw.scan("GA", "pretrained:xtb", fermi_energy=-10.2)
    without = [one for one in scan.changes if status(one.remarks) == "no_structure"]
    assert {one.change.text for one in without} >= {"G-C > G-G", "G-C > G-T", "A-T > A-G"}
    assert all(math.isnan(one.value) and one.reason for one in without)
    known = [one for one in scan.changes if not math.isnan(one.value)]
    assert {one.change.kind for one in known} == {"mutation", "mismatch"}
    assert scan.changes[: len(known)] == known
    assert f"no_structure after {len(without)} of 22 changes" in "".join(scan.warnings)
    assert f"out_of_domain after {len(known)} of 22 changes" in "".join(scan.warnings)
    with pytest.raises(InvalidStructureError):
        dw.scan("GA/GC", "pretrained:xtb", fermi_energy=-10.2)


def test_what_breaks_the_wire_comes_first() -> None:
    scan = dw.scan("ACG/__T", EXACT, fermi_energy=FERMI)
    first = scan.changes[0]
    assert np.isneginf(first.effect)
    assert first.change.text == "C-_ > _-_"
    assert "disconnected" in scan.rows[1][-1]
    scan.plot()
    with pytest.raises(UsageError, match="nothing flows through A_G"):
        dw.scan("A_G", EXACT, fermi_energy=FERMI)


def test_files_are_those_of_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--fermi_energy", str(FERMI), "--output", str(tmp_path / "a")]
    assert main(["scan", EXACT, "ACGT", *flags]) == EXIT_FINISHED
    printed, log = capsys.readouterr()
    assert "parent        ACGT: " in printed
    assert "19 more; the table has all of them" in printed
    assert "lost_contact after 2 of 44 changes" in log
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "scan.csv", "scan.png", "scan.svg",
    }  # fmt: skip
    rows = list(csv.DictReader((tmp_path / "a" / "scan.csv").read_text().splitlines()))
    scan = dw.scan(dw.Duplex("ACGT"), EXACT, fermi_energy=FERMI)
    assert [float(row["change_decades"]) for row in rows[:-2]] == [
        one.effect for one in scan.changes[:-2]
    ]
    assert (rows[-1]["change_decades"], rows[-1]["log10_transmission"]) == ("", "")
    assert rows[-1]["reason"] == "the right contact would lose its base"
    assert not any(row["reason"] for row in rows[:-2])
    assert not any("nan" in row.values() for row in rows)
    assert rows[0]["sequence"] == scan.changes[0].duplex.text
    assert list(scan.to_dataframe().columns) == list(rows[0])


def test_several_parents_are_scanned_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.fasta"
    file.write_text(">first\nACG\n>both\nAYG\n")
    out = tmp_path / "out"
    words = ["scan", EXACT, "GC", "--sequences", str(file), "--fermi_energy", str(FERMI)]
    assert main([*words, "--output", str(out)]) == EXIT_FINISHED
    found = dw.scan(["GC", "ACG", "AYG"], EXACT, fermi_energy=FERMI)
    rows = list(csv.DictReader((out / "scan.csv").read_text().splitlines()))
    parents = ["GC", "ACG", "ACG", "ATG"]
    assert list(dict.fromkeys((row["name"], row["parent"]) for row in rows)) == [
        ("", "GC"), ("first", "ACG"), ("both", "ACG"), ("both", "ATG"),
    ]  # fmt: skip
    assert [row["parent"] for row in rows] == found.table()["parent"][1]
    for one, parent in zip(found, parents, strict=True):
        alone = dw.scan(parent, EXACT, fermi_energy=FERMI)
        assert [each.effect for each in one.changes[:-2]] == [
            each.effect for each in alone.changes[:-2]
        ]
    assert (out / "scan_4_ATG.svg").is_file()
    with pytest.raises(UsageError, match="4 scans do not fit into one figure"):
        found.plot()
    with pytest.raises(UsageError, match="'AYG' stands for 2 sequences"):
        dw.scan("AYG", EXACT, fermi_energy=FERMI)
    assert dw.scan(file, EXACT, fermi_energy=FERMI).names == ["first", "both", "both"]


def test_no_quantity_at_the_fermi_energy() -> None:
    with pytest.raises(UsageError, match="'mean_log10_dos' is no quantity at the Fermi energy"):
        dw.scan("A", EXACT, rank_by="mean_log10_dos")  # type: ignore[call-overload]


def test_a_scan_by_t_needs_no_carriers_within_its_energies() -> None:
    near: dict[str, Any] = {"fermi_energy": -7.1, "energy_min": -7.11, "energy_max": -7.09}
    found = dw.scan("AC", EXACT, **near)
    assert found.parent == dw.scan("AC", EXACT, fermi_energy=-7.1).parent
    with pytest.raises(UsageError, match="of the carriers"):
        dw.scan("AC", EXACT, rank_by="log10_conductance", **near)
    assert dw.screen(EXACT, length=2, rank_by="log10_transmission", **near)
