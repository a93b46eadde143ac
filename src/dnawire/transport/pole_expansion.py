r"""Spectra of a large orthogonal Hamiltonian from the poles of its Green's function.

With the effective Hamiltonian :math:`H - \tfrac{i}{2}(\Gamma_L + \Gamma_R) = V w V^{-1}`,

.. math::
    G(z) = V (z - w)^{-1} V^{-1}, \qquad T = \lVert t \rVert_F^2, \qquad
    t(z) = \sqrt{\Gamma_L}\, G_{LR}(z) \sqrt{\Gamma_R}, \qquad
    D_g = -\tfrac{1}{\pi} \operatorname{Im} \sum_{i \in g} G_{ii},

so that one diagonalization serves every energy, every eta and averages over any interval. T is
summed from amplitudes: the sum over pairs of poles cancels where T is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Complex, Float, Int
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_NODES: Final = 8
"""Gauss nodes of an interval; poles outside `_NEAR` half widths leave 1e-9 of the amplitude."""
_NEAR: Final = 8.0
_FAR: Final = 1.0
"""eV beyond the window, from where poles are summed up in polynomials."""
_DEGREE: Final = 24
_RULE: Final = np.polynomial.legendre.leggauss(_NODES)
_FINE_RULE: Final = np.polynomial.legendre.leggauss(6 * _NODES)
_AT_ONCE: Final = 16
"""Energies whose amplitudes are computed together."""


@dataclass(frozen=True, eq=False)
class PoleExpansion:
    """The Green's function of one junction as a sum over its N poles.

    Parameters
    ----------
    energies
        Poles w in eV, (N,), in the lower half plane.
    left, right
        Residues of the amplitude t, (l, N) and (r, N): that of pole n is ``left[:, n]`` times
        ``right[:, n]``.
    groups
        Residues of the trace of G over the orbitals of every group, (g, N).
    """

    energies: Complex[Complexes, " N"]
    left: Complex[Complexes, "l N"]
    right: Complex[Complexes, "r N"]
    groups: Complex[Complexes, "g N"]

    @classmethod
    def of(
        cls,
        hamiltonian: Float[Doubles, "N N"],
        gamma_left: Float[Doubles, " N"],
        gamma_right: Float[Doubles, " N"],
        groups: Int[NDArray[np.int64], " N"],
    ) -> PoleExpansion:
        """Diagonalize the effective Hamiltonian of a junction.

        Parameters
        ----------
        hamiltonian
            Symmetric, in an orthogonal basis, eV.
        gamma_left, gamma_right
            Diagonals of the contact couplings, eV, non-negative.
        groups
            Group of every orbital, from 0.
        """
        effective = hamiltonian - 0.5j * np.diag(gamma_left + gamma_right)
        energies, vectors = np.linalg.eig(effective)
        inverse = np.linalg.inv(vectors)
        on_left, on_right = np.flatnonzero(gamma_left), np.flatnonzero(gamma_right)
        order = np.argsort(groups, kind="stable")
        starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
        return cls(
            energies=energies,
            left=np.sqrt(gamma_left[on_left])[:, None] * vectors[on_left],
            right=np.sqrt(gamma_right[on_right])[:, None] * inverse.T[on_right],
            groups=np.add.reduceat((vectors * inverse.T)[order], starts),
        )

    def local_dos(self, energies: Float[Doubles, " E"], eta: float) -> Float[Doubles, "g E"]:
        """Density of states of every group at E + i eta, 1/eV."""
        resolvent = 1.0 / (energies + 1j * eta - self.energies[:, None])
        found: Doubles = -(self.groups @ resolvent).imag / math.pi
        return found

    def mean_local_dos(self, edges: Float[Doubles, " M"]) -> Float[Doubles, "g K"]:
        """Exact mean of the density of states (eta = 0) between neighboring edges, 1/eV."""
        # All poles lie below the real axis, so that the principal logarithm has no jump on it.
        steps = np.diff(np.log(edges - self.energies[:, None]), axis=1)
        found: Doubles = -(self.groups @ steps).imag / (math.pi * np.diff(edges))
        return found

    def transmission(self, energies: Float[Doubles, " E"], eta: float) -> Float[Doubles, " E"]:
        """Transmission at E + i eta, dimensionless."""
        amplitudes = _Amplitudes.of(self, float(energies[0]), float(energies[-1]))
        parts = np.array_split(energies + 1j * eta, -(-len(energies) // _AT_ONCE))
        return np.concatenate([_squares(amplitudes.at(part)) for part in parts])

    def mean_transmission(self, edges: Float[Doubles, " M"]) -> Float[Doubles, " K"]:
        """Mean of the transmission (eta = 0) between neighboring edges, to 1e-8 of itself.

        The amplitude is a polynomial through Gauss nodes plus the poles that are near, and the
        square of that is integrated analytically, however sharp a resonance is.
        """
        amplitudes = _Amplitudes.of(self, float(edges[0]), float(edges[-1]))
        pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        return np.array([_mean_square(amplitudes, low, high) for low, high in pairs])


@dataclass(frozen=True, eq=False)
class _Amplitudes:
    """t(z) about a window: poles near it, and a Chebyshev series for all others."""

    middle: float
    half: float
    energies: Complexes
    left: Complexes
    right: Complexes
    series: Complexes
    """(degree + 1, l, r)."""

    @classmethod
    def of(cls, poles: PoleExpansion, low: float, high: float) -> _Amplitudes:
        middle, half = (low + high) / 2, (high - low) / 2
        is_near = _distance(poles.energies, middle, half) < _FAR
        unit = np.cos(math.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
        far = ~is_near
        left, right, energies = poles.left[:, far], poles.right[:, far], poles.energies[far]
        values = np.stack([(left / (middle + half * x - energies)) @ right.T for x in unit])
        transform = np.polynomial.chebyshev.chebvander(unit, _DEGREE).T * 2 / (_DEGREE + 1)
        transform[0] /= 2
        return cls(
            middle,
            half,
            poles.energies[is_near],
            poles.left[:, is_near],
            poles.right[:, is_near],
            np.tensordot(transform, values, 1),
        )

    def at(self, energies: Complexes, skipped: NDArray[np.bool_] | None = None) -> Complexes:
        """Amplitudes (E, l, r) at complex energies, without the skipped near poles."""
        unit = (energies - self.middle) / self.half
        smooth = np.polynomial.chebyshev.chebvander(unit, _DEGREE)
        weights = 1.0 / (energies[:, None] - self.energies)
        if skipped is not None:
            weights[:, skipped] = 0.0
        found: Complexes = np.tensordot(smooth, self.series, 1)
        return found + (self.left * weights[:, None]) @ self.right.T


def _distance(energies: Complexes, middle: float, half: float) -> Doubles:
    """Distance of poles from an interval of the real axis."""
    beyond = np.maximum(abs(energies.real - middle) - half, 0.0)
    return np.hypot(beyond, energies.imag)


def _squares(amplitudes: Complexes) -> Doubles:
    found: Doubles = np.einsum("elr,elr->e", amplitudes, amplitudes.conj()).real
    return found


def _mean_square(amplitudes: _Amplitudes, low: float, high: float) -> float:
    middle, half = (low + high) / 2, (high - low) / 2
    is_near = _distance(amplitudes.energies, middle, 0.0) < _NEAR * half
    nodes, weights = _RULE
    smooth = amplitudes.at((middle + half * nodes).astype(np.complex128), is_near)
    left, right = amplitudes.left[:, is_near], amplitudes.right[:, is_near]
    # Residues in units of the half width, so that the interval is [-1, 1].
    poles = (amplitudes.energies[is_near] - middle) / half
    gram = (left.conj().T @ left) * (right.conj().T @ right) / half**2
    tested = smooth.conj() @ right
    mixed = np.einsum("gln,ln->gn", tested, left) / half
    total = weights @ _squares(smooth)
    total += 2.0 * np.sum(mixed * _moments(poles)).real
    total += np.sum(gram.T * _pair_integrals(poles)).real
    return float(total) / 2.0


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
