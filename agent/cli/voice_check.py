"""One sentence through the whole chain: microphone, detector, recogniser, loudspeaker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np

from agent.cli.spoken_parts import models_folder
from agent.settings import Settings, data_folder
from agent.voice.audio import is_clipping, level_db
from agent.voice.backends.choose import choose_asr
from agent.voice.backends.silero import SileroVad
from agent.voice.base import FRAME_S, FRAME_SAMPLES, RATE_HZ, Say, VoiceError
from agent.voice.devices import Loudspeaker, Microphone
from agent.voice.playback import Playback

_SPEECH_ABOVE = 0.5


async def check(settings: Settings, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Record, play back and transcribe; return what was found.

    Raises:
        VoiceError: A device or a speech part does not work, or nothing was heard.
    """
    lang, voice = settings.general.lang, settings.voice
    say(
        f"请说一句话（{seconds:.0f} 秒）…" if lang == "zh" else f"Speak for {seconds:.0f} seconds …"
    )
    frames = []
    async for frame in Microphone(voice.input_device).frames():
        frames.append(frame)
        if len(frames) * FRAME_S >= seconds:
            break
    sound = np.concatenate(frames)
    vad = SileroVad()
    parts = [sound[at : at + FRAME_SAMPLES] for at in range(0, len(sound), FRAME_SAMPLES)]
    share = sum(vad.probability(p) >= _SPEECH_ABOVE for p in parts) / len(parts)
    found: dict[str, Any] = {
        "level_db": round(level_db(sound), 1),
        "clipping": is_clipping(sound),
        "speech_share": round(share, 2),
    }
    say(f"{found['level_db']} dB, {found['speech_share']:.0%} speech")
    if share < 0.05:
        raise VoiceError("no speech was heard: check the microphone and its level")
    playback = Playback()
    speaker = Loudspeaker(playback, voice.output_device)
    playback.add(playback.generation, Say("", "…"), sound)
    await asyncio.sleep(len(sound) / RATE_HZ + speaker.latency_s)
    if not playback.is_idle:
        raise VoiceError("the loudspeaker does not play what it is given")
    speaker.close()
    asr = await asyncio.to_thread(choose_asr, voice.asr_model, models_folder(data_folder()))
    text = (await asyncio.to_thread(asr.recognise, sound, lang, ())).text
    say(text)
    return {**found, "text": text, "asr": asr.name}
