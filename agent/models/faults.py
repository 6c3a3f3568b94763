"""How a model can fail: a code, a message for the ledger, one calm line for the candidate."""

from __future__ import annotations

import socket
import ssl
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from sessions.records import Lang
from tools.base import ModelError

_FILE = Path(__file__).with_name("faults.toml")
RETRIED = frozenset({"refused", "rate_limited", "server_error", "empty", "garbage", "cut"})
"""Faults that a second try may mend, as long as nothing of the reply has been given on."""


class ModelFault(ModelError):
    """A model failed in a known way."""

    def __init__(self, code: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.retry_after_s = retry_after_s
        """Seconds that the server asked to wait, when it did."""


@cache
def _wording() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def calm_line(reason: str, lang: Lang) -> str:
    """Return what to tell the candidate for a recorded reason; unknown reasons stay as they are."""
    code = reason.partition(":")[0].strip()
    row = _wording().get(code)
    return row[lang] if row else reason


def wire_errors() -> tuple[type[Exception], ...]:
    """Return what the wire may raise: the client's errors, its transport's, and unreadable data."""
    import openai

    found: list[type[Exception]] = [openai.OpenAIError, ValueError, OSError, RecursionError]
    for name in ("httpx", "httpx2"):  # the client's transport, whichever its version brings
        module = sys.modules.get(name)
        if module is not None:
            found += [module.HTTPError, module.InvalidURL, module.StreamError]
    return tuple(found)


def fault_of(error: Exception, host: str, secret: str = "") -> ModelFault:
    """Return the fault behind an error of the wire; the key is taken out of every message."""
    import openai

    said = _said(error, secret)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, host, said)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return ModelFault("stalled", f"{host} did not answer in time")
    cause = _deepest(error)
    if isinstance(cause, socket.gaierror):
        return ModelFault("dns", f"{host} is not known")
    if isinstance(cause, ssl.SSLError):
        return ModelFault("tls", f"{host}: {cause.reason or 'certificate not trusted'}")
    if (
        isinstance(cause, ConnectionRefusedError)
        or "connect" in type(error.__cause__).__name__.lower()
    ):
        return ModelFault("refused", f"{host} cannot be reached")
    if isinstance(error, openai.APIConnectionError) or _is_transport(cause):
        return ModelFault("cut", f"{host} broke the connection")
    if type(error) is openai.APIError:  # an error object inside the stream
        return ModelFault("server_error", f"{host}: {said}")
    if isinstance(error, ValueError | RecursionError):
        return ModelFault("garbage", f"{host} sent what is no chat completion")
    return ModelFault("server_error", f"{host}: {type(error).__name__}")


def _of_status(error: Any, host: str, said: str) -> ModelFault:
    status = error.status_code
    detail = f"{host} answered {status}: {said}"
    if status in (401, 403):
        return ModelFault("unauthorized", f"{host} answered {status}: check the key's variable")
    if status == 404:
        return ModelFault("no_model", detail)
    if status == 429:
        wait = _seconds(error.response.headers.get("retry-after"))
        return ModelFault("rate_limited", f"{host} answered 429", wait)
    if 300 <= status < 400:
        return ModelFault("redirected", f"{host} answered {status}")
    if status in (408, 409, 425) or status >= 500:
        wait = _seconds(error.response.headers.get("retry-after"))
        return ModelFault("server_error", detail, wait)
    code = "content_filter" if "content_filter" in said else "bad_request"
    return ModelFault(code, detail)


def _seconds(text: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    import email.utils
    import time

    parsed = email.utils.parsedate_tz(text)
    return None if parsed is None else max(0.0, email.utils.mktime_tz(parsed) - time.time())


def _said(error: Exception, secret: str) -> str:
    text = " ".join(str(error).split())[:200]
    return text.replace(secret, "***") if len(secret) > 3 else text


def _deepest(error: BaseException) -> BaseException:
    seen = error
    for _ in range(12):
        below = seen.__cause__ or seen.__context__
        if below is None:
            return seen
        if isinstance(below, socket.gaierror | ssl.SSLError | ConnectionRefusedError):
            return below
        seen = below
    return seen


def _is_transport(error: BaseException) -> bool:
    return type(error).__module__.split(".")[0] in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "h11",
    )
