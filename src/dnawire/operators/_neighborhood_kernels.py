"""Compiled bookkeeping of the ladder: neighbors, edges, and which rows are equal."""

from __future__ import annotations

import numpy as np

from dnawire.compiled.kernel import compiled, inlined, internal
from dnawire.junction.edges import EDGES as _EDGES
from dnawire.junction.edges import NEIGHBORS as _NEIGHBORS
from dnawire.junction.edges import STACKING

EDGES = np.array(_EDGES)
"""Kind, pair and strand of the start, pair and strand of the end, by edge."""
NEIGHBORS = np.array(_NEIGHBORS)
"""Pairs along the helix and strand, by strand and relation."""


@inlined
def _hash(table, s):
    mixed = np.uint64(0)
    for k in range(table.shape[1]):
        mixed = (mixed ^ np.uint64(table[s, k] + 1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


@inlined
def _is_equal(table, s, t):
    equal = True
    for k in range(table.shape[1]):
        equal &= table[s, k] == table[t, k]
    return equal


@compiled
def unique_rows(table):
    """Different rows in order of appearance, and the number of each row among them."""
    rows, width = table.shape
    size = 2
    while size < 2 * rows:
        size *= 2
    slots, number = np.full(size, -1, np.int64), np.empty(rows, np.int64)
    first, found = np.empty(rows, np.int64), 0
    for s in range(rows):
        slot = np.int64(_hash(table, s) & np.uint64(size - 1))
        while slots[slot] >= 0 and not _is_equal(table, first[slots[slot]], s):
            slot = (slot + 1) % size
        if slots[slot] < 0:
            slots[slot], first[found] = found, s
            found += 1
        number[s] = slots[slot]
    different = np.empty((found, width), np.int64)
    for f in range(found):
        for k in range(width):
            different[f, k] = table[first[f], k]
    return different, number


@internal
def neighbor_table(present, inputs):
    """Input (B L 2, 4) of every site that each site receives from, by relation; -1 for none."""
    batch, length, _ = present.shape
    table = np.full((batch * length * 2, 4), -1, np.int64)
    for site in range(len(table)):
        b, n, strand = site // (2 * length), site // 2 % length, site % 2
        for k in range(4):
            there, other = n + NEIGHBORS[strand, k, 0], NEIGHBORS[strand, k, 1]
            if k == 0 or (0 <= there < length and present[b, there, other]):
                table[site, k] = inputs[(b * length + there) * 2 + other]
    return table


@compiled
def neighborhoods(inputs, present, num_layers, shared):
    """Tables of all layers, one after the other, and the row of each site in the last layer."""
    own = np.empty(present.size, np.int64)
    for s in range(len(own)):
        own[s] = s
    sites, rows = neighbor_table(present, own), inputs
    tables = np.empty((len(sites) * num_layers, 4), np.int64)
    starts, end = np.empty(num_layers + 1, np.int64), 0
    starts[0] = 0
    for layer in range(num_layers):
        table = np.empty(sites.shape, np.int64)
        for s in range(len(sites)):
            for k in range(4):
                table[s, k] = rows[sites[s, k]] if sites[s, k] >= 0 else -1
        if shared:
            table, rows = unique_rows(table)
        else:
            rows = own
        _put_rows(tables, end, table)
        end += len(table)
        starts[layer + 1] = end
    return tables, starts, rows


@inlined
def _put_rows(target, start, rows):
    for s in range(len(rows)):
        for k in range(rows.shape[1]):
            target[start + s, k] = rows[s, k]


@compiled
def edges(rows, batch, length):
    """Ends and kinds of the different edges of a batch, and which of them each edge is."""
    table, e = np.empty((batch * (len(EDGES) * (length - 1) + 1), 3), np.int64), 0
    for number in range(len(EDGES)):
        kind, start, start_strand, end, end_strand = EDGES[number]
        for b in range(batch):
            for n in range(length - abs(end - start)):
                pair = b * length + n
                one = rows[2 * (pair + start) + start_strand]
                other = rows[2 * (pair + end) + end_strand]
                if kind != STACKING:
                    one, other = min(one, other), max(one, other)
                table[e, 0], table[e, 1], table[e, 2] = kind, one, other
                e += 1
    different, which = unique_rows(table)
    ends, kinds = np.empty((len(different), 2), np.int64), np.empty(len(different), np.int64)
    for s in range(len(different)):
        kinds[s], ends[s, 0], ends[s, 1] = different[s, 0], different[s, 1], different[s, 2]
    return ends, kinds, which
