"""What a competent user of PyTorch writes for this task, without a compiler.

Batches that were collated once, neighbors gathered by the fixed topology of a ladder, one complex
eigendecomposition or two columns of the inverse instead of the whole of it, fused Adam.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

NONE = -1
SMALL = 1e-38


def two_columns(
    hamiltonian: Tensor, gamma_left: Tensor, gamma_right: Tensor, energies: Tensor
) -> tuple[Tensor, Tensor]:
    """log10 T and log10 DOS (B, E) from the columns of both contacts, one solve per energy.

    H is (B, N, N); the contacts are the first orbital with a coupling (B, N) on either side.
    """
    identity = torch.eye(hamiltonian.shape[-1], dtype=torch.complex128)
    width = 0.5j * torch.diag_embed(gamma_left + gamma_right)
    matrix = energies[None, :, None, None] * identity + (width - hamiltonian)[:, None]
    ends = torch.stack((gamma_left.argmax(1), gamma_right.argmax(1)), dim=1)
    source = identity[ends].mT[:, None].expand(-1, len(energies), -1, -1)
    return spectra(torch.linalg.solve(matrix, source).movedim(1, 2), gamma_left, gamma_right)


def eigendecomposition(
    hamiltonian: Tensor, gamma_left: Tensor, gamma_right: Tensor, energies: Tensor
) -> tuple[Tensor, Tensor]:
    """The same from the poles of H - i Gamma / 2; arguments as above.

    PyTorch refuses the gradient of its eigenvectors, so that it comes from dG = G dH G.
    """
    with torch.no_grad():
        effective = hamiltonian.double() - 0.5j * torch.diag_embed(gamma_left + gamma_right)
        poles, vectors = torch.linalg.eig(effective)
        # H is complex symmetric: the left eigenvectors are the right ones
        left = vectors.mT / (vectors * vectors).sum(1)[..., None]
        propagators = (1.0 / (energies[None, None] - poles[..., None]))[..., None]
        rows, ends = (
            torch.arange(len(poles))[:, None],
            (gamma_left.argmax(1), gamma_right.argmax(1)),
        )
        shares = left.mT[rows, torch.stack(ends, dim=1)].mT[:, :, None]
        columns = times(vectors, propagators * shares)
    change = (hamiltonian - hamiltonian.detach()).to(torch.complex128)
    first_order = times(vectors, propagators * times(left, times(change, columns)))
    return spectra(columns + first_order, gamma_left, gamma_right)


def times(matrix: Tensor, columns: Tensor) -> Tensor:
    """Product of (B, N, N) and (B, N, E, 2)."""
    product: Tensor = matrix @ columns.flatten(2)
    return product.view(columns.shape)


def spectra(columns: Tensor, gamma_left: Tensor, gamma_right: Tensor) -> tuple[Tensor, Tensor]:
    """log10 T and log10 DOS (B, E) from the columns of G at both contacts (B, N, E, 2)."""
    element = columns[torch.arange(len(columns)), gamma_left.argmax(1), :, 1]
    gamma = torch.stack((gamma_left.amax(1), gamma_right.amax(1)), dim=1)
    transmission = gamma.prod(1)[:, None] * element.abs().square()
    dos = (columns.abs().square().sum(1) * gamma[:, None]).sum(-1) / (2.0 * math.pi)
    return (transmission + SMALL).log10(), (dos + SMALL).log10()


def ladder_edges(length: int) -> list[tuple[int, int, int]]:
    """Ends and kind of the bonds of a duplex: stacking along both strands, pairing, contacts.

    Nodes: two contacts, then both strands, 5' to 3'.
    """
    bonds = [(0, 2, 2), (1, 1 + length, 2)]
    for strand in range(2):
        first = 2 + strand * length
        bonds += [(first + n, first + n + 1, 0) for n in range(length - 1)]
    return bonds + [(2 + n, 1 + 2 * length - n, 1) for n in range(length)]


class Attention(nn.Module):
    """Graph attention over a table of neighbors (nodes, K)."""

    def __init__(self, hidden: int, heads: int, table: Tensor, kinds: Tensor) -> None:
        super().__init__()
        self.heads = heads
        self.value = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 2 * heads, bias=False)
        self.edge = nn.Embedding(4, heads)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.register_buffer("table", table.clamp_min(0))
        self.register_buffer("kinds", kinds)
        self.register_buffer("missing", table == NONE)

    def forward(self, x: Tensor) -> Tensor:
        """New embeddings (B, nodes, hidden)."""
        table = self.get_buffer("table")
        value: Tensor = self.value(x)
        here, there = self.score(value).chunk(2, dim=-1)
        logits = here[:, :, None] + there[:, table] + self.edge(self.get_buffer("kinds"))
        logits = torch.nn.functional.leaky_relu(logits, 0.2)
        logits = logits.masked_fill(self.get_buffer("missing")[..., None], -torch.inf)
        sent = value[:, table].unflatten(-1, (self.heads, -1))
        found: Tensor = (logits.softmax(2)[..., None] * sent).sum(2).flatten(2) + self.bias
        return found


def neighbor_table(length: int) -> tuple[Tensor, Tensor]:
    """Neighbors of every node, itself first, and the kinds of these bonds (nodes, K)."""
    received: list[list[tuple[int, int]]] = [[(node, 3)] for node in range(2 + 2 * length)]
    for start, end, kind in ladder_edges(length):
        received[start].append((end, kind))
        received[end].append((start, kind))
    most = max(map(len, received))
    filled = [one + [(NONE, 3)] * (most - len(one)) for one in received]
    found = torch.tensor(filled)
    return found[..., 0], found[..., 1]


class Encoder(nn.Module):
    """Attention, normalization and ReLU per layer."""

    def __init__(self, hidden: int, layers: int, heads: int, length: int) -> None:
        super().__init__()
        table = neighbor_table(length)
        self.node = nn.Embedding(6, hidden)
        self.layers = nn.ModuleList(Attention(hidden, heads, *table) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(layers))

    def forward(self, base: Tensor) -> Tensor:
        """Embeddings of contacts and bases, from the codes of the upper strand (B, L)."""
        contacts = torch.tensor([4, 5]).expand(len(base), -1)
        x: Tensor = self.node(torch.cat((contacts, base, 3 - base.flip(1)), dim=1))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = torch.relu(norm(layer(x)))
        return x


class Standard(nn.Module):
    """Pooled embeddings to spectra by two heads."""

    def __init__(self, hidden: int, layers: int, heads: int, energies: Tensor, length: int) -> None:
        super().__init__()
        self.encoder = Encoder(hidden, layers, heads, length)
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(hidden, hidden // 2), nn.ReLU(), nn.Dropout(0.1),
                nn.Linear(hidden // 2, len(energies)),
            )
            for _ in range(2)
        )  # fmt: skip

    def forward(self, base: Tensor) -> tuple[Tensor, Tensor]:
        """log10 T and log10 DOS."""
        pooled = self.encoder(base).mean(1)
        return self.heads[0](pooled), self.heads[1](pooled)


class Hamiltonian(nn.Module):
    """On-site and hopping heads to a dense H, and one eigendecomposition for all energies."""

    def __init__(self, hidden: int, layers: int, heads: int, energies: Tensor, length: int) -> None:
        super().__init__()
        self.encoder = Encoder(hidden, layers, heads, length)
        self.onsite = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.hopping = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.kind = nn.Embedding(2, hidden)
        inner = [bond for bond in ladder_edges(length) if bond[2] < 2]
        self.register_buffer("bonds", torch.tensor(inner).T)
        self.register_buffer("energies", energies)

    def forward(self, base: Tensor) -> tuple[Tensor, Tensor]:
        """log10 T and log10 DOS."""
        x = self.encoder(base)
        start, end, kind = self.get_buffer("bonds")
        pair = torch.cat((x[:, start], x[:, end] + self.kind(kind)), dim=-1)
        value = self.hopping(pair).squeeze(-1)
        onsite = self.onsite(x[:, 2:]).squeeze(-1)
        hamiltonian = torch.diag_embed(onsite)
        rows = torch.cat((start, end)) - 2, torch.cat((end, start)) - 2
        hamiltonian[:, rows[0], rows[1]] = torch.cat((value, value), dim=1)
        left, right = torch.zeros_like(onsite), torch.zeros_like(onsite)
        left[:, 0] = right[:, base.shape[1] - 1] = 0.1
        found = eigendecomposition(hamiltonian, left, right, self.get_buffer("energies"))
        return found[0].float(), found[1].float()
