"""A virtual sound card (PulseAudio null sinks) and a terminal (tmux) for real spoken interviews."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agent.voice.base import RATE_HZ, Samples

_NEEDED = {
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "pacat": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "tmux": "tmux",
}
_ALSA = "<confdir:alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"


def missing() -> str:
    """What this machine lacks, as one line that says how it is had; empty when nothing."""
    packages = {package for command, package in _NEEDED.items() if not shutil.which(command)}
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        packages.add("libasound2-plugins")
    return f"apt-get install {' '.join(sorted(packages))}" if packages else ""


class VirtualSound:
    """A microphone that files speak into and a loudspeaker that is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, parents=True)
        (folder / "alsa.conf").write_text(_ALSA)
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(runtime),
            "PULSE_RUNTIME_PATH": str(runtime / "pulse"),
            "PULSE_SERVER": f"unix:{runtime}/pulse/native",
            "PULSE_SOURCE": "vmic.monitor",
            "PULSE_SINK": "vspeaker",
            "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{folder}/alsa.conf",
        }
        self._recorder: subprocess.Popen[bytes] | None = None
        self._daemon = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
            + ["-L", f"module-native-protocol-unix socket={runtime}/pulse/native"]
            + [part for name in ("vmic", "vspeaker") for part in ("-L", _sink(name))],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self._run("pactl", "info").returncode == 0, 20, "PulseAudio")

    def _run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=60)

    def mouth(self) -> subprocess.Popen[bytes]:
        """Open a way into the microphone; what is given to `speak` is heard at once."""
        command = ["pacat", "--device=vmic", f"--rate={RATE_HZ}", "--channels=1"]
        return subprocess.Popen(
            [*command, "--format=s16le", "--latency-msec=40"],
            env=self.environment,
            stdin=subprocess.PIPE,
        )

    def speak(self, sound: Samples, mouth: subprocess.Popen[bytes] | None = None) -> None:
        """Speak into the microphone and return when it is said."""
        mouth = mouth or self.mouth()
        mouth.communicate(sound.astype("<i2").tobytes(), timeout=120)
        assert mouth.returncode == 0

    def record(self, path: Path) -> None:
        """Begin to record what comes out of the loudspeaker."""
        command = ["parec", "--device=vspeaker.monitor", f"--rate={RATE_HZ}", "--channels=1"]
        self._recorded = path
        self._recorder = subprocess.Popen(  # ended in close
            [*command, "--format=s16le", "--latency-msec=40", str(path)], env=self.environment
        )

    def heard(self, last_s: float = 0.0) -> Samples:
        """What came out of the loudspeaker, all of it or the last seconds."""
        raw = self._recorded.read_bytes() if self._recorded.exists() else b""
        sound = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2")
        return sound[-round(last_s * RATE_HZ) :] if last_s else sound

    def close(self) -> None:
        for process in (self._recorder, self._daemon):
            if process is not None:
                process.terminate()
                process.wait(10)


def _sink(name: str) -> str:
    return f"module-null-sink sink_name={name} rate={RATE_HZ} channels=1"


class Terminal:
    """One command in a terminal of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._socket = ""
        self._starts = 0
        self._environment = environment

    def start(self, *arguments: str) -> None:
        """Run `kaoguan` with these arguments, in a terminal server of its own.

        On the socket of a server that was just killed a new session is lost at times: the dying
        server still takes the call.
        """
        self._starts += 1
        self._socket = str(self._folder / f"tmux{self._starts}.sock")
        command = [sys.executable, "-m", "agent", *arguments]
        size = ["-x", "110", "-y", "40"]
        options = ["set-option", "-g", "remain-on-exit", "on", ";"]
        done = self._run(*options, "new-session", "-d", "-s", "talk", *size, *command)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments],
            env=self._environment,
            capture_output=True,
            timeout=60,
        )

    def _tmux(self, *arguments: str) -> str:
        return self._run(*arguments).stdout.decode("utf-8", "replace")

    def screen(self, *, colours: bool = False) -> str:
        """What stands on the screen, with what has scrolled away."""
        extra = ["-e"] if colours else []
        return self._tmux("capture-pane", "-p", "-J", "-S", "-200", *extra, "-t", "talk")

    def wait(self, words: str, limit_s: float) -> None:
        """Wait until these words stand on the screen."""
        wait_for(lambda: words in self.screen(), limit_s, words, self.screen)

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", "-t", "talk", *keys)

    def kill(self) -> None:
        """End the command as a crash would, and its terminal."""
        if not self._socket:
            return
        pid = self._tmux("display-message", "-p", "-t", "talk", "#{pane_pid}").strip()
        if pid.isdigit():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), 9)
        self._tmux("kill-server")


def wait_for(
    ready: Callable[[], bool], limit_s: float, what: str, show: Callable[[], str] = str
) -> None:
    end = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"not within {limit_s:.0f} s: {what}\n{show()}")
        time.sleep(0.02)
