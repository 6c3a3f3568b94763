"""The system's voice through pyttsx3: espeak-ng on Linux, the built-in voices elsewhere.

pyttsx3 hangs, prints, forgets files and kills threads: each sentence is spoken into a file by a
child process, which is ended when it takes too long, and the file is checked before it is used.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from agent.voice.audio import read_audio
from agent.voice.base import Samples, VoiceError

_TIMEOUT_S = 20.0
_RATE = {"zh": 150, "en": 160}
_TRIES = 2
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


class SystemTts:
    """One child process a sentence."""

    @property
    def name(self) -> str:
        """Name for the records."""
        return "pyttsx3"

    def synthesise(self, text: str, lang: str) -> Samples:
        """Return the sound of one sentence.

        Raises:
            VoiceError: There is no engine, or it made no sound.
        """
        voice = lang
        if sys.platform.startswith("linux") and lang == "zh":
            text, voice = pinyin(text), "cmn-latn-pinyin"
        reason = ""
        for _ in range(_TRIES):
            with tempfile.TemporaryDirectory(prefix="kaoguan-") as folder:
                path = Path(folder) / "sentence.wav"
                reason = _speak_into(path, text, voice, _RATE[lang])
                if not reason:
                    return read_audio(path)
        raise VoiceError(f"the system voice made no sound: {reason}")


def pinyin(text: str) -> str:
    """Write the Chinese of a text as pinyin: espeak-ng misreads the characters themselves."""
    from pypinyin import Style, lazy_pinyin

    def spell(match: re.Match[str]) -> str:
        return " " + " ".join(lazy_pinyin(match[0], style=Style.TONE3)) + " "

    return _CHINESE.sub(spell, text)


def _speak_into(path: Path, text: str, voice: str, rate: int) -> str:
    """Have a child process write the file; return what went wrong, or nothing."""
    child = Path(__file__).with_name("system_child.py")
    command = [sys.executable, str(child), str(path), voice, str(rate)]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"no answer within {_TIMEOUT_S:.0f} s"
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {done.returncode}"
    if not path.exists() or path.stat().st_size < 100:
        return "an empty file"
    return ""
