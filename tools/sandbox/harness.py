"""Runs inside the sandbox, around the candidate's code, as the only program there.

It is sent as text and imports nothing of ours, and of the standard library only what starts fast.
It protects nothing: the code it runs shares its process and may alter all of it. So it is given
arguments only, never what is expected, and all it can say is what the code returned.

Requests come as JSON lines, replies leave as JSON lines, each behind `prefix`.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # importing `typing` would cost 10 ms
if TYPE_CHECKING:
    from typing import Any

    from tools.sandbox.answers import Loader, answer, give_event_loop
    from tools.sandbox.selflock import lock_self

FILENAME = "solution.py"
_MESSAGE_CHARS = 2000


def _coders() -> tuple[Any, Any]:
    """Return (encode, decode) on the C parts of `json`: the package itself costs 9 ms to import."""
    try:
        from _json import encode_basestring_ascii, make_encoder, make_scanner
    except ImportError:
        import json

        return (lambda v: json.dumps(v, default=_plain)), json.loads

    class Reading:
        strict = True
        object_hook = object_pairs_hook = array_hook = None
        parse_float = float
        parse_int = int
        parse_constant = {"NaN": float("nan"), "Infinity": 1e999, "-Infinity": -1e999}.__getitem__

    reading: Any = Reading()
    scan: Any = make_scanner(reading)

    def encode(value: Any) -> str:
        write: Any = make_encoder(
            {}, _plain, encode_basestring_ascii, None, ": ", ", ", False, False, True
        )
        return "".join(write(value, 0))

    return encode, lambda text: scan(text, 0)[0]


def _plain(value: Any) -> Any:
    """Turn arrays and tensors into lists; anything else is not JSON."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("a value of type " + type(value).__name__)


encode, decode = _coders()


class Channel:
    """Lines of JSON to and from the judge."""

    def __init__(self, requests: int, replies: int, prefix: bytes) -> None:
        self.ends = (requests, replies)
        self._requests = requests
        self._replies = replies
        self._prefix = prefix
        self._rest = b""

    def receive(self) -> Any:
        """Wait for one request; end the process when the judge is gone."""
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            data = os.read(self._requests, 1 << 16)
            if not data:
                os._exit(0)
            parts.append(data)
        line, self._rest = b"".join(parts).split(b"\n", 1)
        return decode(line.decode())

    def send(self, message: dict[str, Any]) -> None:
        """Write one reply in full."""
        data = self._prefix + encode(message).encode() + b"\n"
        while data:
            data = data[os.write(self._replies, data) :]


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)[:_MESSAGE_CHARS]
    except BaseException:
        text = "(its message could not be read)"
    return text


def describe(error: BaseException, lines: list[str]) -> dict[str, Any]:
    """Say what was raised and at which of the candidate's lines."""
    frames = []
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == FILENAME:
            frames.append((step.tb_lineno, step.tb_frame.f_code.co_name))
        step = step.tb_next
    line = frames[-1][0] if frames else None
    if isinstance(error, SyntaxError):
        line = error.lineno
    known = isinstance(line, int) and 0 < line <= len(lines)
    shown = frames if len(frames) <= 8 else frames[:4] + frames[-4:]
    return {
        "type": type(error).__name__,
        "message": _text_of(error) if not isinstance(error, SyntaxError) else str(error.msg),
        "line": line if isinstance(line, int) else None,
        "text": lines[line - 1].strip()[:200] if known and line is not None else "",
        "trace": [f"line {n} in {name}" for n, name in shown],
    }


