"""Compiled bookkeeping of who hears whom, and of which rows are equal."""

from __future__ import annotations

import numpy as np

from dnawire.transport.compilation import compiled


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


@compiled
def replaced(table, names):
    """The table with every site replaced by its name; -1 stays."""
    result = np.empty_like(table)
    for s in range(table.shape[0]):
        for k in range(table.shape[1]):
            result[s, k] = names[table[s, k]] if table[s, k] >= 0 else -1
    return result


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
        mixed = np.uint64(0)
        for k in range(width):
            mixed = (mixed ^ np.uint64(table[s, k] + 1)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        slot = np.int64(mixed & np.uint64(size - 1))
        while slots[slot] >= 0:
            equal, known = True, first[slots[slot]]
            for k in range(width):
                equal &= table[known, k] == table[s, k]
            if equal:
                break
            slot = (slot + 1) % size
        if slots[slot] < 0:
            slots[slot], first[found] = found, s
            found += 1
        number[s] = slots[slot]
    different = np.empty((found, width), np.int64)
    for f in range(found):
        different[f] = table[first[f]]
    return different, number
