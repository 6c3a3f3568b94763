"""Which recogniser and which voice a setting means; each backend is loaded only when chosen."""

from __future__ import annotations

from pathlib import Path

from agent.voice.base import Asr, Tts, VoiceError
from agent.voice.models import installed, model_folder, packaged_models

PACKAGED_ASR = "whisper-base"
PACKAGED_TTS = "kokoro"


def choose_asr(name: str, models: Path) -> Asr:
    """Return the recogniser: `base` (packaged when installed), a hub name, a folder, or a URL.

    A service is written `model@https://host/v1`.
    """
    if "@http" in name:
        from agent.voice.backends.remote import RemoteAsr

        model, _, where = name.partition("@")
        return RemoteAsr(model, where)
    from agent.voice.backends.whisper import WhisperAsr

    if name in ("base", PACKAGED_ASR) and installed(packaged_models()[PACKAGED_ASR], models):
        return WhisperAsr(model_folder(PACKAGED_ASR, models))
    folder = Path(name).expanduser()
    return WhisperAsr(folder if folder.is_dir() else name)


def choose_tts(name: str, voice: str, models: Path) -> Tts | None:
    """Return the voice: `auto`, `kokoro`, `pyttsx3`, `none`, or a service `model@https://…`.

    `auto` takes the neural voice when it is installed, else the system's.
    """
    if name == "none":
        return None
    if "@http" in name:
        from agent.voice.backends.remote import RemoteTts

        model, _, where = name.partition("@")
        return RemoteTts(model, voice, where)
    if name == "kokoro" or (name == "auto" and installed(packaged_models()[PACKAGED_TTS], models)):
        from agent.voice.backends.kokoro import KokoroTts

        return KokoroTts(model_folder(PACKAGED_TTS, models), voice)
    if name in ("auto", "pyttsx3"):
        from agent.voice.backends.system import SystemTts

        return SystemTts()
    raise VoiceError(f"unknown voice part {name!r}: choose auto, kokoro, pyttsx3 or none")


def is_hard_to_understand(tts: Tts | None, lang: str) -> bool:
    """Return whether the voice is the kind that listeners could not follow in Chinese."""
    import sys

    return (
        lang == "zh" and sys.platform.startswith("linux") and getattr(tts, "name", "") == "pyttsx3"
    )
