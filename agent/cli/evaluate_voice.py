"""`kaoguan eval voice`: is the candidate let finish, and how long does a finished one wait?"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import common_options, fail, make_console, print_json, settings_from
from agent.settings import data_folder

if TYPE_CHECKING:
    from agent.cli.voice_turns import SyntheticTurn
    from agent.voice.traces import Rule, TimedAsr, Trace

    _Listened = tuple[list[SyntheticTurn], list[Trace], dict[str, float | None]]

PLAIN_S = (0.6, 1.0, 2.0)
VARIANTS: dict[str, dict[str, float]] = {
    "hasty (sure above .6)": {"sure_above": 0.6},
    "patient (sure above .85)": {"sure_above": 0.85},
    "very patient (sure above .93)": {"sure_above": 0.93},
    "shorter doubt (unsure 5.5 s)": {"unsure": 5.5},
    "shorter doubt (unsure 4 s)": {"unsure": 4.0},
    "nothing held back": {"hold_sure": 0.0, "hold_unsure": 0.0},
}
"""The curve of cut-ins against wait, and the rule without one of its parts."""


@click.command(help="思考停顿评测：抢话率与等待时间。\n\nThinking pauses: cut-ins and added wait.")
@click.option("--scripts", type=int, default=0, help="只用几个句子 · So many sentences")
@click.option("--cache", type=click.Path(path_type=Path), help="语音缓存 · Speech kept")
@click.option("--latency/--no-latency", default=True, help="也测延迟 · Latency too")
@common_options
def command(**options: Any) -> None:
    """Measure endpointing on synthetic turns."""
    from agent.voice.base import VoiceError

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    cache = options["cache"] or data_folder() / "voice-bench"
    console = make_console(settings, stderr=True)
    try:
        turns, traces, cpu = _listen(options["scripts"], cache, console.print)
        result = {**score(turns, traces), "recognition": cpu}
        if options["latency"]:
            result["latency"] = latency(turns, traces)
    except VoiceError as error:
        fail(str(error))
    if options["as_json"]:
        print_json(result)
    else:
        _print(make_console(settings), result)


def _listen(count: int, cache: Path, say: Any) -> _Listened:
    """Synthesise the turns and listen to each one once."""
    from agent.cli.spoken_parts import models_folder
    from agent.cli.voice_turns import KeptVoices, load_scripts, make_turns
    from agent.voice.backends.kokoro import KokoroTts
    from agent.voice.backends.silero import SileroVad
    from agent.voice.backends.whisper import WhisperAsr
    from agent.voice.base import Cues
    from agent.voice.models import model_folder
    from agent.voice.traces import TimedAsr, trace

    models = models_folder(data_folder())
    speech = KokoroTts(model_folder("kokoro", models), "zm_yunxi")
    voices = KeptVoices({"zh": speech, "en": speech}, cache)
    scripts = load_scripts()
    step = max(1, len(scripts) // count) if count else 1
    scripts = [s for number, s in enumerate(scripts) if (number // 2) % step == 0]
    asr = TimedAsr(WhisperAsr(model_folder("whisper-base", models)), cache / "recognised.json")
    vad = SileroVad()
    turns: list[SyntheticTurn] = []
    traces: list[Trace] = []
    for turn in make_turns(scripts, voices):
        cues = Cues(lang=turn.script.lang)
        listening = trace(turn.samples, cues, (vad, asr), turn.end_s, turn.pauses_s)
        traces.append(asyncio.run(listening))
        turns.append(turn)
        if len(turns) % 20 == 0:
            asr.save()
            say(f"{len(turns)} turns", style="dim")
    asr.save()
    return turns, traces, _recognition(asr)


def _recognition(asr: TimedAsr) -> dict[str, float | None]:
    """Return the median seconds of a call, as counted in the traces and as measured."""
    measured = [cpu for _, cpu in asr.measured]
    return {
        "calls": len(measured),
        "counted_median_s": quantile(asr.calls, 0.5),
        "measured_median_cpu_s": quantile(measured, 0.5),
    }


def score(turns: Sequence[SyntheticTurn], traces: Sequence[Trace]) -> dict[str, Any]:
    """Return cut-ins and waits of our rule and of plain silence, on both halves."""
    from agent.voice.endpointing import WAITS
    from agent.voice.traces import our_rule, silence_rule

    rules: dict[str, Rule] = {"kaoguan": our_rule()}
    for name, changes in VARIANTS.items():
        rules[f"kaoguan, {name}"] = our_rule(replace(WAITS, **changes))
    rules |= {f"silence {s:g} s": silence_rule(s) for s in PLAIN_S}
    pairs = list(zip(turns, traces, strict=True))
    halves = {"tuned": [p for p in pairs if p[0].script.tunes]}
    halves["reported"] = [p for p in pairs if not p[0].script.tunes]
    return {
        "turns": len(turns),
        **{
            half: {name: _score_one(chosen, rule) for name, rule in rules.items()}
            for half, chosen in halves.items()
        },
    }


def _score_one(pairs: Sequence[tuple[SyntheticTurn, Trace]], rule: Rule) -> dict[str, Any]:
    from agent.voice.traces import outcome

    short: list[bool] = []
    long: list[bool] = []
    waits: list[float] = []
    late: list[float] = []
    reopened = lost = 0
    for turn, heard in pairs:
        found = outcome(heard, rule)
        reopened += found.reopened > 0
        lost += found.taken_s is None
        at = heard.moments[-1].at_s if found.taken_s is None else found.taken_s
        cut = at < heard.end_s
        (short if max(turn.pauses_s, default=0.0) <= 3.0 else long).append(cut)
        if not cut:
            (waits if turn.script.finished else late).append(at - heard.end_s)
    return {
        "turns": len(pairs),
        "cut_in_to_3_s": _share(short),
        "cut_in_3_to_8_s": _share(long),
        "reopened": reopened,
        "never_taken": lost,
        "wait_median_s": round(statistics.median(waits), 2) if waits else None,
        "wait_p95_s": quantile(waits, 0.95),
        "unfinished_wait_median_s": round(statistics.median(late), 2) if late else None,
    }


def _share(values: Sequence[bool]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share lies."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)


def latency(turns: Sequence[SyntheticTurn], traces: Sequence[Trace]) -> dict[str, Any]:
    """Return p50 and p95 of each stage from the last word of an answer on."""
    from agent.cli.spoken_parts import models_folder
    from agent.cli.voice_latency import acknowledgement_s, replies
    from agent.voice.models import model_folder

    waits, firsts = _taken(turns, traces)
    phrases = acknowledgement_s(model_folder("kokoro", models_folder(data_folder())))
    found = asyncio.run(replies())
    kept = sum(r.kept_s > 0 for r in found)
    named, longest = " ".join(phrases), max(phrases.values())
    first = [statistics.median(firsts)] if firsts else []
    depends = [f + r.heard_s(longest, r.text_s, r.sound_s) for f in first for r in found]
    depends_cpu = [
        f + r.heard_s(longest, r.text_cpu_s, r.sound_cpu_s) for f in first for r in found
    ]
    rows: dict[str, Sequence[float]] = {
        "last word → final text (counted; within the wait)": [
            t.final_s for t in traces if t.final_s is not None
        ],
        "last word → end of turn (the endpointing wait)": waits,
        f"end of turn → first audio (kept sound: {named})": firsts,
        "first audio → first text of the reply": [r.text_s for r in found],
        "the same, CPU s": [r.text_cpu_s for r in found],
        f"that text → its first sound not kept ready (an opening was: {kept} of {len(found)})": [
            r.sound_s for r in found
        ],
        "the same sound, CPU s": [r.sound_cpu_s for r in found],
        "end of turn → first word that depends on the answer": depends,
        "the same with CPU s, as on a machine with nothing else to do": depends_cpu,
    }
    return {name: {"p50": quantile(v, 0.5), "p95": quantile(v, 0.95)} for name, v in rows.items()}


def _taken(
    turns: Sequence[SyntheticTurn], traces: Sequence[Trace]
) -> tuple[list[float], list[float]]:
    """Return, for finished turns, the wait and the time from the decision to the first sound."""
    from agent.voice.traces import our_rule, outcome

    rule, waits, firsts = our_rule(), [], []
    for turn, heard in zip(turns, traces, strict=True):
        taken = outcome(heard, rule).taken_s
        if not turn.script.finished or turn.script.tunes or taken is None or taken < heard.end_s:
            continue
        moment = next(m for m in heard.moments if m.at_s >= taken)
        waits.append(taken - heard.end_s)
        firsts.append(rule(moment, heard.cues) or 0.0)
    return waits, firsts


def _print(console: Any, result: dict[str, Any]) -> None:
    from rich.table import Table

    for half in ("tuned", "reported"):
        table = Table(title=f"{half}: {result[half]['kaoguan']['turns']} turns", box=None)
        heads = list(result[half]["kaoguan"])[1:]
        for head in ("rule", *heads):
            table.add_column(head)
        for name, row in result[half].items():
            table.add_row(name, *("–" if row[h] is None else str(row[h]) for h in heads))
        console.print(table)
    cpu = result["recognition"]
    console.print(
        f"recognition, {cpu['calls']} calls: counted {cpu['counted_median_s']} s, "
        f"measured {cpu['measured_median_cpu_s']} CPU s (median)"
    )
    for name, row in result.get("latency", {}).items():
        console.print(f"{name}: p50 {row['p50']}  p95 {row['p95']}")
