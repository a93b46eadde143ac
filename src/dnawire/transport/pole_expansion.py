r"""Spectra of a large orthogonal Hamiltonian from the poles of its Green's function.

With the effective Hamiltonian :math:`H - \tfrac{i}{2}(\Gamma_L + \Gamma_R) = V w V^{-1}`,

.. math::
    G(z) = V (z - w)^{-1} V^{-1}, \qquad T = \lVert t \rVert_F^2, \qquad
    t(z) = \sqrt{\Gamma_L}\, G_{LR}(z) \sqrt{\Gamma_R}, \qquad
    D_g = -\tfrac{1}{\pi} \operatorname{Im} \sum_{i \in g} G_{ii},

so that poles near a window serve every energy in it, every eta and averages over any interval; what
the others add to t and to the traces is smooth there, a series of Chebyshev polynomials. T is
summed from amplitudes: the sum over pairs of poles cancels where T is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
from jaxtyping import Complex, Float, Int
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.linalg import qr

from dnawire.threads import threaded
from dnawire.transport.contacted import ContactedSystem, Poles, Solution, real_product, sums
from dnawire.transport.series import SeriesWindow

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

_NODES: Final = 8
"""Gauss nodes of an interval; poles outside `_NEAR` half widths leave 1e-9 of the amplitude."""
_NEAR: Final = 8.0
_FAR: Final = 1.0
"""eV beyond the window, from where poles are summed up in polynomials."""
_PART: Final = 0.5
"""eV; width of a part of the window, and distance from it, of which poles are looked at."""
_DEGREE: Final = 24
_SHIFT: Final = 0.02
"""Half widths of the window above the real axis, where no energy meets a level."""
_RULE: Final = np.polynomial.legendre.leggauss(_NODES)
_FINE_RULE: Final = np.polynomial.legendre.leggauss(6 * _NODES)


@dataclass(frozen=True, eq=False)
class Amplitudes:
    """The amplitude t in a window: poles near it, and a series for all others.

    Parameters
    ----------
    window
        Where it holds.
    energies
        Poles w in eV, (P,), in the lower half plane.
    left, right
        Residues, (l, P) and (r, P): that of pole n is ``left[:, n]`` times ``right[:, n]``.
    series
        Chebyshev coefficients of what the other poles add.
    """

    window: SeriesWindow
    energies: Complex[Complexes, " P"]
    left: Complex[Complexes, "l P"]
    right: Complex[Complexes, "r P"]
    series: Complex[Complexes, "n l r"]

    def at(
        self, energies: Complexes, skipped: NDArray[np.bool_] | None = None
    ) -> Complex[Complexes, "E l r"]:
        """Amplitudes at complex energies, without the skipped poles."""
        weights = 1.0 / (energies[:, None] - self.energies)
        if skipped is not None:
            weights[:, skipped] = 0.0
        found: Complexes = np.tensordot(self.window.polynomials(energies), self.series, 1)
        return found + (self.left * weights[:, None]) @ self.right.T

    def squares(self, energies: Complexes) -> Float[Doubles, " E"]:
        """Sums of the squared amplitudes at complex energies."""
        poles = 1.0 / (energies[:, None] - self.energies)
        weights = np.hstack([self.window.polynomials(energies), poles])
        return _squares(weights @ self._factor.T)

    @cached_property
    def _factor(self) -> Complexes:
        """R with the same norms as the amplitude for all weights of its terms: no digit is lost."""
        residues = self.left[:, None] * self.right
        terms = np.concatenate([self.series, np.moveaxis(residues, -1, 0)])
        (factor,) = qr(terms.reshape(len(terms), -1).T, mode="r", check_finite=False)
        return np.asarray(factor[: len(terms)])

    def narrowed(self, low: float, high: float) -> Amplitudes:
        """The same in a part of the window: fewer poles, and a series for all others."""
        window = _series_window(low, high)
        is_near = _distance(self.energies, (low + high) / 2, window.half) < _PART
        smooth = self.at(window.points, is_near)
        return Amplitudes(
            window,
            self.energies[is_near],
            self.left[:, is_near],
            self.right[:, is_near],
            window.series(smooth),
        )

    def mean_square(self, low: float, high: float) -> float:
        """Exact mean of the transmission in an interval on the real axis."""
        middle, half = (low + high) / 2, (high - low) / 2
        is_near = _distance(self.energies, middle, 0.0) < _NEAR * half
        nodes, weights = _RULE
        smooth = self.at((middle + half * nodes).astype(np.complex128), is_near)
        left, right = self.left[:, is_near], self.right[:, is_near]
        # Residues in units of the half width, so that the interval is [-1, 1].
        poles = (self.energies[is_near] - middle) / half
        gram = (left.conj().T @ left) * (right.conj().T @ right) / half**2
        tested = smooth.conj() @ right
        mixed = np.einsum("gln,ln->gn", tested, left) / half
        total = weights @ _squares(smooth)
        total += 2.0 * np.sum(mixed * _moments(poles)).real
        total += np.sum(gram.T * _pair_integrals(poles)).real
        return float(total) / 2.0


@dataclass(frozen=True, eq=False)
class PoleExpansion:
    """The Green's function of one junction in a window of energies.

    Parameters
    ----------
    amplitudes
        Amplitude between the contacts, with the poles.
    groups
        Residues of the trace of G over the orbitals of every group, (g, P).
    group_series
        Chebyshev coefficients of what the other poles add to the traces.
    """

    amplitudes: Amplitudes
    groups: Complex[Complexes, "g P"]
    group_series: Complex[Complexes, "n g"]

    @classmethod
    def of(
        cls,
        system: ContactedSystem,
        low: float,
        high: float,
        groups: Int[NDArray[np.int64], " N"] | None = None,
    ) -> PoleExpansion:
        """Find the poles of a junction and sum up those that are far.

        Parameters
        ----------
        system
            Hamiltonian and contacts.
        low, high
            Ends of the window in eV.
        groups
            Group of every orbital, from 0; None takes all as one group, which costs less.

        Raises
        ------
        NotConvergedError
            If the poles do not converge.
        """
        window, poles = _series_window(low, high), system.poles(low - _FAR, high + _FAR)
        left, right = np.split(real_product(system.contacts.T, poles.vectors), [system.num_left])
        trace = _Trace.of(system, poles, groups)

        def others(energy: complex) -> tuple[Complexes, Complexes]:
            solution, near = system.at(energy), 1.0 / (energy - poles.energies)
            amplitude = system.amplitudes(solution) - (left * near) @ right.T
            return amplitude, trace.at(solution) - trace.residues @ near

        amplitudes, traces = zip(*threaded(others, window.points.tolist()), strict=True)
        series = window.series(np.stack(amplitudes))
        found = Amplitudes(window, poles.energies, left, right, series)
        return cls(found, trace.residues, window.series(np.stack(traces)))

    def local_dos(self, energies: Float[Doubles, " E"], eta: float) -> Float[Doubles, "g E"]:
        """Density of states of every group at E + i eta, 1/eV."""
        points = energies + 1j * eta
        traces = self.groups @ (1.0 / (points - self.amplitudes.energies[:, None]))
        traces += self.group_series.T @ self.amplitudes.window.polynomials(points).T
        found: Doubles = -traces.imag / math.pi
        return found

    def mean_local_dos(self, edges: Float[Doubles, " M"]) -> Float[Doubles, "g K"]:
        """Exact mean of the density of states (eta = 0) between neighboring edges, 1/eV."""
        # All poles lie below the real axis, so that the principal logarithm has no jump on it.
        steps = np.diff(np.log(edges - self.amplitudes.energies[:, None]), axis=1)
        window, integral = self.amplitudes.window, chebyshev.chebint(self.group_series, axis=0)
        values = chebyshev.chebvander(window.unit(edges), len(integral) - 1) @ integral
        smooth = np.diff(values, axis=0).T * window.half
        found: Doubles = -(self.groups @ steps + smooth).imag / (math.pi * np.diff(edges))
        return found

    def transmission(self, energies: Float[Doubles, " E"], eta: float) -> Float[Doubles, " E"]:
        """Transmission at E + i eta, dimensionless."""
        return self.amplitudes.squares(energies + 1j * eta)

    def mean_transmission(self, edges: Float[Doubles, " M"]) -> Float[Doubles, " K"]:
        """Mean of the transmission (eta = 0) between neighboring edges, to 1e-8 of itself.

        The amplitude is a polynomial through Gauss nodes plus the poles that are near, and the
        square of that is integrated analytically, however sharp a resonance is.
        """
        intervals = np.arange(len(edges) - 1)
        count = min(math.ceil((edges[-1] - edges[0]) / _PART), len(intervals))
        found = []
        for part in np.array_split(intervals, count):
            ends = edges[part[0] : part[-1] + 2].tolist()
            narrow = self.amplitudes.narrowed(ends[0], ends[-1])
            found += [narrow.mean_square(*pair) for pair in pairwise(ends)]
        return np.array(found)


@dataclass(frozen=True, eq=False)
class _Trace:
    """Trace of G over the orbitals of groups."""

    system: ContactedSystem
    residues: Complexes
    """Of the poles, (g, P)."""
    groups: NDArray[np.int64] | None
    shares: Doubles
    """Of the orbitals of H in the groups, (g, N)."""

    @classmethod
    def of(cls, system: ContactedSystem, poles: Poles, groups: NDArray[np.int64] | None) -> _Trace:
        if groups is None:
            return cls(system, np.ones((1, len(poles.energies)), np.complex128), None, np.empty(0))
        residues = sums(real_product(system.system.vectors, poles.vectors) ** 2, groups)
        return cls(system, residues, groups, sums(system.system.vectors**2, groups))

    def at(self, solution: Solution) -> Complexes:
        if self.groups is None:
            return np.array([self.system.trace(solution)])
        bare = real_product(self.shares, solution.bare[:, None])[:, 0]
        return bare + self.system.traces(solution, self.groups)


def _series_window(low: float, high: float) -> SeriesWindow:
    return SeriesWindow(low, high, _DEGREE, _SHIFT, math.inf)


def _distance(energies: Complexes, middle: float, half: float) -> Doubles:
    """Distance of poles from an interval of the real axis."""
    beyond = np.maximum(abs(energies.real - middle) - half, 0.0)
    found: Doubles = np.hypot(beyond, energies.imag)
    return found


def _squares(amplitudes: Complexes) -> Doubles:
    """Sum over all axes but the first."""
    rows = amplitudes.reshape(len(amplitudes), -1)
    found: Doubles = np.einsum("ex,ex->e", rows, rows.conj()).real
    return found


def _moments(poles: Complexes) -> Complexes:
    """Integral over [-1, 1] of every Lagrange polynomial divided by x - w, (nodes, poles)."""
    nodes, weights = _RULE
    powers = np.polynomial.legendre.legvander(nodes, _NODES - 1)
    scale = (2 * np.arange(_NODES) + 1) / 2
    functions = np.stack(list(_second_kind(poles)))
    found: Complexes = (weights[:, None] * powers * scale) @ functions
    return found


def _second_kind(poles: Complexes) -> Iterator[Complexes]:
    """Integral of P_k(x) / (x - w) over [-1, 1] for every k below the number of nodes.

    It is -2 Q_k(w), a Legendre function of the second kind. Upward recursion loses digits far from
    the interval, where Gauss quadrature has them.
    """
    nodes, weights = _FINE_RULE
    values = np.polynomial.legendre.legvander(nodes, _NODES - 1)
    quadrature = np.einsum("x,xk,xn->kn", weights, values, 1.0 / (nodes[:, None] - poles))
    is_close = _distance(poles, 0.0, 1.0) < 1.0
    before, now = np.zeros_like(poles), np.log(1 - poles) - np.log(-1 - poles)
    for k in range(_NODES):
        yield np.where(is_close, now, quadrature[k])
        # P_0 alone has an integral of its own, which the recursion for k = 0 adds.
        before, now = now, ((2 * k + 1) * poles * now - k * before + 2.0 * (k == 0)) / (k + 1)


def _pair_integrals(poles: Complexes) -> Complexes:
    """Integral over [-1, 1] of 1 / ((x - w_n) (x - conj(w_m))), (n, m)."""
    logarithm = np.log(1 - poles) - np.log(-1 - poles)
    found: Complexes = (logarithm[:, None] - logarithm.conj()) / (poles[:, None] - poles.conj())
    return found
