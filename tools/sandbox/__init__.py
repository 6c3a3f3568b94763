"""Runs untrusted code in a real isolation, or not at all."""

from __future__ import annotations

from tools.sandbox.backends import probe
from tools.sandbox.records import BackendStatus, Limits, RunResult, SandboxError

__all__ = ["BackendStatus", "Limits", "RunResult", "SandboxError", "probe"]
