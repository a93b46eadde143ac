"""A trained model as what is passed on: a folder or one file, with its card and its checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors.torch import save

import dnawire
from dnawire.errors import NotFoundError, UsageError
from dnawire.inference.load import EXACT, named_model
from dnawire.models import StoredModel, load_model, read_model_files, weights_digest
from dnawire.models.sealed import (
    CARD_NAME,
    CHECKSUMS_NAME,
    DESCRIPTION_NAME,
    SHARING,
    WEIGHTS_NAME,
    checksums,
    sealed_file,
)

_ADDED: Final = "\n<!-- added by dnawire export -->\n"


@dataclass(frozen=True)
class ModelExport:
    """A model that is ready to be written.

    Attributes
    ----------
    name
        Short name.
    source
        Where it was.
    stored
        The model and its provenance.
    sharing
        License and citation, None where nobody said; program; SHA-256 of the weights.
    description
        Content of ``config.json``.
    card
        Content of ``README.md``.
    """

    name: str
    source: Path
    stored: StoredModel
    sharing: Mapping[str, Any]
    description: str
    card: str

    def folder(self) -> dict[str, bytes]:
        """Files of the folder by name, with the checksums of all others."""
        files = {
            WEIGHTS_NAME: save(self._weights),
            DESCRIPTION_NAME: self.description.encode(),
            CARD_NAME: self.card.encode(),
        }
        return {**files, CHECKSUMS_NAME: checksums(files)}

    def file(self) -> bytes:
        """Content of the one file."""
        return sealed_file(self._weights, self.description, self.card)

    @property
    def _weights(self) -> dict[str, Any]:
        state = self.stored.model.state_dict()
        return {name: value.detach().cpu().clone() for name, value in state.items()}


def export_model(name: str, license: str | None, citation: str | None) -> ModelExport:
    """Read a model and say what those need to know who get it.

    Parameters
    ----------
    name
        As `load_predictor` takes it, but for ``exact:NAME``.
    license
        Under which the model may be used, best as an SPDX identifier; None says that nobody said.
    citation
        What to cite for the model; None leaves the program and the source of the records.

    Raises
    ------
    UsageError
        If it is a parameter set, which has no weights.
    NotFoundError
        If there is no model, or it has no card.
    UnusableFileError
        If it is damaged.
    """
    if name.startswith(EXACT):
        raise UsageError(
            f"{name} is a parameter set and no trained model: there is nothing to export",
            "Give the output folder of a finished run, or pass on the name of the set.",
        )
    folder, label = named_model(name)
    stored = load_model(folder)
    files = read_model_files(folder)
    sharing = {
        "license": license,
        "citation": citation,
        "program": f"dnawire {dnawire.__version__}",
        "weights_sha256": weights_digest(stored.model.state_dict()),
    }
    description = json.loads(files.description) | {SHARING: sharing}
    card = _card_of(folder, files.card) + _sharing_text(sharing, stored.provenance)
    text = json.dumps(description, indent=2) + "\n"
    return ModelExport(label, folder, stored, sharing, text, card)


def _card_of(folder: Path, card: str) -> str:
    """Card that the run has written, without what an earlier export has added to it."""
    if not card:
        raise NotFoundError(
            f"the model in {folder} has no card: README.md is missing",
            "Repeat the command of the run, which writes its results again.",
        )
    return card.partition(_ADDED)[0].rstrip() + "\n"


def _sharing_text(sharing: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    license = sharing["license"] or "not stated: ask its authors before you use or pass on it"
    cited = [
        *([sharing["citation"]] if sharing["citation"] else []),
        f"{sharing['program']}, by which it was trained (CITATION.cff of the program)",
        *(f"records: https://doi.org/{doi}" for doi in _dois(provenance)),
    ]
    lines = [
        *(_ADDED, "## License", "", str(license), "", "## How to cite", ""),
        *(f"- {one}" for one in cited),
        *("", "## Checksum", ""),
        f"SHA-256 of the weights (names, types, shapes, values): `{sharing['weights_sha256']}`.",
        "`dnawire predict` reads the model and refuses it if any byte of it was altered.",
    ]
    return "\n".join(lines) + "\n"


def _dois(provenance: Mapping[str, Any]) -> list[str]:
    found = provenance["source"].get("doi", [])
    return [str(doi) for doi in found] if isinstance(found, list) else [str(found)]
