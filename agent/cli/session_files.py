"""`kaoguan sessions export` and `import`: a whole session between machines, as a zip file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from agent.cli.face import calm, common_options, fail, open_store, print_json, settings_from
from agent.settings import data_folder

PASSPHRASE = "KAOGUAN_PASSPHRASE"
_WORDS = {
    "written": {
        "zh": "已写入 {file}：{count} 条记录{audio}。{seal}",
        "en": "Wrote {file}: {count} records{audio}. {seal}",
    },
    "sealed": {"zh": "已用口令签名。", "en": "Signed with your passphrase."},
    "unsealed": {
        "zh": "没有签名，只能看出是否损坏；需要证明来源时加 --seal。",
        "en": "Not signed: it only shows damage; add --seal to prove where it comes from.",
    },
    "content": {
        "zh": "文件没有加密，里面是整场对话。",
        "en": "The file is not encrypted and holds the whole conversation.",
    },
    "exists": {"zh": "{file} 已存在，覆盖吗？", "en": "{file} exists. Overwrite it?"},
    "replace": {
        "zh": "本机已有 {session}，内容不同。用文件里的替换吗？",
        "en": "{session} is here already and differs. Replace it by the file's?",
    },
    "same": {
        "zh": "本机已有同样的 {session}，没有改动。",
        "en": "{session} is here already, unchanged.",
    },
    "imported": {
        "zh": "已导入 {session}：{count} 条记录，候选人 {candidate}。",
        "en": "Imported {session}: {count} records of {candidate}.",
    },
    "verified": {
        "zh": "文件有签名，与口令相符。",
        "en": "The file is signed, and the signature fits the passphrase.",
    },
    "unverified": {
        "zh": "文件没有签名：完整，但来源无从证明。",
        "en": "The file is not signed: it is whole, but nothing proves where it comes from.",
    },
    "passphrase": {"zh": "口令", "en": "Passphrase"},
}


def _say(key: str, lang: str, **values: Any) -> str:
    return _WORDS[key][lang].format(**values)


@click.command("export", help="把一场面试导出成 zip · Write a session to a zip file")
@click.argument("session")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seal", is_flag=True, help="用口令签名 · Sign it with a passphrase")
@click.option("--audio", is_flag=True, help="带上保存的录音 · With the recording that was kept")
@click.option("--yes", is_flag=True, help="不再询问 · Do not ask")
@common_options
def export_session(session: str, file: Path, **options: Any) -> None:
    """Write the file, after asking when there is one of that name."""
    from agent.forgetting import note_saved
    from sessions.bundle import BundleError, write_bundle

    lang = settings_from(lang=options["lang"], plain=options["plain"]).general.lang
    with calm():
        ledger = open_store()
        events = list(ledger.events(session=session)) if session else []
        ledger.close()
        if not events:
            fail(f"there is no session {session!r}: see `kaoguan sessions list`", usage=True)
        audio = data_folder() / "audio" / f"{session}.wav" if options["audio"] else None
        if audio is not None and not audio.is_file():
            fail(f"no recording of {session} was kept (`kaoguan talk --keep-audio` keeps it)")
        if file.exists() and not options["yes"]:
            click.confirm(_say("exists", lang, file=file), abort=True, err=True)
        passphrase = _passphrase(lang, again=True) if options["seal"] else ""
        try:
            count = write_bundle(file, events, audio, passphrase)
        except BundleError as error:
            fail(str(error))
        ledger = open_store()
        note_saved(ledger, events[0]["candidate"], file)
        ledger.close()
    if options["as_json"]:
        print_json({"file": str(file), "events": count, "sealed": bool(passphrase)})
        return
    kind = "sealed" if passphrase else "unsealed"
    sound = (" + " + audio.name) if audio else ""
    click.echo(_say("written", lang, file=file, count=count, audio=sound, seal=_say(kind, lang)))
    click.echo(_say("content", lang))


@click.command("import", help="导入别的机器导出的面试 · Take in a session from another machine")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="不再询问 · Do not ask")
@common_options
def import_session(file: Path, **options: Any) -> None:
    """Check the file, ask when it would replace something, and take it in."""
    from agent import portable
    from sessions.bundle import BundleError, same_events, unpack_audio

    lang = settings_from(lang=options["lang"], plain=options["plain"]).general.lang
    if not file.is_file():
        fail(f"there is no file {str(file)!r}", usage=True)
    with calm():
        try:
            bundle = _read(file, lang)
            ledger = open_store()
            here = list(ledger.events(session=bundle.session))
            ledger.close()
            forms = (bundle.events, portable.ended(bundle).events)
            changed = not any(same_events(here, form) for form in forms)
            if changed and here and not options["yes"]:
                click.confirm(_say("replace", lang, session=bundle.session), abort=True, err=True)
            if changed:
                portable.import_session(data_folder(), bundle)
            if bundle.audio_bytes:
                _put_audio(file, bundle.session, unpack_audio)
        except BundleError as error:
            fail(f"{file.name}: {error}")
    told = {"session": bundle.session, "candidate": bundle.candidate, "count": len(bundle.events)}
    if options["as_json"]:
        print_json({**told, "changed": changed, "sealed": bundle.sealed})
    else:
        click.echo(_say("imported" if changed else "same", lang, **told))
        click.echo(_say("verified" if bundle.sealed else "unverified", lang))


def _read(file: Path, lang: str) -> Any:
    from sessions.bundle import BundleError, read_bundle, wants_passphrase

    bundle = read_bundle(file, _passphrase(lang) if wants_passphrase(file) else "")
    if os.environ.get(PASSPHRASE) and not bundle.sealed:
        raise BundleError(f"it is not sealed; unset {PASSPHRASE} to take it in unproven")
    return bundle


def _put_audio(file: Path, session: str, unpack: Any) -> None:
    folder = data_folder() / "audio"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{session}.wav"
    if not target.exists():  # a recording that is here is never replaced
        unpack(file, target)


def _passphrase(lang: str, again: bool = False) -> str:
    """Return the passphrase from the environment, or asked for without showing it."""
    given = os.environ.get(PASSPHRASE)
    if given:
        return given
    asked: str = click.prompt(
        _say("passphrase", lang), hide_input=True, confirmation_prompt=again, err=True
    )
    return asked
