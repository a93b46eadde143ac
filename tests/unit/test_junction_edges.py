"""The table of edges, and what is derived from it."""

from __future__ import annotations

import numpy as np
import torch

from dnawire.junction import EDGE_KINDS, EDGES, NEIGHBORS, STACKING, Duplex, Site, edge_sites


def _at(sites: dict[tuple[int, int], Site], pair: int, strand: int) -> Site | None:
    return sites.get((pair, strand))


def test_neighbors_are_next_on_the_strand_of_the_base_and_its_partner() -> None:
    sites = {(one.pair, int(one.strand == "lower")): one for one in Duplex.parse("ACGT").sites}
    for (pair, strand), site in sites.items():
        itself, before, after, partner = (
            _at(sites, pair + shift, other) for shift, other in NEIGHBORS[strand]
        )
        assert itself == site
        assert partner is not None
        assert (partner.pair, partner.strand != site.strand) == (pair, True)
        for neighbor, shift in ((before, -1), (after, 1)):
            assert neighbor is None or neighbor.strand == site.strand
            assert neighbor is None or neighbor.position == site.position + shift
        assert (before is None, after is None) == (site.position == 0, site.position == 3)


def test_stacking_runs_from_5_to_3_and_diagonals_join_equal_ends() -> None:
    sites = Duplex.parse("ACG/CG_").sites
    (start, end), kinds = edge_sites(Duplex.parse("ACG/CG_").mask)
    for first, second, kind in zip(start.tolist(), end.tolist(), kinds.tolist(), strict=True):
        one, two = sites[first], sites[second]
        toward_three = (two.pair > one.pair) == (one.strand == "upper")
        name = EDGE_KINDS[kind]
        assert (name == "stacking") == (one.strand == two.strand)
        assert name != "stacking" or two.position == one.position + 1
        assert name != "pairing" or one.pair == two.pair
        assert name != "diagonal_five" or toward_three
        assert name != "diagonal_three" or not toward_three
    joined = {tuple(sorted(pair)) for pair in zip(start.tolist(), end.tolist(), strict=True)}
    near = {
        (i, j)
        for i, one in enumerate(sites)
        for j, two in enumerate(sites)
        if i < j and abs(one.pair - two.pair) <= 1
    }
    assert joined == near
    assert len(joined) == len(kinds)


def test_the_ends_of_an_edge_are_the_same_for_arrays_and_tensors() -> None:
    sites = np.arange(2 * 4 * 2).reshape(2, 4, 2)
    for edge in EDGES:
        for array, tensor in zip(edge.ends(sites), edge.ends(torch.tensor(sites)), strict=True):
            np.testing.assert_array_equal(array, tensor.numpy())
            assert list(array.shape) == [2, 4 - edge.is_step]
    assert [edge.kind for edge in EDGES].count(STACKING) == 2