def _set_limits(limits: dict[str, int]) -> None:
    if not limits:
        return
    import resource

    for name, value in limits.items():
        kind = getattr(resource, "RLIMIT_" + name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _set_thread_stack(size: int) -> None:
    """Reserve less than 8 MB for each thread: reserved memory counts as used."""
    if size:
        import _thread

        _thread.stack_size(size)


def _set_stdin(data: bytes) -> None:
    """Stand in for a standard input whose descriptor is the channel."""
    import io

    sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")


def _module(name: str) -> Any:
    module = type(sys)(name)
    module.__dict__["__builtins__"] = __builtins__
    module.__dict__["__file__"] = FILENAME
    return module


def _prepare_interpreter(job: dict[str, Any]) -> None:
    """Give the code what an ordinary Python start would have given it."""
    import builtins

    for name in ("exit", "quit"):
        setattr(builtins, name, sys.exit)
    sys.path.extend(job.get("paths", []))
    sys.argv = [FILENAME]
    if sys.platform == "wasi" and "async" in job["source"]:
        give_event_loop()
    sys.setrecursionlimit(sys.getrecursionlimit() + 20)  # what the harness itself uses
    try:
        sys.set_int_max_str_digits(4300)
    except AttributeError:
        pass


def _load(channel: Channel, job: dict[str, Any], name: str) -> tuple[Any, Any, list[str]]:
    """Compile the source; on an error say so and end."""
    source = job["source"]
    lines = source.splitlines()
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except BaseException as error:
        channel.send({"k": "compile_error", "error": describe(error, lines)})
        os._exit(1)
    module = _module(name)
    sys.modules[name] = module
    module.__loader__ = Loader(source)
    channel.send({"k": "compiled"})
    return code, module, lines


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def _one_test(channel: Channel, module: Any, lines: list[str], test: dict[str, Any]) -> None:
    begun = time.perf_counter()
    try:
        value = answer(module, test)
    except BaseException as error:
        reply: dict[str, Any] = {"k": "raised", "error": describe(error, lines)}
    else:
        reply = {"k": "value", "ms": (time.perf_counter() - begun) * 1000, "v": value}
    _flush()
    try:
        channel.send(reply)
    except OSError:
        os._exit(3)
    except MemoryError as error:
        channel.send({"k": "raised", "error": describe(error, lines)})
    except BaseException as error:
        kind = type(reply.get("v")).__name__
        channel.send({"k": "not_json", "type": str(kind)[:80], "why": _text_of(error)})


def serve_calls(channel: Channel, job: dict[str, Any]) -> None:
    """Load the code as a module, then answer one request after another."""
    code, module, lines = _load(channel, job, "solution")
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        _flush()
        channel.send({"k": "load_error", "error": describe(error, lines)})
        os._exit(1)
    _flush()
    channel.send({"k": "loaded"})
    while True:
        _one_test(channel, module, lines, channel.receive())


def run_script(channel: Channel, job: dict[str, Any]) -> None:
    """Run the code as a program on the real standard streams, then let Python end as usual."""
    code, module, lines = _load(channel, job, "__main__")
    if job.get("stdin") is not None:
        _set_stdin(job["stdin"].encode())
    channel.send({"k": "loaded"})
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        if end.code not in (None, 0):
            channel.send({"k": "raised", "error": describe(end, lines)})
            _flush()
            os._exit(1)
    except BaseException as error:
        _flush()
        channel.send({"k": "raised", "error": describe(error, lines)})
        os._exit(1)
    _flush()
    channel.send({"k": "ended"})


def become(channel: Channel, job: dict[str, Any]) -> None:
    """Turn into another program, with the limits and locks already set."""
    for fd in channel.ends:
        os.set_inheritable(fd, job["keep"])
    argv = job["argv"] + ([str(fd) for fd in channel.ends] if job["keep"] else [])
    try:
        os.execve(argv[0], argv, dict(os.environ))
    except OSError as error:
        channel.send({"k": "cannot_start", "why": _text_of(error)})
        os._exit(127)


def main(requests: int, replies: int) -> None:
    """Set limits and locks, say so, then do the one job that is sent."""
    channel = Channel(requests, replies, b"")
    config = channel.receive()
    if config.get("prefix"):
        channel = Channel(requests, replies, b"\n" + config["prefix"].encode())
        _set_stdin(b"")
    _set_limits(config.get("limits", {}))
    _set_thread_stack(config.get("thread_stack", 0))
    if config.get("lock"):
        lock_self(config["lock"])
    channel.send({"k": "ready"})
    job = channel.receive()
    if not config.get("prefix"):
        for fd in channel.ends:
            os.set_inheritable(fd, False)
    if job["mode"] == "become":
        become(channel, job)
    _prepare_interpreter(job)
    serve = run_script if job["mode"] == "script" else serve_calls
    serve(channel, job)


if __name__ == "__judge__":
    main(*_FDS)  # type: ignore[name-defined]  # noqa: F821  (set by the few lines that start it)
