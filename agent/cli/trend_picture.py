"""Draws the trend of topics as one SVG picture: small charts, each with its range. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from sessions.overview import TrendPoint, progress_words
from sessions.records import Lang
from sessions.standing import WORDS

COLUMNS = 3
WIDTH, HEIGHT = 300, 190
"""Of one chart, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 34, 14, 44, 26
_ARROW = {"up": "↑", "down": "↓", "unclear": "–"}
_STYLE = (
    "text{font:12px system-ui,'Noto Sans CJK SC','PingFang SC',sans-serif;fill:#222}"
    ".t{font-weight:600;font-size:14px}.s{fill:#666}.g{stroke:#ddd}"
    ".b{fill:#4a7fb5;opacity:.2}.l{fill:none;stroke:#2b5f93;stroke-width:2}.p{fill:#2b5f93}"
)


def draw(
    trend: Mapping[str, Sequence[TrendPoint]], titles: Mapping[str, str], who: str, lang: Lang
) -> str:
    """Return the picture; every chart has the same scales, so that charts can be compared."""
    times = [_seconds(point) for points in trend.values() for point in points]
    span = (min(times), max(times))
    order = sorted(trend, key=lambda topic: trend[topic][-1]["points"][1])
    words = progress_words(trend)
    charts = []
    for place, topic in enumerate(order):
        x, y = place % COLUMNS * WIDTH, 36 + place // COLUMNS * HEIGHT
        head = f"{titles.get(topic, topic)} {_ARROW[words[topic]]}"
        body = _chart(head, trend[topic], span, lang)
        charts.append(f'<g transform="translate({x} {y})">{body}</g>')
    rows = -(-len(order) // COLUMNS)
    width, height = WIDTH * min(COLUMNS, max(len(order), 1)), 36 + rows * HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img"><style>{_STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text class="t" x="12" y="24">{escape(who)}</text>{"".join(charts)}</svg>\n'
    )


def _seconds(point: TrendPoint) -> float:
    return datetime.fromisoformat(point["at"]).timestamp()


def _chart(head: str, points: Sequence[TrendPoint], span: tuple[float, float], lang: Lang) -> str:
    inner = WIDTH - LEFT - RIGHT
    whole = span[1] - span[0]

    def x_of(point: TrendPoint) -> float:
        return LEFT + inner * ((_seconds(point) - span[0]) / whole if whole else 0.5)

    lows = [f"{x_of(p):.1f},{_y(p['points'][0]):.1f}" for p in points]
    highs = [f"{x_of(p):.1f},{_y(p['points'][2]):.1f}" for p in points]
    middles = [(x_of(p), _y(p["points"][1])) for p in points]
    low, middle, high = points[-1]["points"]
    foot = f"{WORDS[lang][points[-1]['standing']]} · {middle} ({low}–{high})"
    parts = [f'<text class="t" x="{LEFT}" y="18">{escape(head)}</text>']
    parts.append(f'<text class="s" x="{LEFT}" y="35">{escape(foot)}</text>')
    for score in (0, 50, 100):
        y = _y(score)
        parts.append(
            f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(
            f'<text class="s" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{score}</text>'
        )
    if len(points) > 1:
        parts.append(f'<polygon class="b" points="{" ".join(lows + highs[::-1])}"/>')
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in middles)
        parts.append(f'<polyline class="l" points="{line}"/>')
    else:
        x = middles[0][0]
        y1, y2 = _y(high), _y(low)
        parts.append(f'<line class="l" x1="{x:.1f}" x2="{x:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>')
    parts += [f'<circle class="p" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in middles]
    first, last = points[0]["at"][:10], points[-1]["at"][:10]
    days = first if first == last else f"{first} – {last}"
    parts.append(f'<text class="s" x="{LEFT}" y="{HEIGHT - 6}">{days}</text>')
    return "".join(parts)


def _y(score: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - score / 100)
