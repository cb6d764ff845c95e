"""Files commands write: refused before the work when they cannot be written, and never left half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from reconciler.errors import UsageError

REPORT_SUFFIXES = (".html", ".json", ".md", ".xlsx")


def check_reports(files: Iterable[str]) -> None:
    """Raises UsageError for a report whose suffix no renderer has, and for places that cannot be written."""
    for file in files:
        if Path(file).suffix.lower() not in REPORT_SUFFIXES:
            raise UsageError(
                f"--report {file}: the suffix decides the kind", advice=f"use {' or '.join(REPORT_SUFFIXES)}"
            )
        check_writable(file)


def check_writable(file: str) -> None:
    """Raises UsageError when `file` could not be written later: no such folder, a folder itself, no permission."""
    path = _meant(file)
    folder = path.parent
    if not folder.is_dir():
        missing = Path(file).parent
        raise UsageError(f"{file} cannot be written: there is no folder {missing}", advice="make the folder first")
    if path.is_dir():
        raise UsageError(f"{file} cannot be written: it is a folder", advice="name a file")
    replaced = not path.exists() or path.is_file()  # by renaming, which takes the folder's permission
    wanted = [folder] * replaced + [path] * path.exists()
    if not all(os.access(place, os.W_OK) for place in wanted):
        raise UsageError(f"{file} cannot be written: permission denied", advice="choose another place")


def write_whole(file: str, content: str | bytes) -> None:
    """Writes beside the file and renames, so that a reader sees the old content or the new, never a part.

    A link stays one: what it leads to is written. Raises UsageError where nothing can be.
    """
    path = _meant(file)
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        if path.exists() and not path.is_file():  # /dev/stdout and pipes cannot be replaced
            path.write_bytes(data)
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as failed:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"{file} cannot be written: {failed.strerror}", advice="choose another place") from failed


def check_distinct(inputs: Iterable[str | None], outputs: Iterable[str | None]) -> None:
    """Raises UsageError where one file is to be written twice, or over something that is read. None: not given."""
    seen = {_meant(file): file for file in inputs if file}
    for file in filter(None, outputs):
        path = _meant(file)
        if path in seen and (path.is_file() or not path.exists()):
            raise UsageError(f"{file} is named twice: it would be written over", advice="name another file")
        seen[path] = file


def _meant(file: str) -> Path:
    """The file itself, where a link leads to it."""
    return Path(os.path.realpath(file))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
