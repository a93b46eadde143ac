"""How `make site` turns these pages into a site: Sphinx, MyST, the theme furo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = Path(__file__).parents[1] / "src" / "dnawire" / "__init__.py"
(RELEASE,) = re.findall(r'(?m)^__version__ = "(.+)"$', PACKAGE.read_text(encoding="utf-8"))

project = "dnawire"
author = "The dnawire developers"
release = RELEASE
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"dnawire {RELEASE}"
html_show_sourcelink = False
html_copy_source = False
# Anchors are those that hosts of repositories make; flags keep their two hyphens.
myst_heading_anchors = 4
smartquotes = False

_OUTSIDE: Final = re.compile(r"\]\((\.\./[^)\s]+\.md)\)")


def setup(app: Any) -> None:  # noqa: ANN401
    """Offer files outside of the site that are Markdown for download, like all others."""
    app.connect("source-read", _offer_for_download)


def _offer_for_download(app: Any, page: str, text: list[str]) -> None:  # noqa: ANN401
    here = Path(app.srcdir, page).parent

    def linked(link: re.Match[str]) -> str:
        is_page = (here / link[1]).resolve().is_relative_to(app.srcdir)
        return link[0] if is_page else f"](<path:{link[1]}>)"

    text[0] = _OUTSIDE.sub(linked, text[0])
