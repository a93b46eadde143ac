"""DNA as a molecular wire: density of states and transmission of DNA junctions."""

from __future__ import annotations

__version__ = "0.1.0"
