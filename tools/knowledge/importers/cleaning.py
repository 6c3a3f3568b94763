"""Cleaning of an answer, rule by rule; every rule says how often it acted.

Works on what a person sees: nothing is invented, only marks, debris and repetitions go.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter

from tools.knowledge.importers.contents import key
from tools.knowledge.importers.shapes import (
    fence_of,
    is_bullet,
    is_code,
    is_debris,
    is_lone_bullet,
    is_table_row,
)

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_LOOK_ALIKE = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\U0001d400-\U0001d7ff]")
_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,3000}\)|<img\b[^>]{0,3000}>", re.I)
_LINK = re.compile(r"\[([^\]\n]{1,500})\]\((?:[^()\s]|\([^()]*\)){1,3000}(?:\s+\"[^\"]*\")?\)")
_TAG = re.compile(r"</?(?:[a-zA-Z][a-zA-Z0-9]{0,15})(?:\s[^<>]{0,1000})?/?>")
_TAG_NAMES = frozenset(
    "a abbr address article aside b big blockquote body br button center code del details div em"
    " figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input"
    " ins label li main mark meta nav noscript ol p pre s script section small span strike strong"
    " style sub summary sup svg table tbody td template tfoot th thead title tr tt u ul"
    " video".split()
)
_BLOCK = re.compile(r"<(script|style|template|noscript)\b[^>]*>", re.I)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_ATTRIBUTION = re.compile(
    r"^\s*(?:作者|原文作者|编辑|来源|出处|原文链接|参考链接|链接|l链接|转载自?|公众号|source|author|link)\s*[:：].{0,400}$"
    r"|^\s*著作权归.{0,200}$|^\s*(?:商业转载|非商业转载).{0,200}$|^.{0,40}(?:链接|link)[:：]\s*https?://\S+\s*$",
    re.I,
)
_URL_ONLY = re.compile(r"^\s*[-*]?\s*<?https?://\S+>?\s*$")
_ANSWER_LABEL = re.compile(
    r"^\s*>?\s*(?:\*\*)?(?:答案?|参考答案|回答|A|Answer)(?:\*\*)?\s*[:：；;]\s*(?:\*\*)?", re.I
)
_JOINED = re.compile(r"(?<=[。.;；:：!?？])\s*-\s+(?=\S)")
_UNFINISHED = re.compile(r"[-—、,，\s]{0,6}\b(?:todo|tbd|fixme)\b[:：]?", re.I)
_RULE = re.compile(r"^\s*(?:[-*_=~]\s*){3,}$|^\s*==\s*$")
_CHINESE = re.compile("[\u4e00-\u9fff]{4}")
_SUBHEADING = re.compile(r"^#{1,6}\s*(?=\S)")
CODE_MARK = "    "
"""Begins every line of program text in a clean answer, and no other line."""
_LONGEST_LINE = 20_000
"""Longer lines are data, not words; a guess."""


def clean_line(line: str, counts: Counter[str]) -> str:
    """Repair what is wrong with the characters of a line."""
    if len(line) > _LONGEST_LINE:
        counts["overlong line cut"] += 1
        line = line[:_LONGEST_LINE]
    if _INVISIBLE.search(line):
        line, n = _INVISIBLE.subn("", line)
        counts["invisible characters"] += n
    if _LOOK_ALIKE.search(line):
        line, n = _LOOK_ALIKE.subn(lambda m: unicodedata.normalize("NFKC", m.group()), line)
        counts["look-alike characters"] += n
    return line


def drop_html_blocks(lines: list[str], counts: Counter[str]) -> list[str]:
    """Blank out scripts, styles, comments and front matter, keeping line numbers."""
    out: list[str] = []
    until: str | None = None
    for line in lines:
        rest, kept = line, ""
        while True:
            if until is None:
                opening = _first_opening(rest)
                if opening is None:
                    kept += rest
                    break
                start, end, until = opening
                counts["script, style or comment removed"] += 1
                kept, rest = kept + rest[:start], rest[end:]
            closing = rest.lower().find(until)
            if closing < 0:
                break
            rest, until = rest[closing + len(until) :], None
        out.append(kept)
    return out if until is None or sum(map(len, out)) * 4 > sum(map(len, lines)) else lines


def _first_opening(text: str) -> tuple[int, int, str] | None:
    if "<" not in text:
        return None
    comment = text.find("<!--")
    block = _BLOCK.search(text)
    if comment >= 0 and (block is None or comment < block.start()):
        return comment, comment + 4, "-->"
    return (block.start(), block.end(), f"</{block.group(1).lower()}>") if block else None


def clean_answer(body: list[str], title: str, counts: Counter[str]) -> str:
    """Return the answer of an item as clean text, one statement or list item a line."""
    lines = _unfence(body, counts)
    lines = [part for line in lines for part in _split_joined(line, counts)]
    lines = _mend_bullets(lines, counts)
    out: list[str] = []
    seen: set[str] = set()
    names = key(title)
    for raw in lines:
        line = raw if raw.startswith(CODE_MARK) else _clean_words(raw.strip(), counts)
        dropped = _reason_to_drop(line, names, seen, first=not any(out))
        if dropped:
            counts[dropped] += 1
            continue
        if len(line) >= 12:
            seen.add(key(line) or line)
        if line.strip() or (out and out[-1].strip()):
            out.append(line.rstrip())
    return "\n".join(_join_fragments(out, counts)).strip("\n")


def _reason_to_drop(line: str, title: str, seen: set[str], *, first: bool) -> str:
    if not line.strip():
        return ""
    if _RULE.match(line):
        return "rule line removed"
    if _ATTRIBUTION.match(line) or _URL_ONLY.match(line):
        return "attribution or link line removed"
    if is_debris(line):
        return "page debris removed"
    if first and title and key(line) == title:
        return "repeated title removed"
    if len(line) >= 12 and (key(line) or line) in seen and not is_table_row(line):
        return "repeated line removed"
    return ""


def _clean_words(line: str, counts: Counter[str]) -> str:
    def act(rule: str, pattern: re.Pattern[str], new: str) -> None:
        nonlocal line
        line, n = pattern.subn(new, line)
        if n:
            counts[rule] += n

    if "![" in line or "<img" in line.lower():
        act("image removed", _IMAGE, "")
    if "](" in line:
        act("link kept as text", _LINK, r"\1")
    if "<" in line and ">" in line:
        shorter, n = _TAG.subn(_unless_tag, line)
        if shorter != line:
            counts["HTML tag removed"] += n
        line = shorter
    if "&" in line and _ENTITY.search(line):
        counts["HTML entity resolved"] += len(_ENTITY.findall(line))
        line = _INVISIBLE.sub("", html.unescape(line))
    if _SUBHEADING.match(line):
        counts["sub-heading kept as a lead-in"] += 1
        line = _SUBHEADING.sub("", line).strip("# ").rstrip("：:") + "："
    if found := _ANSWER_LABEL.match(line):
        counts["answer label removed"] += 1
        line = line[found.end() :]
    if "**" in line or "__" in line or "==" in line:
        line, n = re.subn(
            r"\*\*+|(?<![\w_])__|__(?![\w_])|(?<!=)==(?=\S[^=]{0,300}==)|(?<=\S)==$", "", line
        )
        counts["emphasis removed"] += n
    act("unfinished mark removed", _UNFINISHED, "")
    return line


def _unless_tag(found: re.Match[str]) -> str:
    name = re.match(r"</?([a-zA-Z0-9]+)", found.group())
    return "" if name and name.group(1).lower() in _TAG_NAMES else found.group()


def _unfence(body: list[str], counts: Counter[str]) -> list[str]:
    """Drop the marks of fences; indent what is program text so that it stays apart."""
    out: list[str] = []
    block: list[str] | None = None
    mark, language = "", ""
    for raw in body:
        found = fence_of(raw)
        if block is None and found:
            block, (mark, language) = [], found
            counts["fence removed"] += 1
        elif block is not None and found and not found[1] and len(found[0]) >= len(mark):
            out += _fenced_text(block, language)
            block = None
        elif block is not None:
            block.append(re.sub(r"^\s{0,3}>\s?", "", raw))
        else:
            text = re.sub(r"^\s{0,3}>\s?", "", raw).strip()
            out.append(CODE_MARK + text if text and _is_program(text) else text)
    return out + _fenced_text(block or [], language)


def _is_program(text: str) -> bool:
    return is_code(text) and not is_bullet(text) and not _CHINESE.search(text)


def _fenced_text(block: list[str], language: str) -> list[str]:
    """Return what a fence holds: words as words, program text marked as such, line by line."""
    if language:
        return [CODE_MARK + line for line in block]
    opening = ("{", "}", ");", "(")
    if not any(is_code(line) or line.rstrip().endswith(opening) for line in block):
        return [line.strip() for line in block]
    return [
        CODE_MARK + line
        if line.strip() and (line.lstrip()[:1] in "{[#/\"'})]" or not _CHINESE.search(line))
        else line.strip()
        for line in block
    ]


def _split_joined(line: str, counts: Counter[str]) -> list[str]:
    if len(line) < 20 or (" - " not in line and "- " not in line[4:]) or line.startswith(CODE_MARK):
        return [line]
    parts = _JOINED.split(line)
    if len(parts) > 1:
        counts["joined list items parted"] += len(parts) - 1
    return [parts[0], *(f"- {part}" for part in parts[1:])]


def _mend_bullets(lines: list[str], counts: Counter[str]) -> list[str]:
    """Give a bullet that stands alone the text of the next line, and drop a trailing one."""
    out: list[str] = []
    pending = False
    for line in lines:
        if is_lone_bullet(line):
            counts["empty bullet mended"] += 1
            pending = True
            continue
        if line.rstrip().endswith(" -") and not is_table_row(line):
            counts["empty bullet mended"] += 1
            line = line.rstrip()[:-2]
            out.append(f"- {line.strip()}" if pending and line.strip() else line)
            pending = True
            continue
        if pending and line.strip() and not line.startswith(CODE_MARK):
            line = line if is_bullet(line) else f"- {line.strip()}"
            pending = False
        out.append(line)
    return out


def _join_fragments(lines: list[str], counts: Counter[str]) -> list[str]:
    """Join formulas that a page broke into one character a line."""
    out: list[str] = []
    run: list[str] = []
    for line in [*lines, "end of text"]:
        if line and len(line.strip()) <= 3 and not is_bullet(line):
            run.append(line.strip())
            continue
        if len(run) >= 4:
            counts["broken formula joined"] += 1
            out.append(" ".join(run))
        else:
            out += run
        run = []
        out.append(line)
    return out[:-1]
