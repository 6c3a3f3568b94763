"""The commands about memory as a candidate meets them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.cli.main import cli
from agent.cli.memory_view import bar
from agent.cli.progress import spark
from agent.cli.trend_picture import draw
from sessions.overview import trend
from sessions.projections import Known
from sessions.standing import WORDS
from tests.remembered import copy_of_three


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin)


def document(*arguments: str):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def remembered(data_folder: Path):
    return copy_of_three(data_folder)[1]


def test_show_says_kindly_that_nothing_is_known(data_folder: Path) -> None:
    for command in (("memory", "show"), ("progress",), ("practice",)):
        result = run(*command)
        assert (
            result.exit_code == 0 and "kaoguan chat" in result.output
        ) or "还没有" in result.output
    assert document("memory", "show")["answers"] == 0


def test_show_gives_every_topic_its_word_its_range_and_its_quotes(remembered) -> None:
    view = document("memory", "show")
    rag = next(t for t in view["topics"] if t["topic"] == "rag")
    assert (
        rag["standing"] in ("weak", "not_enough_evidence")
        and rag["points"][0] <= rag["points"][1] <= rag["points"][2]
    )
    unseen = next(t for t in view["topics"] if t["topic"] == "safety")
    assert unseen["standing"] == "not_covered"
    text = run("memory", "show", "--plain").output
    assert WORDS["zh"][rag["standing"]] in text and "原话" in text and "接下来复习什么" in text
    assert view["plan"] and view["plan"][0]["cards"] > 0


def test_show_why_brings_answers_scores_dates_and_reasons(remembered) -> None:
    view = document("memory", "show", "--why", "--topic", "rag")
    proofs = view["proofs"]["rag"]
    assert [p["at"][:10] for p in proofs] == ["2026-03-01", "2026-06-10", "2026-07-10"]
    assert len({p["asked"] for p in proofs}) == 3 and all(p["why"] for p in proofs)
    assert {t["topic"] for t in view["topics"]} == {"rag"}
    text = run("memory", "show", "--why", "--plain").output
    assert "当时为什么问" in text and "2026-06-10" in text
    english = run("memory", "show", "--why", "--plain", "--lang", "en").output
    assert "asked because" in english and "Not covered" in english


def test_the_bar_holds_its_middle_inside_its_range() -> None:
    for low, middle, high in ((0, 0, 0), (10, 40, 90), (100, 100, 100), (0, 50, 100)):
        drawn = bar(low, middle, high)
        assert drawn.count("●") == 1 and len(drawn) == len(bar(0, 1, 2))
    assert bar(0, 50, 100).strip("─●") == "" and spark([0, 50, 100]) == "▁▅█"


def test_an_edit_changes_the_words_and_a_wrong_one_is_brought_up_no_more(remembered) -> None:
    memory = document("memory", "show")["memories"][0]
    assert run("memory", "edit", memory["id"], "--text", "其实我会").exit_code == 0
    after = {m["id"]: m for m in document("memory", "show")["memories"]}
    assert after[memory["id"]]["text"] == "其实我会"
    assert after[memory["id"]]["quote"] == memory["quote"]
    assert run("memory", "edit", memory["id"], "--wrong").exit_code == 0
    assert memory["id"] not in {m["id"] for m in document("memory", "show")["memories"]}
    assert run("memory", "edit", "m0", "--wrong").exit_code == 2
    assert run("memory", "edit", memory["id"]).exit_code == 2


def test_forget_asks_first_and_names_what_goes(remembered) -> None:
    refused = run("memory", "forget", "rag", stdin="n\n")
    assert refused.exit_code == 1 and "无法恢复" in refused.output
    assert "rag" in {t["topic"] for t in document("memory", "show")["topics"] if t["cards"]}
    done = run("memory", "forget", "rag", stdin="y\n")
    assert done.exit_code == 0 and "已忘记" in done.output
    assert "rag" not in {t["topic"] for t in document("memory", "show")["topics"] if t["cards"]}
    assert run("memory", "forget").exit_code == 2
    assert run("memory", "forget", "火星", "--yes").exit_code == 2


def test_an_export_is_private_whole_and_named_when_all_is_forgotten(
    remembered, tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    before = document("memory", "show", "--why")
    assert run("memory", "export", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("memory", "export", str(file)).exit_code == 2
    gone = run("memory", "forget", "--all", "--yes")
    assert str(file) in gone.output and file.exists()
    assert document("memory", "show")["answers"] == 0
    assert run("memory", "import", str(file)).exit_code == 0
    after = document("memory", "show", "--why")
    assert after["memories"] == before["memories"] and after["proofs"] == before["proofs"]
    assert document("memory", "import", str(file))["sessions"] == 0


def test_reports_and_sessions_saved_elsewhere_are_named_when_all_is_forgotten(
    remembered, tmp_path: Path
) -> None:
    session = document("sessions", "list")[0]["session"]
    page, notes, whole = (tmp_path / name for name in ("r.html", "r.md", "s.zip"))
    assert run("report", session, "--html", str(page), "--md", str(notes)).exit_code == 0
    assert run("sessions", "export", session, str(whole)).exit_code == 0
    answer = run("memory", "forget", "--all", "--yes")
    assert answer.exit_code == 0
    assert all(str(path) in answer.stdout and path.exists() for path in (page, notes, whole))


def test_a_file_that_is_no_export_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for content in ("{}", "no json", '{"format": "kaoguan-memory", "version": 99}'):
        file.write_text(content)
        result = run("memory", "import", str(file))
        assert result.exit_code == 1 and "Traceback" not in result.output
    assert run("memory", "import", str(tmp_path / "none")).exit_code == 2


def test_rebuild_gives_what_was_there(remembered) -> None:
    document("memory", "show")
    result = document("memory", "rebuild")
    assert result["result"] == "same" and result["sessions"] == 3


def test_candidates_on_one_machine_see_only_their_own(remembered) -> None:
    assert document("memory", "show", "--candidate", "other")["answers"] == 0
    assert document("progress", "--candidate", "other")["topics"] == {}
    assert run("memory", "export", "x.json", "--candidate", "other").exit_code == 1


def test_practice_asks_what_is_due_in_other_words(remembered, tmp_path: Path) -> None:
    script = tmp_path / "answers.txt"
    script.write_text("不知道\n\n/why\n\n/end", encoding="utf-8")
    result = run("practice", "--script", str(script), "--plain", "--topic", "rag")
    assert result.exit_code == 0 and "到期" in result.output
    assert document("report")["format"] == "practice"


def test_practice_says_when_the_next_is_due(remembered) -> None:
    from datetime import UTC, datetime

    from agent.cli.practice import nothing_to_do
    from agent.settings import load_settings

    soon = datetime(2026, 7, 10, 12, tzinfo=UTC)
    told = nothing_to_do(load_settings(), (), None, soon)
    assert "没有到期" in told and "2026-07-11" in told


def test_progress_has_a_line_a_topic_and_a_picture(remembered, tmp_path: Path) -> None:
    file = tmp_path / "progress.svg"
    result = run("progress", "--plain", "--svg", str(file))
    assert result.exit_code == 0 and "检索" in result.output
    picture = file.read_text(encoding="utf-8")
    assert picture.startswith("<svg") and picture.count("<polyline") >= 2
    points = document("progress")["topics"]["rag"]["points"]
    assert [p["at"][:10] for p in points] == ["2026-03-01", "2026-06-10", "2026-07-10"]


def test_the_picture_escapes_names() -> None:
    answers = [{"question": "q", "topic": "x", "level": 3, "score": 50.0,
                "at": "2026-03-01T00:00:00+00:00"}]  # fmt: skip
    known = Known("me", answers=answers)  # type: ignore[arg-type]
    picture = draw(trend(known), {"x": "<b>"}, "<script>", "zh")
    assert "<script>" not in picture and "<b>" not in picture
