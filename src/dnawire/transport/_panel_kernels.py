"""Compiled choice of the panels on which an integrand with known poles is smooth.

A panel of half width h takes a pole at the distance ``RATIO h`` and more from its center, so that
Gauss quadrature converges alike on all of them, however narrow a resonance is. From an edge e
the largest such h for the pole a - i g solves ``(e + h - a)^2 + g^2 = (RATIO h)^2``.
"""

from __future__ import annotations

import math

from dnawire.compiled.kernel import compiled, internal

RATIO = 1.5
SMOOTH = 4.0
"""Half width in k_B T of the widest panel on which Fermi functions are smooth off their poles."""
TAIL = 40.0
"""Distance in k_B T from where Fermi functions are exponentials of less than 1e-17."""
SMOOTH_TAIL = 7.0
"""The same as ``SMOOTH`` beyond it: to 1e-9 of what crosses there."""
CLOSE = 0.6
"""Share of their distance pi k_B T at which poles of Fermi functions count: they are double."""
FINEST = 1e-15
"""Smallest half width, relative to the largest energy."""


@internal
def half_width(distance, width):
    """Largest half width of a panel that begins at a distance beyond a pole."""
    excess = RATIO * RATIO - 1.0
    square = distance * distance
    return (distance + math.sqrt(square + excess * (square + width * width))) / excess


@internal
def step_of(edge, real, width, centers, thermal, reach):
    """Half width of the panel that begins at an edge."""
    step = math.inf
    for n in range(len(real)):
        largest = half_width(edge - real[n], width[n])
        if largest < step:  # false for a pole at infinity
            step = largest
    for k in range(len(centers)):
        distance = edge - centers[k]
        span = reach * thermal[k]
        if distance < -span:
            step = min(step, -0.5 * (distance + span))
        elif distance < span:
            smooth = SMOOTH if abs(distance) < TAIL * thermal[k] else SMOOTH_TAIL
            step = min(step, smooth * thermal[k])
            step = min(step, half_width(distance, CLOSE * math.pi * thermal[k]))
    return step


@compiled
def march(real, width, centers, thermal, reach, breaks, edges):
    """Edges of the panels of every junction between the first and the last of the breaks.

    Parameters are the poles (B, N), the Fermi energies and k_B T of the thermal windows (W,) and
    their half width in k_B T, and energies (Q,) that must be edges, increasing. Fills ``edges``
    (B, M), with the last break where there are fewer, and returns the largest number needed, which
    may exceed M: then call it again with as many.
    """
    needed = 0
    finest = FINEST * max(abs(breaks[0]), abs(breaks[-1]))
    for b in range(len(real)):
        edge, count, ahead = breaks[0], 0, 1
        while ahead < len(breaks):
            if count < edges.shape[1]:
                edges[b, count] = edge
            count += 1
            step = step_of(edge, real[b], width[b], centers, thermal, reach)
            following = edge + 2.0 * max(step, finest)
            if following >= breaks[ahead]:
                following = breaks[ahead]
                ahead += 1
            edge = following
        for k in range(count, edges.shape[1]):
            edges[b, k] = breaks[-1]
        needed = max(needed, count + 1)
    return needed
