"""Contents of JSON that tell when they are damaged."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def sealed(content: dict[str, Any]) -> bytes:
    """A line with the digest of what follows."""
    text = json.dumps(content).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def opened(data: bytes) -> dict[str, Any]:
    """Content of what is sealed.

    Raises
    ------
    ValueError
        It is damaged.
    """
    digest, _, text = data.partition(b"\n")
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise ValueError("the content is damaged")
    content: dict[str, Any] = json.loads(text)
    return content
