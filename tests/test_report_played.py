"""Clips in a real browser, from a page on disk: they load and play under the page's own policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("soundfile")
playwright = pytest.importorskip("playwright.sync_api")

from agent import clips  # noqa: E402
from sessions.ledger import open_ledger  # noqa: E402
from sessions.report.build import build_report  # noqa: E402
from sessions.report.pdf import find_browser  # noqa: E402
from sessions.report.render import to_html  # noqa: E402
from tests.test_report_clips import _graded, _recording  # noqa: E402

PLAY = """async clip => {
    await clip.play();
    for (let waited = 0; clip.currentTime < 0.2; waited += 20) {
        if (waited > 8000) throw new Error('it does not move');
        await new Promise(done => setTimeout(done, 20));
    }
    return clip.duration;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = find_browser()
    if path is None:
        pytest.skip("no browser engine is installed")
    with playwright.sync_playwright() as engine:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        started = engine.chromium.launch(executable_path=path, args=flags)
        yield started
        started.close()


def _page(folder: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a page whose one clip is in it, or beside it when the limit leaves no room."""
    monkeypatch.setattr(clips, "EMBEDDED_BYTES", limit)
    ledger = open_ledger(folder / "ledger.db")
    _graded(ledger)
    report = build_report(ledger, "s")
    ledger.close()
    page = folder / "r.html"
    sounds = clips.place_clips(report, _recording(folder / "a.wav"), page)
    page.write_text(to_html(report, "zh", sounds), encoding="utf-8")
    return page


@pytest.mark.parametrize(("limit", "beside"), [(3_000_000, False), (0, True)])
def test_a_clip_plays_in_the_page_and_beside_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, beside: bool
) -> None:
    path = _page(tmp_path, limit, monkeypatch)
    assert (tmp_path / "r-audio").is_dir() == beside
    tab, said = browser.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(path.as_uri())
    seconds = tab.locator("audio").first.evaluate(PLAY)
    tab.close()
    assert 1.0 < seconds < 4.0
    assert said == []


def test_a_page_may_load_nothing_but_sound(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _page(tmp_path, 3_000_000, monkeypatch)
    (tmp_path / "x.js").write_text("document.title = 'taken'", encoding="utf-8")
    text = path.read_text("utf-8").replace("</main>", "<script src='x.js'></script></main>")
    path.write_text(text, encoding="utf-8")
    tab, said = browser.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(path.as_uri())
    assert tab.title() != "taken"
    tab.close()
    assert any("Content Security Policy" in line for line in said)
