"""Fiber A-DNA: the published helix, to the standard of B-DNA, where it is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.data import write_dataset
from dnawire.data.atomistic import CHARGE_UNIT
from dnawire.electronic import converge
from dnawire.errors import EXIT_USAGE, UsageError
from dnawire.junction import Duplex
from dnawire.structures import (
    AtomicStructure,
    base_pair_steps,
    build_duplex,
    check_structure,
    helix_of,
)
from dnawire.xtb.level import Level
from dnawire.xtb.plan import XtbPlan, compute_duplex
from dnawire.xtb.spectra import Window
from dnawire.xtb.variants import Variant

A_DNA = helix_of("a")


def a_form(text: str) -> AtomicStructure:
    return build_duplex(Duplex.parse(text), A_DNA)


def distance(structure: AtomicStructure, one: tuple[int, str], other: tuple[int, str]) -> float:
    ends = structure.positions[[structure.atom(*one), structure.atom(*other)]]
    return float(np.linalg.norm(ends[0] - ends[1]))


def torsion(structure: AtomicStructure, *atoms: tuple[int, str]) -> float:
    points = structure.positions[[structure.atom(*one) for one in atoms]]
    first, axis, last = np.diff(points, axis=0)
    one, other = np.cross(first, axis), np.cross(axis, last)
    sine = np.cross(one, other) @ axis / np.linalg.norm(axis)
    return float(np.degrees(np.arctan2(sine, one @ other)))


@pytest.mark.parametrize("text", ["ACGT", "GGGGCCCC", "AAAATTTT", "GATTACA", "CGCGAATTCGCG"])
def test_all_duplexes_fit(text: str) -> None:
    structure, other = a_form(text), build_duplex(Duplex.parse(text))
    check_structure(structure)
    assert structure.names == other.names
    assert structure.charge == other.charge


def test_the_helix_is_the_published_one() -> None:
    """2.56 Angstrom and 32.7 degrees, 11 pairs a turn; bases inclined by 20 degrees."""
    assert (A_DNA.rise, A_DNA.twist) == (2.56, 32.7)
    structure = a_form("GATTACA")
    first = structure.positions[structure.atom(1, "P")]
    second = structure.positions[structure.atom(2, "P")]
    assert second[2] - first[2] == pytest.approx(2.56)
    angles = np.degrees([np.arctan2(one[1], one[0]) for one in (first, second)])
    assert (angles[1] - angles[0]) % 360.0 == pytest.approx(32.7)
    assert np.hypot(*first[:2]) == pytest.approx(8.92, abs=0.001)
    steps = base_pair_steps(structure)
    assert steps.rise == pytest.approx(3.28, abs=0.03)
    assert steps.roll == pytest.approx(10.7, abs=0.1)
    ring = [structure.atom(1, name) for name in ("N1", "C2", "N3", "C4", "C5", "C6", "N9")]
    around = structure.positions[ring] - structure.positions[ring].mean(0)
    normal = np.linalg.svd(around)[2][2]
    assert np.degrees(np.arccos(abs(normal[2]))) == pytest.approx(20.2, abs=0.3)


def test_bonds_and_hydrogen_bonds_are_those_of_dna() -> None:
    structure = a_form("GATTACA")
    assert distance(structure, (0, "O3'"), (1, "P")) == pytest.approx(1.58, abs=0.01)
    assert distance(structure, (1, "P"), (1, "O5'")) == pytest.approx(1.59, abs=0.01)
    pairs = {
        ("O6", "N4"): 2.72, ("N1", "N3"): 2.90, ("N2", "O2"): 3.06,
    }  # fmt: skip
    for (donor, acceptor), length in pairs.items():
        assert distance(structure, (0, donor), (13, acceptor)) == pytest.approx(length, abs=0.01)
    for (donor, acceptor), length in {("N6", "O4"): 2.82, ("N1", "N3"): 2.96}.items():
        assert distance(structure, (1, donor), (12, acceptor)) == pytest.approx(length, abs=0.01)


def test_sugars_are_c3_endo() -> None:
    """Phase of the pseudorotation (doi:10.1021/ja00778a043), 0 to 36 degrees."""

    def phase(structure: AtomicStructure) -> float:
        one, two, three, four, five = (
            torsion(structure, *((3, name) for name in names))
            for names in (
                ("C1'", "C2'", "C3'", "C4'"), ("C2'", "C3'", "C4'", "O4'"),
                ("C3'", "C4'", "O4'", "C1'"), ("C4'", "O4'", "C1'", "C2'"),
                ("O4'", "C1'", "C2'", "C3'"),
            )
        )  # fmt: skip
        sines = np.sin(np.radians([36.0, 72.0])).sum()
        return float(np.degrees(np.arctan2(three + five - two - four, 2 * one * sines)) % 360.0)

    assert phase(a_form("GATTACA")) == pytest.approx(13.0, abs=2.0)
    assert 140.0 < phase(build_duplex(Duplex.parse("GATTACA"))) < 200.0
    delta = torsion(a_form("GATTACA"), *((3, name) for name in ("C5'", "C4'", "C3'", "O3'")))
    assert delta == pytest.approx(84.0, abs=1.0)


def test_both_strands_are_alike() -> None:
    structure = a_form("GCGC")
    half = len(structure) // 2
    turned = structure.positions[half:] * [1.0, -1.0, -1.0] + [0.0, 0.0, 3 * 2.56]
    angle = np.radians(3 * 32.7)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned[:, :2] = turned[:, :2] @ turn.T
    assert abs(turned - structure.positions[:half]).max() < 1e-9


def test_structures_take_a_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = dw.structure("GATC", form="a")
    assert np.array_equal(found.positions[0], a_form("GATC").positions)
    assert "Fiber A-DNA" in str(found)
    assert np.array_equal(dw.structure("GATC", form="b").positions, dw.structure("GATC").positions)
    path = tmp_path / "a.pdb"
    assert main(["structure", "GATC", str(path), "--form", "a"]) == 0
    read = dw.structure(path)
    assert abs(read.positions - found.positions).max() < 6e-4
    with pytest.raises(UsageError, match=r"form = a has no effect on .*a\.pdb"):
        dw.structure(path, form="a")
    assert main(["structure", str(path), "--form", "b"]) == EXIT_USAGE


def test_plans_of_records_name_their_form() -> None:
    window = Window(-11.0, -10.0, 3, 0.005, ())
    conditions = [XtbPlan(("GA",), (), Level(), window, form).conditions for form in ("a", "b")]
    assert [one["helix"] for one in conditions] == ["a-dna", "b-dna"]
    assert conditions[0]["helix_digest"] != conditions[1]["helix_digest"]
    assert XtbPlan(("GA",), (), Level(), window).conditions == conditions[1]


def test_records_of_a_dna_have_its_charges_and_train_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = Window(-11.0, -10.0, 3, 0.005, ())
    plan = XtbPlan(("GA",), (Variant("same", 0.1),), Level(), window, "a")
    dataset, columns = compute_duplex(plan, "GA")
    exact = converge(a_form("GA"), Level().parameters).shell_charges
    assert abs(columns.charges[0] * CHARGE_UNIT - exact).max() < CHARGE_UNIT
    assert columns.helix == "a-dna"
    path = tmp_path / "a.h5"
    write_dataset(path, dataset, add=columns.write)
    assert main(["train", "--data", str(path), "--model_type", "atomistic"]) == EXIT_USAGE
    assert "have the geometry a-dna, or one of another version" in capsys.readouterr().err
