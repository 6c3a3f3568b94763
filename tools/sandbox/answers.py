"""How one request is answered inside the sandbox, by the style of the test.

Sent as text in front of the harness; imports nothing of ours.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False  # importing `typing` would cost 10 ms
if TYPE_CHECKING:
    from typing import Any

    from tools.sandbox.harness import decode, encode


class Loader:
    """Shows `inspect` and `traceback` the source, of which there is no file."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, name: str) -> str:
        """The source of the one module there is."""
        return self._source


def _finish(value: Any, test: dict[str, Any], args: list[Any]) -> Any:
    """The value to judge: what was returned, yielded, or changed in place."""
    if hasattr(value, "__await__") and hasattr(value, "cr_frame"):
        import asyncio

        value = asyncio.run(value)
    if test.get("take") is not None:
        taken: list[Any] = []
        for item in value:
            if len(taken) >= test["take"]:
                break
            taken.append(item)
        value = taken
    return args[test["in_place"]] if test.get("in_place") is not None else value


def _find(module: Any, name: str) -> Any:
    found = module.__dict__.get(name)
    holder = module.__dict__.get("Solution")
    if found is None and isinstance(holder, type) and hasattr(holder, name):
        return getattr(holder(), name)
    if found is None:
        raise NameError("the code defines no " + repr(name))
    return found


def _operate(module: Any, test: dict[str, Any]) -> list[Any]:
    """Build an object and call its methods in turn; the first answer is always None."""
    built: Any = None
    answers: list[Any] = []
    for name, args in test["ops"]:
        if built is None:
            built = _find(module, name)(*args)
            answers.append(None)
        else:
            answers.append(getattr(built, name)(*args))
    return answers


def _time_calls(module: Any, test: dict[str, Any]) -> list[float]:
    """Seconds of each repetition, with fresh arguments each time; the first call is not timed."""
    import gc

    function, seconds = _find(module, test["fn"]), []
    clock = getattr(time, "thread_time", time.perf_counter)  # waiting for a processor left out
    gc.disable()  # its pauses grow with everything that is alive
    for turn in range(test["repeat"] + 1):
        args = decode(encode(test["args"]))
        begun = clock()
        function(*args)
        if turn:
            seconds.append(clock() - begun)
    return seconds


def give_event_loop() -> None:
    """Let asyncio run where there are no sockets (WebAssembly): a loop that only keeps time."""
    import asyncio
    import selectors

    class Clock(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[Any]:
            time.sleep(3600 if timeout is None else timeout)
            return []

    class Loop(asyncio.SelectorEventLoop):
        def __init__(self) -> None:
            super().__init__(Clock())

        def _make_self_pipe(self) -> None:
            """Nothing can wake it from outside: there are no threads and no signals."""

        def _close_self_pipe(self) -> None:
            """There is none."""

        def _write_to_self(self) -> None:
            """There is nobody to wake."""

    policy: Any = asyncio.DefaultEventLoopPolicy()
    policy._loop_factory = Loop
    asyncio.set_event_loop_policy(policy)


def answer(module: Any, test: dict[str, Any]) -> Any:
    """Do what one request asks of the candidate's module."""
    if "repeat" in test:
        return _time_calls(module, test)
    if "ops" in test:
        return _operate(module, test)
    if "module" in test:
        return examine_module(_find(module, test["module"]), test)
    args = test.get("args", [])
    value = _find(module, test["fn"])(*args, **test.get("kwargs", {}))
    return _finish(value, test, args)


def examine_module(build: Any, test: dict[str, Any]) -> dict[str, Any]:
    """Run a torch module forward and backward; report shapes, values and gradients."""
    import torch  # type: ignore[import-not-found]  # only where the machine has it

    torch.manual_seed(test.get("seed", 0))
    module = build(**test.get("init", {}))
    inputs = [torch.tensor(value) for value in test["inputs"]]
    output = module(*inputs)
    output.float().sum().backward()
    grads = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    return {
        "shape": list(output.shape),
        "values": output if test.get("values") else None,
        "parameters": sorted(name for name, _ in module.named_parameters()),
        "without_grad": sorted(name for name, grad in grads.items() if grad is None),
        "finite": bool(torch.isfinite(output).all())
        and all(bool(torch.isfinite(g).all()) for g in grads.values() if g is not None),
    }
