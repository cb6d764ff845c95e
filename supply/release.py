"""Wheel and sdist of one commit, built so that anybody gets the same bytes, and checked to be so.

Built from an export of the commit, never from the work tree: twice, in two folders, with other file modes and another
time zone, the clock taken from the commit; then the wheel once more from the sdist. One hash each, or nothing is kept.
Beside them the list of parts, the lock of what they need to run, and SHA256SUMS.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from supply.bom import LOCK, BomError, make_bom

SUMS, BOM, RUNTIME = "SHA256SUMS", "rescue-reconciler.cdx.json", "requirements.txt"
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


class ReleaseError(RuntimeError):
    """Nothing is released."""


def build(root: Path, commit: str, out: Path) -> list[Path]:
    """Wheel and sdist of a commit in `out`. Raises ReleaseError where two builds differ."""
    epoch = epoch_of(root, commit)
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for number, (umask, zone) in enumerate([(0o022, "UTC"), (0o077, "Pacific/Auckland")]):
            source, built = Path(folder) / f"{'x' * number}source", Path(folder) / f"out{number}"
            export(root, commit, source, umask)
            made.append(_built(source, built, epoch, zone, ["wheel", "sdist"]))
        (sdist,) = [path for path in made[0] if path.name.endswith(".tar.gz")]
        (unpacked,) = _unpacked(sdist, Path(folder) / "unpacked")
        again = _built(unpacked, Path(folder) / "again", epoch, "UTC", ["wheel"])
        _check_equal([*made, again])
        out.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(path, out / path.name)) for path in made[0]]


def export(root: Path, commit: str, folder: Path, umask: int) -> None:
    """The files of a commit, without its history."""
    folder.mkdir()
    packed = folder.with_suffix(".tar")
    _git(root, "-c", f"tar.umask={umask:04o}", "archive", "--output", str(packed), commit)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="tar")


def epoch_of(root: Path, commit: str) -> str:
    """When the commit was made, in seconds."""
    return _git(root, "log", "-1", "--format=%ct", commit, "--")


def version_of(root: Path, commit: str) -> str:
    """What the package of that commit says of itself."""
    found = _VERSION.search(_git(root, "show", f"{commit}:reconciler/__init__.py"))
    if found is None:
        raise ReleaseError("reconciler/__init__.py names no version")
    return found[1]


def write_sums(out: Path, files: Sequence[Path]) -> Path:
    """For `sha256sum --check`, names sorted."""
    sums = out / SUMS
    lines = [f"{_hash(path)}  {path.name}\n" for path in sorted(files)]
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def _built(source: Path, out: Path, epoch: str, zone: str, targets: Sequence[str]) -> list[Path]:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out)]
    for target in targets:
        command += ["--target", target]
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch, "TZ": zone, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(  # noqa: S603 - the command is ours
        command, cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise ReleaseError(f"the build failed: {ran.stderr.strip()[-1000:]}")
    return sorted(out.iterdir())


def _unpacked(sdist: Path, folder: Path) -> list[Path]:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return list(folder.iterdir())


def _check_equal(builds: Sequence[Sequence[Path]]) -> None:
    seen: dict[str, str] = {}
    for files in builds:
        for path in files:
            if seen.setdefault(path.name, _hash(path)) != _hash(path):
                raise ReleaseError(f"{path.name}: two builds of one commit differ")
    if len(seen) != 2:
        raise ReleaseError(f"not one wheel and one sdist: {', '.join(sorted(seen))}")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git(root: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise ReleaseError("git is not installed")
    ran = subprocess.run(  # noqa: S603 - git, found just now
        [git, *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise ReleaseError(f"git {arguments[0]}: {ran.stderr.strip()}")
    return ran.stdout.strip()


def main(arguments: Sequence[str]) -> int:
    """Makes everything of a release in a folder, and prints the sums."""
    parser = argparse.ArgumentParser(prog="python -m supply.release", description=main.__doc__)
    parser.add_argument("out", type=Path, help="an empty folder, or a new one")
    parser.add_argument("--cyclonedx", required=True, metavar="COMMAND", help="cyclonedx-py, which lists the parts")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--tag", help="the tag that is released: it has to be v and the version")
    options = parser.parse_args(arguments)
    root = Path(__file__).resolve().parents[1]
    try:
        version = version_of(root, options.commit)
        if options.tag is not None and options.tag != f"v{version}":
            raise ReleaseError(f"the tag is {options.tag}, and the version {version}")
        if options.out.exists() and any(options.out.iterdir()):
            raise ReleaseError(f"{options.out} is not empty")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            export(root, options.commit, source, 0o022)
            bom = make_bom(source, version, epoch_of(root, options.commit), options.cyclonedx)
            files = build(root, options.commit, options.out)
            files.append(Path(shutil.copyfile(source / LOCK, options.out / RUNTIME)))
        files.append(options.out / BOM)
        files[-1].write_text(bom, encoding="utf-8")
        print(write_sums(options.out, files).read_text(encoding="utf-8"), end="")
    except (ReleaseError, BomError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
