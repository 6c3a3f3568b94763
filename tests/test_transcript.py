from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from sessions.transcript import TranscriptError, parse_transcript, read_transcript
from sessions.transcripts.roles import infer_roles
from sessions.transcripts.speech import count_fillers

TALK = Path(__file__).parent / "data" / "review" / "talk.txt"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>hi?</v>\n\n00:05.000 --> 00:06.000\n<v Bo>yes"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nAnn: hi?\n\n2\n00:00:05,000 --> 00:00:06,000\nBo: yes"
SAID, REPLY = {"speaker": "A", "text": "hi?"}, {"speaker": "B", "text": "yes"}
ROUND = "Speaker {a} 00:01\nWhat is a tokenizer?\n\nSpeaker {b} {t}\nIt cuts text.\n"


def test_a_meeting_tools_text_gives_one_turn_a_block_with_times_and_lines() -> None:
    found = read_transcript(TALK)
    assert len(found.blocks) == 17
    assert found.labels == ("说话人 2", "说话人 1")
    assert (found.blocks[1].start_s, found.blocks[1].end_s) == (15.0, 50.0)
    assert TALK.read_text("utf-8").splitlines()[found.blocks[1].line - 1] == "说话人 1 00:15"


def test_lines_before_the_first_speaker_are_put_aside() -> None:
    assert "关键词:" in read_transcript(TALK).ignored


def test_one_speaker_twice_in_a_row_stays_two_turns() -> None:
    labels = [block.label for block in read_transcript(TALK).blocks]
    assert labels[1] == labels[2] == "说话人 1"


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (ROUND.format(a=1, b=2, t="59:59"), [1.0, 3599.0]),
        (ROUND.format(a=1, b=2, t="01:00:26"), [1.0, 3626.0]),
        ("[00:01] Ann: hi?\n[00:05] Bo: yes\n[00:09] Ann: ok?\n[00:12] Bo: fine", [1, 5, 9, 12]),
        ("Ann (00:01): hi?\nBo (00:05): yes", [1, 5]),
        ("00:01 Ann\nhi?\n00:05 Bo\nyes", [1, 5]),
        ("面试官：你好？\n候选人：你好\n面试官：为什么\n候选人：因为", [None] * 4),
        (VTT, [1, 5]),
        (SRT, [1, 5]),
        (json.dumps({"segments": [SAID | {"start": 1}, REPLY | {"start": 5}]}), [1, 5]),
        (json.dumps({"utterances": [SAID | {"start": 1000}, REPLY | {"start": 50000}]}), [1, 50]),
    ],
)  # fmt: skip
def test_the_forms_of_common_tools_are_read(text: str, starts: list[float | None]) -> None:
    assert [block.start_s for block in parse_transcript(text).blocks] == starts


def test_cues_of_one_speaker_are_joined_into_a_turn() -> None:
    cue = "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{words}\n\n"
    words = ["Ann: why?", "please", "Bo: because", "it is"]
    text = "".join(cue.format(n=n, words=w) for n, w in enumerate(words, 1))
    assert [b.text for b in parse_transcript(text).blocks] == ["why? please", "because it is"]


def test_a_docx_is_read_by_its_paragraphs(tmp_path: Path) -> None:
    ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in
                    ["Ann 00:01", "why?", "Bo 00:05", "because"])  # fmt: skip
    path = tmp_path / "talk.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {ns}><w:body>{lines}</w:body></w:document>"
        )
    assert [b.text for b in read_transcript(path).blocks] == ["why?", "because"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
        (b"just a few words\nand nothing else", "no speakers"),
        (b"Ann 00:01\nhello\nAnn 00:05\nagain", "only one speaker"),
        (b'{"a": 1}', "no list of segments"),
        (b"[" * 100_000, "no speakers|nested"),
        (b"PK\x03\x04garbage", "damaged"),
        (b"\xff" * 1000 + b"\xfe", "UTF-8|no speakers"),
    ],
)
def test_what_is_no_transcript_is_refused_in_one_line(
    tmp_path: Path, data: bytes, says: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(TranscriptError, match=says) as error:
        read_transcript(path)
    assert "\n" not in str(error.value)


def test_fifty_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(TranscriptError, match="50 MB"):
        read_transcript(path)


def test_entities_in_a_document_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>')
    with pytest.raises(TranscriptError, match="entities"):
        read_transcript(path)


def test_a_very_long_line_takes_no_long_time() -> None:
    found = parse_transcript("Ann 00:01\n" + "a: " * 300_000 + "\nBo 00:05\nyes")
    assert len(found.blocks) == 2


def test_roles_follow_from_who_asks() -> None:
    assert infer_roles(read_transcript(TALK)).by_label == {
        "说话人 2": "interviewer",
        "说话人 1": "candidate",
    }


def test_roles_can_be_set_and_a_wrong_label_is_named() -> None:
    found = read_transcript(TALK)
    assert infer_roles(found, "说话人 2").by_label["说话人 2"] == "candidate"
    with pytest.raises(ValueError, match="说话人 2"):
        infer_roles(found, "nobody")


def test_fillers_are_counted_as_pieces_of_text() -> None:
    counts = count_fillers(["嗯，然后一些，然后", "嗯"], "zh")
    assert (counts["嗯"], counts["然后"], counts["一些"]) == (2, 2, 1)


def test_recorded_interviews_keep_their_turns_roles_and_fillers() -> None:
    samples = os.environ.get("KAOGUAN_SAMPLES")
    if not samples:
        pytest.skip("KAOGUAN_SAMPLES is not set: no recorded interviews to measure on")
    for name, turns, candidate, fillers in (
        ("000", 168, (87, 11845), {"嗯": 103, "然后": 143, "一些": 257, "比如说": 59}),
        ("004", 175, (89, 7960), {"嗯": 42, "然后": 103, "一些": 182, "比如说": 33}),
    ):
        path = next((Path(samples).parent / "seeds").glob(f"{name}_*.txt"))
        found = read_transcript(path)
        assert len(found.blocks) == turns
        roles = infer_roles(found).by_label
        own = [b.text for b in found.blocks if roles[b.label] == "candidate"]
        assert (len(own), sum(map(len, own))) == candidate
        counted = count_fillers(own, "zh")
        assert {word: counted[word] for word in fillers} == fillers
