"""Watches one sandboxed process from the parent: clock, output, memory, files, messages.

Every stream has a thread of its own that reads up to a cap, so nothing the process does or fails to
do can block the parent or fill its memory.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from tools.sandbox import tree
from tools.sandbox.records import Limits

StopKind = Literal["ended", "time", "wall", "memory", "output", "files", "processes", "flood"]

_TICK_S = 0.008
_FOLDER_TICK_S, _COUNT_TICK_S = 0.02, 0.1
_MOST_FILES = 4000
"""Empty files in memory cost the kernel about 1 KB each, which no size limit sees."""
_REPLY_CAP = 16 << 20
_ENDING_S = 3.0


@dataclass(frozen=True)
class Stop:
    """Why no further message will come."""

    kind: StopKind


@dataclass
class Spawned:
    """A started sandbox and its four ends of pipe."""

    pid: int
    """Root of the tree to watch; 0 where the platform cannot look."""
    ignore: int
    """How many processes at the top of the tree are the isolation's own."""
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes]
    requests: IO[bytes]
    replies: IO[bytes]
    wait: Callable[[float], int | None]
    """Exit code within so many seconds, or None."""
    end: Callable[[], None]
    """Kill everything and return when nothing of it is alive."""
    opening: bytes = b""
    """What must be written before the first request."""
    prefix: bytes = b""
    """Mark of a message where messages and output share a stream."""
    overhead_bytes: int = 0
    """Memory of the isolation itself, which is not charged."""
    config: dict[str, Any] = field(default_factory=dict)
    """What the harness is told first: limits and locks it puts on itself."""
    scratch: str = ""
    """Folder on the machine's disk that must not grow beyond the limit."""
    scratch_inside: str = ""
    """Path inside of a scratch folder that limits its size but not its number of files."""


@dataclass
class Captured:
    """One output stream, kept up to a cap and counted beyond it."""

    cap: int
    data: bytearray = field(default_factory=bytearray)
    total: int = 0


