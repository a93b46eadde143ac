"""Contacts as texts and couplings, and the rest from the training of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dnawire.errors import UsageError

if TYPE_CHECKING:
    from dnawire.junction import Contact


def contact(side: str, text: str | None, gamma: float | None, trained: Contact | None) -> Contact:
    """Return what is asked for; the rest is as in the training."""
    from dnawire.junction import Contact

    if text is not None:
        couplings = {one.gamma for one in trained.attachments} if trained else set()
        if gamma is None and len(couplings) == 1:
            gamma = couplings.pop()
        return Contact.parse(text, gamma)
    if trained is None:
        raise UsageError(
            f"the model was trained on records with contacts of their own: no {side} contact is "
            "the obvious one",
            f"Give it with its coupling in eV, e.g. --{side}_contact upper:0=0.1.",
        )
    if gamma is None:
        return trained
    return Contact(tuple(replace(one, gamma=gamma) for one in trained.attachments))


def with_contact_texts(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords with contacts under the names of the flags, as texts.

    Raises
    ------
    UsageError
        What is given for one is none.
    """
    values = dict(keywords)
    for side in ("left", "right"):
        values[f"{side}_contact"] = _contact_text(side, values.pop(side, None))
    return values


def _contact_text(side: str, value: Contact | str | None) -> str | None:
    from dnawire.junction import Contact

    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Contact):
        return value.text
    raise UsageError(
        f"{side} = {value!r} is no contact", "Give a Contact or a text, e.g. 'upper:0=0.1'."
    )
