"""A process that holds the WebAssembly runtime: compiles CPython once, or runs it once.

Run as a script with our own Python, not imported:
    wasi_child.py PACKAGES compile PYTHON.WASM COMPILED
    wasi_child.py PACKAGES run COMPILED MEMORY_MB SCRATCH PROGRAM
"""

from __future__ import annotations

import os
import sys

_MOST_FILES_OPEN = 256


def compile_module(wasm: str, compiled: str) -> None:
    """Compile to machine code; the file appears whole or not at all."""
    import wasmtime

    module = wasmtime.Module.from_file(wasmtime.Engine(), wasm)
    half = f"{compiled}.{os.getpid()}"
    with open(half, "wb") as file:
        file.write(module.serialize())
    os.replace(half, compiled)


def _bound_descriptors() -> None:
    """Let the code open few files: each is one of this process as well."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES_OPEN, _MOST_FILES_OPEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_module(compiled: str, memory_mb: int, scratch: str, program: str) -> int:
    """Run CPython with our three standard streams and one folder; its exit code."""
    import wasmtime

    _bound_descriptors()
    engine = wasmtime.Engine()
    module = wasmtime.Module.deserialize_file(engine, compiled)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=memory_mb << 20)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["python.wasm", "-I", "-S", "-B", "-X", "utf8", "-c", program]
    wasi.env = [("HOME", "/tmp"), ("TMPDIR", "/tmp")]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(scratch, "/tmp")
    store.set_wasi(wasi)
    start = linker.instantiate(store, module).exports(store)["_start"]
    try:
        start(store)  # type: ignore[operator]
    except wasmtime.ExitTrap as end:
        return int(end.code)
    except wasmtime.WasmtimeError as crash:
        sys.stderr.write(str(crash)[:500])
        return 70
    return 0


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    if sys.argv[2] == "compile":
        compile_module(sys.argv[3], sys.argv[4])
    else:
        code = run_module(sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6])
        os._exit(code & 0xFF)
