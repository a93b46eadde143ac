"""What a set of records holds, and which junctions are unlike all of it."""

from __future__ import annotations

import json

import pytest
from data_samples import SOURCE, make_record

from dnawire.data import Coverage, TransportDataset
from dnawire.data.coverage import placement
from dnawire.junction import Contact, Duplex, Junction


def junction(text: str, left: str = "upper:0=0.1", right: str = "upper:-1=0.2") -> Junction:
    return Junction(Duplex.parse(text), Contact.parse(left), Contact.parse(right))


@pytest.fixture
def coverage() -> Coverage:
    records = [
        make_record("ACGT", right="upper:-1=0.2"),
        make_record("GATTAC", right="lower:0=0.3"),
        make_record("AAC/G_T", right="upper:-1=0.1"),
    ]
    return Coverage.of_dataset(TransportDataset.from_records(records, SOURCE))


def test_what_the_records_hold(coverage: Coverage) -> None:
    assert coverage.lengths == (3, 6)
    assert coverage.couplings == (0.1, 0.3)
    assert set(coverage.placements) == {"lower:-1 | lower:0", "lower:0 | upper:0"}
    assert coverage.pairs == ("AT", "A_", "CG")


def test_it_survives_json(coverage: Coverage) -> None:
    assert Coverage.from_plain(json.loads(json.dumps(coverage.to_plain()))) == coverage


@pytest.mark.parametrize(
    ("one", "respects"),
    [
        (junction("GCGC"), set()),
        (junction("GCGC").flipped(), set()),
        (junction("GCGC", "upper:-1=0.1", "upper:0=0.1"), set()),
        (junction("GC"), {"lengths"}),
        (junction("GCGCGCG"), {"lengths"}),
        (junction("GCGC", "upper:0=0.05"), {"couplings"}),
        (junction("GCGC", "upper:0=0.5"), {"couplings"}),
        (junction("GCGC", "upper:1=0.1"), {"placements"}),
        (junction("GCGC", "upper:0=0.1,lower:-1=0.1"), {"placements"}),
        (junction("ACG/CTT"), {"pairs"}),
        (junction("GC/_C", "upper:1=0.1"), {"lengths", "pairs", "placements"}),
    ],
)
def test_what_is_unlike_all_of_them(coverage: Coverage, one: Junction, respects: set[str]) -> None:
    assert set(coverage.out_of_domain(one)) == respects


def test_positions_count_from_the_nearer_end() -> None:
    assert placement(junction("GCGCG", "upper:1=0.1", "lower:3=0.1")) == "lower:-2 | upper:1"
