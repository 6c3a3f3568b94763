"""A report page as PDF, printed by a browser engine that is installed on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
    "chrome",
)
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_TIMEOUT_S = 120


class PdfError(Exception):
    """No PDF could be made; the message says what is missing."""


def find_browser() -> str | None:
    """Return the path of an installed browser engine, or None."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or next((path for path in _ELSEWHERE if Path(path).exists()), None)


def write_pdf(html: str, target: Path) -> None:
    """Print a self-contained page into `target`, with the network closed.

    Raises:
        PdfError: There is no browser engine, or it failed.
    """
    browser = find_browser()
    if browser is None:
        raise PdfError(
            "no PDF: no Chromium, Chrome or Edge was found; install one, or print the HTML page"
        )
    with TemporaryDirectory(prefix="kaoguan-pdf-") as folder:
        page, out = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        line = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={out}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            line.insert(1, "--no-sandbox")  # the engine refuses its own sandbox to root
        try:
            subprocess.run(line, capture_output=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PdfError(f"no PDF: {browser} failed: {error}") from error
        if not out.exists() or out.stat().st_size == 0:
            raise PdfError(f"no PDF: {browser} wrote nothing; print the HTML page instead")
        shutil.copyfile(out, target)