class Watch:
    """One process from start to end; used by one thread."""

    def __init__(self, spawned: Spawned, limits: Limits, stdin: bytes = b"") -> None:
        self.limits = limits
        self.peak_bytes = 0
        self._spawned = spawned
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        cap = limits.output_kb * 1024
        self.stdout, self.stderr = Captured(cap), Captured(cap)
        self._flooded = self._ended = False
        self._looked_at, self._folder_at = 0.0, time.monotonic()
        self._usage = tree.Usage(0, 0, 0.0)
        self._threads: list[threading.Thread] = []
        self._start(self._read_messages)
        self._start(self._write_requests)
        self._start(self._read_output, spawned.stderr, self.stderr)
        if spawned.stdout is not None:
            self._start(self._read_output, spawned.stdout, self.stdout)
        if spawned.stdin is not None:
            self._start(self._write_stdin, spawned.stdin, stdin)
        if spawned.opening:
            self._outbox.put(spawned.opening)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _read_messages(self) -> None:
        fd, rest, prefix = self._spawned.replies.fileno(), b"", self._spawned.prefix
        parts: list[bytes] = []
        size = 0
        while data := _read(fd):
            size += len(data)
            if size > _REPLY_CAP:
                self._flooded = True
                break
            if b"\n" not in data:
                parts.append(data)
                continue
            *lines, rest = b"".join([*parts, data]).split(b"\n")
            parts, size = [rest], len(rest)
            for line in lines:
                self._sort_line(line, prefix)
        self._inbox.put(None)

    def _sort_line(self, line: bytes, prefix: bytes) -> None:
        """Hand on a message; what lacks the mark on a shared stream is output."""
        if line.startswith(prefix):
            if prefix and self.stdout.data.endswith(b"\n"):
                del self.stdout.data[-1:]  # a message starts a line of its own
            self._inbox.put(line[len(prefix) :])
        else:
            _keep(self.stdout, line + b"\n")

    def _write_requests(self) -> None:
        while (data := self._outbox.get()) is not None:
            try:
                self._spawned.requests.write(data)
                self._spawned.requests.flush()
            except (OSError, ValueError):
                return

    def _write_stdin(self, stream: IO[bytes], data: bytes) -> None:
        try:
            stream.write(data)
            stream.close()
        except (OSError, ValueError):
            pass

    def _read_output(self, stream: IO[bytes], captured: Captured) -> None:
        fd = stream.fileno()
        while captured.total <= captured.cap and (data := _read(fd)):
            _keep(captured, data)

    @property
    def output_over(self) -> bool:
        """Whether both streams together passed their cap."""
        return self.stdout.total + self.stderr.total > self.limits.output_kb * 1024

    def send(self, request: bytes) -> None:
        """Queue one request; never blocks."""
        self._outbox.put(request + b"\n")

    def unread(self) -> bool:
        """Whether messages lie there that nobody asked for."""
        return not self._inbox.empty()

    def message(self, seconds: float, wall_end: float) -> bytes | Stop:
        """The next message, or why there is none; `seconds` leave out waiting for a processor."""
        begun, waited_before = time.monotonic(), self._look(force=True).waited_s
        while True:
            try:
                line = self._inbox.get(timeout=_TICK_S)
            except queue.Empty:
                line = b""
            if line:
                return line
            if line is None:
                return self._why_ended()
            if stop := self._over_limit():
                return stop
            now = time.monotonic()
            if now > wall_end:
                return Stop("wall")
            if now - begun > seconds:
                waited = self._look(force=True).waited_s - waited_before
                if now - begun - max(0.0, waited) > seconds:
                    return Stop("time")

    def ending(self, seconds: float, wall_end: float) -> int | Stop:
        """Wait for the process to end by itself and give its exit code."""
        begun = time.monotonic()
        while (code := self._spawned.wait(_TICK_S)) is None:
            if stop := self._over_limit():
                return stop
            now = time.monotonic()
            if now > wall_end or now - begun > seconds:
                return Stop("wall" if now > wall_end else "time")
        return code

    def exit_code(self) -> int | None:
        """The exit code of a process that has closed its channel, when it ends soon."""
        return self._spawned.wait(0.3)

    def _why_ended(self) -> Stop:
        if self._flooded:
            return Stop("flood")
        return self._over_limit() or Stop("ended")

    def _look(self, *, force: bool = False) -> tree.Usage:
        now = time.monotonic()
        if self._spawned.pid and (force or now - self._looked_at >= _TICK_S):
            self._looked_at = now
            cap = (self.limits.memory_mb << 20) + self._spawned.overhead_bytes
            self._usage = tree.look(self._spawned.pid, self._spawned.ignore, cap)
            self._note_peak(self._usage.memory_bytes)
        return self._usage

    def _note_peak(self, used: int) -> None:
        self.peak_bytes = max(self.peak_bytes, used - self._spawned.overhead_bytes)

    def _over_limit(self) -> Stop | None:
        if self.output_over:
            return Stop("output")
        usage = self._look()
        if usage.memory_bytes - self._spawned.overhead_bytes > self.limits.memory_mb << 20:
            return Stop("memory")
        if not self._spawned.overhead_bytes and usage.tasks > self.limits.max_processes + 2:
            return Stop("processes")
        return Stop("files") if self._too_many_files() else None

    def _too_many_files(self) -> bool:
        """Whether the scratch folder outgrew its limit, by size on disk or by count in memory."""
        spawned, now = self._spawned, time.monotonic()
        every = _FOLDER_TICK_S if spawned.scratch else _COUNT_TICK_S
        if now - self._folder_at < every or not (spawned.scratch or spawned.scratch_inside):
            return False
        self._folder_at = now
        if spawned.scratch:
            return tree.folder_bytes(spawned.scratch) > self.limits.file_mb << 20
        files = tree.files_inside(spawned.pid, spawned.ignore, spawned.scratch_inside)
        return files > _MOST_FILES

    def last_words(self) -> bytes:
        """All that an ended process wrote to its error stream; ends what is left of it."""
        self.finish()  # the words may still be on their way when the process has gone
        return bytes(self.stderr.data)

    def finish(self) -> None:
        """End the process and everything it started, then read what is left of its output."""
        if self._ended:
            return
        self._ended = True
        if self._spawned.pid:
            self._note_peak(tree.peak_bytes(self._spawned.pid, self._spawned.ignore))
        self._spawned.end()
        self._outbox.put(None)
        until = time.monotonic() + _ENDING_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for stream in (self._spawned.stdin, self._spawned.stdout, self._spawned.stderr):
            _close(stream)
        _close(self._spawned.requests)
        _close(self._spawned.replies)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 16)
    except OSError:
        return b""


def _keep(captured: Captured, data: bytes) -> None:
    captured.total += len(data)
    captured.data += data[: max(0, captured.cap - len(captured.data))]


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        pass
