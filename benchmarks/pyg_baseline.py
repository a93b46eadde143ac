"""The usual way to train: PyTorch Geometric, a collating loader, a dense solve, plain Adam."""

from __future__ import annotations

import torch
from dense_baseline import dense_log_spectra
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import GATConv, global_mean_pool

EDGE_FEATURES = 5
NODE_FEATURES = 4


def duplex_graph(upper: list[int], gamma: float, target: Tensor) -> Data:
    """Graph of a complete duplex: two contact nodes, then the bases of both strands, 5' to 3'."""
    length = len(upper)
    lower = [3 - base for base in reversed(upper)]
    x = torch.zeros(2 + 2 * length, NODE_FEATURES)
    x[torch.arange(2, 2 + 2 * length), torch.tensor(upper + lower)] = 1.0
    edges: list[tuple[int, int]] = []
    features: list[list[float]] = []

    def connect(a: int, b: int, kind: int, direction: float, coupling: float) -> None:
        for start, end, sign in ((a, b, 1.0), (b, a, -1.0)):
            edges.append((start, end))
            one_hot = [float(kind == index) for index in range(3)]
            features.append([*one_hot, sign * direction, coupling])

    connect(0, 2, 2, 1.0, gamma)
    connect(1, 1 + length, 2, 1.0, gamma)
    for strand in range(2):
        for n in range(length - 1):
            site = 2 + strand * length + n
            connect(site, site + 1, 0, 1.0, 0.0)
    for n in range(length):
        connect(2 + n, 1 + 2 * length - n, 1, 0.0, 0.0)
    return Data(
        x=x, edge_index=torch.tensor(edges).T, edge_attr=torch.tensor(features), y=target[None]
    )


class Encoder(nn.Module):
    """Linear inputs, then convolution, normalization and ReLU per layer."""

    def __init__(self, hidden: int, layers: int, heads: int) -> None:
        super().__init__()
        self.node, self.edge = nn.Linear(NODE_FEATURES, hidden), nn.Linear(EDGE_FEATURES, hidden)
        self.convs = nn.ModuleList(
            GATConv(hidden, hidden // heads, heads, edge_dim=hidden) for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(layers))

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Embeddings of nodes and edges."""
        x, edge = self.node(data.x), self.edge(data.edge_attr)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = torch.relu(norm(conv(x, data.edge_index, edge)))
        return x, edge


class Standard(nn.Module):
    """Pooled embeddings to spectra by two heads."""

    def __init__(self, hidden: int, layers: int, heads: int, energies: Tensor) -> None:
        super().__init__()
        self.encoder = Encoder(hidden, layers, heads)
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(hidden, hidden // 2), nn.ReLU(), nn.Dropout(0.1),
                nn.Linear(hidden // 2, len(energies)),
            )
            for _ in range(2)
        )  # fmt: skip

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """log10 T and log10 DOS."""
        x, _ = self.encoder(data)
        pooled = global_mean_pool(x, data.batch)
        return self.heads[0](pooled), self.heads[1](pooled)


class Hamiltonian(nn.Module):
    """On-site and hopping heads to a dense H of equal-sized graphs, and a solve per energy."""

    def __init__(self, hidden: int, layers: int, heads: int, energies: Tensor) -> None:
        super().__init__()
        self.encoder = Encoder(hidden, layers, heads)
        self.onsite = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.hopping = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.register_buffer("energies", energies.float())

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """log10 T and log10 DOS."""
        x, edge = self.encoder(data)
        graphs = int(data.batch[-1]) + 1
        nodes = x.shape[0] // graphs
        start, end = data.edge_index
        inner = (start % nodes >= 2) & (end % nodes >= 2) & (start < end)
        i, j = start[inner], end[inner]
        pair = torch.cat((x[i], x[j], edge[inner]), dim=-1)
        hamiltonian = x.new_zeros(graphs, nodes - 2, nodes - 2)
        rows, columns = i % nodes - 2, j % nodes - 2
        value = self.hopping(pair).squeeze(-1)
        hamiltonian = hamiltonian.index_put((i // nodes, rows, columns), value)
        hamiltonian = hamiltonian + hamiltonian.mT
        onsite = self.onsite(x).view(graphs, nodes)[:, 2:]
        hamiltonian = hamiltonian + torch.diag_embed(onsite)
        left, right = torch.zeros_like(onsite), torch.zeros_like(onsite)
        left[:, 0] = right[:, nodes // 2 - 2] = 0.1
        return dense_log_spectra(hamiltonian, left, right, self.get_buffer("energies"))
