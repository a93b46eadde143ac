"""Junctions: contacts on present bases, writing from the other strand, the PyG graph."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnawire.errors import InvalidContactError, MissingDependencyError
from dnawire.junction import MISSING, Contact, Duplex, Junction


@st.composite
def junctions(draw: st.DrawFn) -> Junction:
    length = draw(st.integers(1, 7))
    strand = st.text(st.sampled_from("ACGT_"), min_size=length, max_size=length)
    pair = st.tuples(strand, strand).filter(lambda two: set(two[0] + two[1]) != {MISSING})
    duplex = Duplex(*draw(pair))
    sites = st.lists(st.sampled_from(duplex.sites), min_size=1, unique=True)
    gamma = st.floats(1e-3, 1.0)

    def contact() -> Contact:
        places = draw(sites)
        parts = [Contact.at(site.strand, site.position, draw(gamma)) for site in places]
        return Contact(tuple(one for part in parts for one in part.attachments))

    return Junction(duplex, contact(), contact())


@given(junctions())
def test_flipping_twice_gives_the_junction_back(junction: Junction) -> None:
    assert junction.flipped().flipped() == junction
    assert junction.flipped().key == junction.key


@given(junctions())
def test_gamma_moves_with_the_bases(junction: Junction) -> None:
    flipped = junction.flipped()
    np.testing.assert_array_equal(flipped.gamma_left, junction.gamma_left[::-1, ::-1])
    np.testing.assert_array_equal(flipped.gamma_right, junction.gamma_right[::-1, ::-1])


@given(junctions())
def test_gamma_lies_on_present_bases_only(junction: Junction) -> None:
    assert not junction.gamma_left[~junction.duplex.mask].any()
    assert junction.gamma_left.sum() == pytest.approx(
        sum(one.gamma for one in junction.left.attachments)
    )


def test_positions_from_the_3_end_make_an_equal_junction() -> None:
    duplex = Duplex.parse("AAAC")
    left = Contact.at("upper", 0, 0.1)
    from_end = Junction(duplex, left, Contact.at("upper", -1, 0.1))
    assert from_end == Junction(duplex, left, Contact.at("upper", 3, 0.1))


def _contact(text: str) -> Contact:
    return Contact.parse(text, gamma=0.1)


@pytest.mark.parametrize(
    ("duplex", "left", "right", "words"),
    [
        (
            "ACGT/ACG_",
            "lower:3",
            "upper:3",
            ["left", "lower:3 is missing", "lower:0, lower:1, lower:2"],
        ),
        ("ACG/___", "upper:0", "lower:0", ["right", "no base at all"]),
        ("ACGT", "upper:0", "upper:4", ["right", "outside", "4 base pairs", "0 to 3"]),
        ("ACGT", "upper:0=0,lower:0=0", "upper:3", ["left", "every gamma is zero"]),
        ("ACGT", "upper:0,upper:-4", "upper:3", ["left", "upper:0 twice"]),
    ],
)
def test_impossible_contacts_are_named(
    duplex: str, left: str, right: str, words: list[str]
) -> None:
    with pytest.raises(InvalidContactError) as caught:
        Junction(Duplex.parse(duplex), _contact(left), _contact(right))
    assert all(word in str(caught.value) for word in words)
    assert caught.value.exit_code == 64


def test_both_contacts_may_share_a_base() -> None:
    junction = Junction(Duplex.parse("G"), _contact("upper:0"), _contact("upper:0"))
    np.testing.assert_array_equal(junction.gamma_left, junction.gamma_right)


@given(junctions())
def test_graph_has_every_edge_both_ways(junction: Junction) -> None:
    graph = junction.graph()
    opposite = np.array([4, 1, 2, 3, 0])
    forward = set(zip(*graph.edge_index.tolist(), graph.edge_type.tolist(), strict=True))
    source, target = graph.edge_index.tolist()
    backward = set(zip(target, source, opposite[graph.edge_type].tolist(), strict=True))
    assert forward == backward
    assert len(forward) == graph.edge_index.shape[1]


@given(junctions())
def test_graph_does_not_depend_on_the_writing(junction: Junction) -> None:
    graph, other = junction.graph(), junction.flipped().graph()
    mapped = len(graph.x) - 1 - graph.edge_index
    edges = set(zip(*mapped.tolist(), graph.edge_type.tolist(), strict=True))
    assert edges == set(zip(*other.edge_index.tolist(), other.edge_type.tolist(), strict=True))
    np.testing.assert_array_equal(graph.x[::-1], other.x)
    np.testing.assert_array_equal(graph.gamma_left[::-1], other.gamma_left)


def test_graph_of_a_full_duplex() -> None:
    junction = Junction(Duplex.parse("AC"), _contact("upper:0"), _contact("upper:1"))
    graph = junction.graph()
    np.testing.assert_array_equal(graph.x.argmax(axis=1), [0, 3, 1, 2])
    np.testing.assert_array_equal(graph.pair, [0, 0, 1, 1])
    edges = set(zip(*graph.edge_index.tolist(), graph.edge_type.tolist(), strict=True))
    assert {(0, 1, 1), (0, 2, 0), (3, 1, 0), (0, 3, 2), (1, 2, 3)} <= edges
    assert len(edges) == 2 * 6


def test_a_blank_has_no_edge() -> None:
    junction = Junction(Duplex.parse("AAA/T_T"), _contact("upper:0"), _contact("upper:2"))
    graph = junction.graph()
    stacked = np.isin(graph.edge_type, (0, 4))
    assert set(graph.strand[graph.edge_index[:, stacked]].ravel().tolist()) == {0}


def test_to_pyg_holds_the_graph() -> None:
    data_module = pytest.importorskip("torch_geometric.data")
    junction = Junction(Duplex.parse("AC"), _contact("upper:0"), _contact("upper:1"))
    data = junction.to_pyg()
    assert isinstance(data, data_module.Data)
    assert data.num_nodes == 4
    assert data.is_undirected()
    np.testing.assert_allclose(data.gamma_left.numpy(), [0.1, 0, 0, 0])


def test_to_pyg_without_the_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_geometric", None)
    monkeypatch.setitem(sys.modules, "torch_geometric.data", None)
    junction = Junction(Duplex.parse("AC"), _contact("upper:0"), _contact("upper:1"))
    with pytest.raises(MissingDependencyError, match=r"pip install dnawire\[pyg\]"):
        junction.to_pyg()


def test_the_layer_does_not_import_torch() -> None:
    program = "import sys, dnawire.junction, dnawire.tightbinding; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
