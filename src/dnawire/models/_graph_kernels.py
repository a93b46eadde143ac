"""Compiled bookkeeping: who hears whom, which rows are equal, and which edges there are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.compiled.kernel import compiled, inlined

KINDS = 4
"""Kinds of edges: stacking, pairing, diagonal between 5' ends, diagonal between 3' ends."""


class Neighborhoods(NamedTuple):
    """See `dnawire.models.neighborhoods.Neighborhoods`."""

    tables: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]


class Edges(NamedTuple):
    """See `dnawire.models.neighborhoods.Edges`."""

    ends: NDArray[np.int64]
    starts: NDArray[np.int64]
    which: NDArray[np.int64]
    which_starts: NDArray[np.int64]


@compiled
def site_table(present):
    """Sites heard by each site (B L 2, 4): itself, 5' neighbor, 3' neighbor, partner; -1: none."""
    batch, length, _ = present.shape
    table = np.full((batch * length * 2, 4), -1, np.int64)
    for b in range(batch):
        for n in range(length):
            for strand in range(2):
                site = (b * length + n) * 2 + strand
                table[site, 0] = site
                toward_five = -1 if strand == 0 else 1
                for slot, other in ((1, n + toward_five), (2, n - toward_five)):
                    if 0 <= other < length and present[b, other, strand]:
                        table[site, slot] = (b * length + other) * 2 + strand
                if present[b, n, 1 - strand]:
                    table[site, 3] = (b * length + n) * 2 + 1 - strand
    return table


@inlined
def _mixed(table, s):
    """Hash of a row."""
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
def different_rows(table):
    """Different rows in order of appearance, and the number of each row among them."""
    rows, width = table.shape
    size = 2
    while size < 2 * rows:
        size *= 2
    slots, number = np.full(size, -1, np.int64), np.empty(rows, np.int64)
    first, found = np.empty(rows, np.int64), 0
    for s in range(rows):
        slot = np.int64(_mixed(table, s) & np.uint64(size - 1))
        while slots[slot] >= 0 and not _is_equal(table, first[slots[slot]], s):
            slot = (slot + 1) % size
        if slots[slot] < 0:
            slots[slot], first[found] = found, s
            found += 1
        number[s] = slots[slot]
    different = np.empty((found, width), np.int64)
    for f in range(found):
        different[f] = table[first[f]]
    return different, number


@compiled
def neighborhoods(inputs, present, num_layers, shared):
    """Tables of all layers, one after the other, and the row of each site in the last layer."""
    sites, names = site_table(present), inputs.copy()
    tables, starts = (
        np.empty((len(sites) * num_layers, 4), np.int64),
        np.zeros(1 + num_layers, np.int64),
    )
    for layer in range(num_layers):
        table = np.empty_like(sites)
        for s in range(len(sites)):
            for k in range(4):
                table[s, k] = names[sites[s, k]] if sites[s, k] >= 0 else -1
        if shared:
            table, names = different_rows(table)
        else:
            names = sites[:, 0].copy()
        starts[layer + 1] = starts[layer] + len(table)
        tables[starts[layer] : starts[layer + 1]] = table
    return Neighborhoods(tables[: starts[num_layers]].copy(), starts, names)


@compiled
def _ends(rows, batch, length, kind):
    """Rows at both ends of every edge of one kind."""
    if kind == 1:
        ends = np.empty((batch * length, 2), np.int64)
        for pair in range(batch * length):
            upper, lower = rows[2 * pair], rows[2 * pair + 1]
            ends[pair, 0], ends[pair, 1] = min(upper, lower), max(upper, lower)
        return ends
    steps = batch * (length - 1)
    ends = np.empty((2 * steps if kind == 0 else steps, 2), np.int64)
    for b in range(batch):
        for n in range(length - 1):
            e, pair = b * (length - 1) + n, 2 * (b * length + n)
            upper, lower, next_upper, next_lower = rows[pair : pair + 4]
            if kind == 0:
                ends[2 * e, 0], ends[2 * e, 1] = upper, next_upper
                ends[2 * e + 1, 0], ends[2 * e + 1, 1] = next_lower, lower
            else:
                one, other = (upper, next_lower) if kind == 2 else (lower, next_upper)
                ends[e, 0], ends[e, 1] = min(one, other), max(one, other)
    return ends


@compiled
def edges(rows, batch, length):
    """Different edges of all kinds, kind after kind, and which of them each edge is."""
    most = batch * (5 * length - 4)
    ends, which = np.empty((most, 2), np.int64), np.empty(most, np.int64)
    starts, which_starts = np.zeros(KINDS + 1, np.int64), np.zeros(KINDS + 1, np.int64)
    for kind in range(KINDS):
        different, number = different_rows(_ends(rows, batch, length, kind))
        starts[kind + 1] = starts[kind] + len(different)
        which_starts[kind + 1] = which_starts[kind] + len(number)
        ends[starts[kind] : starts[kind + 1]] = different
        which[which_starts[kind] : which_starts[kind + 1]] = starts[kind] + number
    return Edges(
        ends[: starts[KINDS]].copy(), starts, which[: which_starts[KINDS]].copy(), which_starts
    )
