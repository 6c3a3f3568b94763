"""`kaoguan talk`: an interview by voice; the same formats, options and ledger as chat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli.face import calm, common_options, fail, make_console, open_store, words
from agent.cli.face import settings_from as general_settings
from agent.settings import Settings, data_folder

if TYPE_CHECKING:
    from agent.assembly import Setup
    from sessions.ledger import Ledger


@dataclass(frozen=True)
class Wishes:
    """How the talk is wanted, beside what chat knows."""

    file: Path | None
    out: Path | None
    live: bool
    speakers: bool
    keep_audio: bool
    as_json: bool


@click.command(help="语音面试：对着麦克风说，随时可打字。Ctrl-C 暂停。\n\nAn interview by voice.")
@click.option("--format", "form", help="quick | standard | fundamentals | hr")
@click.option("--topic", "topics", multiple=True, help="只问这些方向，可多次 · Only these topics")
@click.option("--bank", help="题库名 · Question bank")
@click.option("--candidate", help="候选人（一台电脑多人用）· Who is interviewed")
@click.option("--practice", is_flag=True, help="练习模式 · Practice mode")
@click.option("--job", type=click.Path(path_type=Path), help="岗位说明文件 · Job description")
@click.option("--continue", "go_on", is_flag=True, help="接着上次未完成的面试 · Take up the last")
@click.option("--session", default="", help="接着指定的面试 · Take up this session")
@click.option("--seed", type=int, default=0, help="选题的随机种子 · Seed of the choice")
@click.option("--model", help="OpenAI 兼容接口上的模型名 · Model name")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@click.option("--asr", help="识别：base、模型名、文件夹、模型@https://… · Recogniser")
@click.option("--tts", help="声音：auto、kokoro、pyttsx3、none、模型@https://… · Speech")
@click.option("--voice", help="声音名 · Name of the voice")
@click.option("--input", "input_device", help="麦克风 · Microphone (kaoguan voice devices)")
@click.option("--output", "output_device", help="扬声器 · Loudspeaker")
@click.option("--speakers", is_flag=True, help="外放，不戴耳机 · Loudspeakers, no headphones")
@click.option("--keep-audio", is_flag=True, default=None, help="保存录音 · Keep the recording")
@click.option("--file", type=click.Path(path_type=Path), help="用录音代替麦克风 · Answers as sound")
@click.option(
    "--out", type=click.Path(path_type=Path), help="把双方的声音写入文件 · Record to file"
)
@click.option("--live", is_flag=True, help="录音不等考官说完 · Let the file talk over")
@common_options
def command(**options: Any) -> None:
    """Hold a spoken interview."""
    settings = _settings(options)
    wishes = Wishes(
        file=options["file"],
        out=options["out"],
        live=options["live"],
        speakers=options["speakers"],
        keep_audio=settings.voice.keep_audio,
        as_json=options["as_json"],
    )
    if wishes.file is None and not wishes.as_json:
        from agent.cli.talk_face import spoken

        # Before anything heavy is imported: a busy machine takes seconds over that.
        click.echo(spoken("starting", settings.general.lang))
    from agent.cli.chat import _session_to_open, _setup

    with calm():
        setup = _setup(settings, options)
        ledger = open_store()
        try:
            session = _session_to_open(ledger, settings, options)
            _hold(setup, ledger, session, settings, wishes)
        finally:
            ledger.close()


def _settings(options: dict[str, Any]) -> Settings:
    from agent.settings import SettingsError, load_settings

    general_settings(lang=options["lang"])  # ends the command calmly when the settings are bad
    flags = {
        "general.format": options["form"],
        "general.bank": options["bank"],
        "general.candidate": options["candidate"],
        "general.lang": options["lang"],
        "general.plain": options["plain"],
        "general.mode": "practice" if options["practice"] else None,
        "voice.asr_model": options["asr"],
        "voice.tts": options["tts"],
        "voice.voice": options["voice"],
        "voice.input_device": options["input_device"],
        "voice.output_device": options["output_device"],
        "voice.keep_audio": options["keep_audio"],
    }
    try:
        return load_settings(flags)
    except SettingsError as error:
        fail(str(error), usage=True)


def _hold(setup: Setup, ledger: Ledger, session: str, settings: Settings, wishes: Wishes) -> None:
    from agent.cli.conversation import Paused
    from agent.cli.spoken import SpokenInterview
    from agent.voice.base import VoiceError

    console = make_console(settings, stderr=wishes.as_json)
    interview = SpokenInterview(console, settings, wishes)
    try:
        asyncio.run(interview.hold(setup, ledger, data_folder(), session))
    except VoiceError as error:
        fail(str(error))
    except (KeyboardInterrupt, Paused) as stop:
        from agent.cli.talk_face import spoken

        lang, key = settings.general.lang, str(stop)
        line = spoken(key, lang) if key == "file_ended" else words("paused", lang)
        click.echo("\n" + line.replace("kaoguan chat", "kaoguan talk"), err=wishes.as_json)
