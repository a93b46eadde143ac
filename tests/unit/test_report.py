"""The report: one file with all that runs left behind, in which no foreign text runs or loads."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from harness import SMALL_MODEL, no_figures

import dnawire as dw
from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.errors import (
    EXIT_FINISHED,
    NotFoundError,
    NotWritableError,
    UnusableDataFileError,
    UsageError,
)
from dnawire.runs import train
from dnawire.tightbinding.sets import template

TINY = (*SMALL_MODEL, "--num_samples", "40", "--seq_length", "3", "--num_energy_points", "8")
HOSTILE = "<img src=x onerror=alert(1)>$\\frac$&\"'"
KNOWN_TAGS = set(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "p",
        "nav",
        "ul",
        "li",
        "main",
        "section",
        "h2",
        "div",
        "table",
        "caption",
        "thead",
        "tr",
        "th",
        "tbody",
        "td",
        "figure",
        "figcaption",
        "img",
        "svg",
        "form",
        "fieldset",
        "legend",
        "label",
        "input",
        "select",
        "option",
        "output",
        "span",
        "b",
        "strong",
        "sub",
        "code",
        "button",
        "footer",
        "script",
    ]
)
PACKAGE = Path(dw.__file__).parent


class Words(HTMLParser):
    """Elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working directory of a finished run, and of one under way with a hostile name."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        typed = (*TINY, "--num_epochs", "2", "--model_name", "usual", "--model_type", "hamiltonian")
        assert train(parse_flags(typed).resolved(), "", no_figures) == EXIT_FINISHED
        young = place / "outputs" / HOSTILE
        shutil.copytree("outputs/usual", young)
        (young / "scores.csv").unlink()
        lines = (young / "metrics.csv").read_text().splitlines(keepends=True)
        (young / "metrics.csv").write_text("".join(lines[:2]))
    return place


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return dw.report("outputs/usual", f"outputs/{HOSTILE}").html


def test_names_are_text_and_no_elements(page: str) -> None:
    words = Words(page)
    assert HOSTILE in words.text
    assert {name for name, _ in words.tags} <= KNOWN_TAGS
    assert not [key for _, attributes in words.tags for key in attributes if key.startswith("on")]
    assert all(
        (one["src"] or "").startswith("data:image/svg+xml;base64,") for one in words.all("img")
    )


def test_a_browser_is_told_to_run_our_script_alone_and_to_load_nothing(page: str) -> None:
    policy = next(one["content"] for one in Words(page).all("meta") if "http-equiv" in one)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert "@import" not in page
    assert "url(" not in page


def test_it_says_what_the_runs_left(page: str) -> None:
    text = Words(page).text
    for name in ("environment.json", "run.json"):
        values = json.loads(Path("outputs/usual", name).read_text())
        for key in ("run_id", "torch", "numpy", "cpu"):
            assert str(values.get(key, "")) in text
    for word in ("num_samples", "training mean", "ridge on one-hot bases", "98d94cdb3f7e2bfefa58"):
        assert word in text
    assert f"{HOSTILE}: not complete: 1 of 2 epochs" in text
    scores = Path("outputs/usual/scores.csv").read_text().splitlines()[1].split(",")
    assert f"{float(scores[1]):.4f}" in text


def test_every_picture_has_words(page: str) -> None:
    words = Words(page)
    assert all(one["alt"] for one in words.all("img"))
    found = " ".join(str(one["alt"]) for one in words.all("img"))
    of_one_run = ("Loss and", "Predicted against", "best", "worst", "Hamiltonian of", "LDOS")
    for what in of_one_run:
        assert what in found
    # Of the run under way there are curves alone.
    assert len(words.all("img")) == 1 + 2 + 6
    assert len([one for one in words.all("svg") if "data-junction" in one]) == 1


def test_the_explorer_begins_with_the_median_test_record(page: str) -> None:
    start = json.loads(re.findall(r'type="application/json">(.*?)</script>', page)[0])["start"]
    assert start["parameters"] == "kordas2025"
    assert (start["left"], start["right"], start["gamma"]) == ("upper:0", "upper:2", 0.1)
    assert dw.Duplex(start["sequence"]).length == 3


def test_the_same_runs_give_the_same_bytes(page: str) -> None:
    assert dw.report(f"outputs/{HOSTILE}").html == dw.report(f"outputs/{HOSTILE}").html
    assert len(page) < 4e6


def test_command_writes_the_explorer_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "explorer.html"
    assert main(["report", "exact:roche-voityuk", "--output", str(path)]) == EXIT_FINISHED
    assert "explorer of roche-voityuk" in capsys.readouterr().out
    html = path.read_text(encoding="utf-8")
    assert html == dw.report("exact:roche-voityuk").html
    assert len(html) < 1e5
    assert main(["report", "exact:roche-voityuk", "--output", str(path)]) != EXIT_FINISHED
    assert "exists" in capsys.readouterr().err
    words = ["report", "exact:roche-voityuk", "--output", str(path), "--overwrite", "--json"]
    assert main(words) == EXIT_FINISHED
    [sets] = json.loads(capsys.readouterr().out)["columns"]
    assert (sets["name"], sets["values"][0]) == ("set", "roche-voityuk")


def test_text_of_an_own_set_cannot_end_the_script(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = template("kordas2025", "mine").replace('title = "', 'title = "</script><b>')
    path.write_text(text, encoding="utf-8")
    html = dw.report(f"exact:{path}").html
    assert "</script><b>" not in html
    assert "\\u003c/script>\\u003cb>" in html


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is named"):
        dw.report()
    with pytest.raises(NotFoundError, match="no training run"):
        dw.report("outputs")
    with pytest.raises(NotWritableError, match="does not exist"):
        dw.report("exact:kordas2025").save(tmp_path / "no" / "report.html")
    path = tmp_path / "kordas.toml"
    path.write_text(template("kordas2025", "mine").replace("A = -7.61", "A = -7.6"))
    (tmp_path / "twice.toml").write_text(template("kordas2025", "mine"))
    with pytest.raises(UsageError, match="two parameter sets are called mine"):
        assert dw.report(f"exact:{path}", f"exact:{tmp_path / 'twice.toml'}").html
    shutil.copytree("outputs/usual", tmp_path / "torn")
    (tmp_path / "torn" / "environment.json").write_text("{")
    with pytest.raises(UnusableDataFileError, match=r"environment\.json"):
        assert dw.report(tmp_path / "torn").html


def test_a_notebook_shows_the_page_in_a_frame() -> None:
    shown = dw.report("exact:kordas2025")._repr_html_()
    assert Words(shown).all("iframe")[0]["srcdoc"] == dw.report("exact:kordas2025").html


def test_scripts_are_short_enough_to_read() -> None:
    for path in (PACKAGE / "reports" / "page").glob("*.js"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 400, path
        assert max(map(len, lines)) <= 100, path
