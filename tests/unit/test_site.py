"""The site: every page has a place, every picture its command, and it builds without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

DOCS: Final = Path(__file__).parents[2] / "docs"
TREE: Final = re.compile(r"^```{toctree}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs the extra docs")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    folders = [str(DOCS), str(tmp_path / "site"), "--doctree-dir", str(tmp_path / "doctrees")]
    done = subprocess.run([*command, *folders], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    html = (tmp_path / "site" / "errors.html").read_text(encoding="utf-8")
    assert "--checkpoint_dir" in html
    assert (tmp_path / "site" / "tutorials" / "own_data.html").is_file()


def test_every_page_has_a_place_in_the_navigation() -> None:
    trees = TREE.findall((DOCS / "index.md").read_text(encoding="utf-8"))
    entries = [line for tree in trees for line in tree.splitlines() if line and line[0] != ":"]
    placed = {path for entry in entries for path in DOCS.glob(f"{entry}.md")}
    assert set(DOCS.rglob("*.md")) - placed == {DOCS / "index.md"}


def test_the_gallery_shows_every_picture() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\]\(images/(\S+)\)", page))
    assert shown == {path.name for path in (DOCS / "images").iterdir()}
