"""``dnawire.export``: a trained model to pass on, as a folder or as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.target import write_target
from dnawire.files.durable import replace_durably
from dnawire.inference.export import export_model
from dnawire.models.sealed import (
    MODEL_SUFFIX,
)
from dnawire.quantities import SCORED

if TYPE_CHECKING:
    from dnawire.inference.export import ModelExport

_UNKNOWN: Final = "not stated"


def export(
    model: Path | str,
    output: Path | str | None = None,
    *,
    license: str | None = None,
    citation: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a trained model as a folder or as one file, which ``predict`` reads wherever it lies.

    Parameters
    ----------
    model
        As `dnawire.load` takes it by name: the output folder of a run, for example.
    output
        File to write, if its name ends in ``.safetensors``, else a folder; None makes
        ``NAME.safetensors`` in the current folder.
    license
        Under which the model may be used, best as an SPDX identifier such as ``"CC-BY-4.0"``.
    citation
        What to cite for the model.
    overwrite
        Replace what is there.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    NotFoundError
        If there is no such model, or it has no card.
    UnusableFileError
        If the model is damaged.
    UsageError
        If it is a parameter set.
    NotWritableError
        If the target exists or cannot be written.
    """
    return write_export(export_model(str(model), license, citation), output, overwrite=overwrite)


def write_export(
    exported: ModelExport, output: Path | str | None, *, overwrite: bool = False
) -> Path:
    """Write what `export_model` has made; see `export`."""
    target = Path(exported.name + MODEL_SUFFIX if output is None else output)
    if target.suffix == MODEL_SUFFIX:
        write_target(target, exported.file(), overwrite=overwrite)
        return target
    with result_folder(
        ResultPlace(target, overwrite), "", exported.name, RESULT_NAMES["export"]
    ) as folder:
        for name, content in exported.folder().items():
            replace_durably(folder.path / name, content)
        return folder.publish()


def export_properties(exported: ModelExport) -> dict[str, str]:
    """What is said of an exported model, by name."""
    stored = exported.stored
    scores: dict[str, float] = next(iter(stored.provenance.get("scores", {}).values()), {})
    found = [f"{one.error_label} {scores[one.name]:.4f}" for one in SCORED if one.name in scores]
    sharing = exported.sharing
    return {
        "model": f"{exported.name}, {stored.specification.model_type}",
        "from": str(exported.source),
        "test error": ", ".join(found) or _UNKNOWN,
        "license": sharing["license"] or _UNKNOWN,
        "citation": sharing["citation"] or _UNKNOWN,
        "weights": f"SHA-256 {sharing['weights_sha256']}",
    }
