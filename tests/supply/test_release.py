"""A release from outside: a repository of its own, built by the command, with a cyclonedx-py that a test plays."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from reconciler import __version__
from supply.bom import BomError, check_bom
from supply.release import ReleaseError, _check_equal

ROOT = Path(__file__).parents[2]
WHEEL = f"rescue_reconciler-{__version__}-py3-none-any.whl"
SDIST = f"rescue_reconciler-{__version__}.tar.gz"
LISTER = """
import json, os, re, sys
assert "--output-reproducible" in sys.argv
text = open(sys.argv[-1], encoding="utf-8").read().replace("\\\\\\n", " ")
parts = []
for line in text.splitlines():
    name, version = re.match(r"([^=\\s]+)==(\\S+)", line).groups()
    hashes = [{"alg": "SHA-256", "content": each} for each in re.findall(r"sha256:([0-9a-f]+)", line)]
    parts.append({"name": name, "version": version, "externalReferences": [{"hashes": hashes}]})
metadata = {"component": {"name": "rescue-reconciler"}, "timestamp": os.environ["SOURCE_DATE_EPOCH"]}
print(json.dumps({"components": parts, "metadata": metadata}))
"""


def git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    time = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | who | time, check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commit with the files of this project as they are now."""
    folder = tmp_path_factory.mktemp("project")
    for name in (
        "reconciler", "supply", "schema", "requirements", "pyproject.toml", "mappings.yaml", "README.md", "LICENSE",
        "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "Makefile", ".gitignore",
    ):  # fmt: skip
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    lister = folder / "lister"
    lister.write_text(f"#!{sys.executable}{LISTER}", encoding="utf-8")
    lister.chmod(0o755)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=all")
    return folder


def release(project: Path, out: Path, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "supply.release", str(out), "--cyclonedx", str(project / "lister"), *more],
        cwd=project,
        env={name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"} | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_two_releases_of_one_commit_are_equal_to_the_byte_and_the_work_tree_has_no_part_in_it(
    project: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    ran = release(project, first, "--tag", f"v{__version__}")
    assert ran.returncode == 0, ran.stderr
    (project / "reconciler/left_over.py").write_text("x = 1\n", encoding="utf-8")
    try:
        assert release(project, second, TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1").returncode == 0
    finally:
        (project / "reconciler/left_over.py").unlink()
    assert hashes(first) == hashes(second)
    assert sorted(hashes(first)) == ["SHA256SUMS", "requirements.txt", "rescue-reconciler.cdx.json", WHEEL, SDIST]
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=first, check=True, capture_output=True)
    assert (first / "SHA256SUMS").read_text(encoding="utf-8") == ran.stdout
    assert (first / "requirements.txt").read_bytes() == (ROOT / "requirements/runtime.txt").read_bytes()
    bom = json.loads((first / "rescue-reconciler.cdx.json").read_text(encoding="utf-8"))
    assert bom["metadata"]["component"]["purl"] == f"pkg:pypi/rescue-reconciler@{__version__}"
    assert bom["metadata"]["timestamp"] == "1700000000"


def test_what_is_in_them(project: Path, tmp_path: Path) -> None:
    assert release(project, tmp_path / "out").returncode == 0
    with zipfile.ZipFile(tmp_path / "out" / WHEEL) as wheel:
        assert {name.split("/")[0] for name in wheel.namelist()} == {
            "reconciler",
            f"rescue_reconciler-{__version__}.dist-info",
        }
        assert {entry.date_time[:3] for entry in wheel.infolist()} == {(2023, 11, 14)}
    with tarfile.open(tmp_path / "out" / SDIST) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
        assert {entry.mtime for entry in sdist.getmembers()} == {1700000000}
        assert {entry.uname for entry in sdist.getmembers()} == {""}
    assert {"pyproject.toml", "requirements/runtime.txt", "supply/release.py", "SECURITY.md", "Makefile"} <= names


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--tag", "v9.9.9"), f"the tag is v9.9.9, and the version {__version__}"),
        (("--tag", __version__), f"the tag is {__version__}, and the version"),
        (("--commit", "nothing"), "git show"),
        (("--cyclonedx", "false"), "cyclonedx-py failed"),
    ],
    ids=["another version", "a tag without v", "no such commit", "no list of parts"],
)
def test_nothing_is_released(project: Path, tmp_path: Path, more: tuple[str, ...], words: str) -> None:
    ran = release(project, tmp_path / "out", *more)
    assert ran.returncode == 1
    assert words in ran.stderr
    assert not (tmp_path / "out").exists()


def test_an_sdist_that_does_not_give_the_same_wheel_is_no_release(project: Path, tmp_path: Path) -> None:
    settings = project / "pyproject.toml"
    text = settings.read_text(encoding="utf-8")
    target = "[tool.hatch.build.targets.sdist]\n"
    assert target in text
    git(project, "checkout", "--quiet", "-b", "short")
    settings.write_text(text.replace(target, f'{target}exclude = ["reconciler/sandbox/sample.yaml"]\n'), "utf-8")
    git(project, "commit", "--quiet", "--all", "--message=short")
    git(project, "checkout", "--quiet", "main")
    ran = release(project, tmp_path / "out", "--commit", "short")
    assert (ran.returncode, f"{WHEEL}: two builds of one commit differ" in ran.stderr) == (1, True)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(project: Path, tmp_path: Path) -> None:
    (tmp_path / "old.whl").write_text("old", encoding="utf-8")
    ran = release(project, tmp_path)
    assert (ran.returncode, "is not empty" in ran.stderr) == (1, True)
    assert sorted(hashes(tmp_path)) == ["old.whl"]


def test_builds_that_differ_are_no_release(tmp_path: Path) -> None:
    files = []
    for folder, text in (("one", "a"), ("two", "b")):
        (tmp_path / folder).mkdir()
        for name in (WHEEL, SDIST):
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
        files.append(sorted((tmp_path / folder).iterdir()))
    _check_equal([files[0], files[0]])
    with pytest.raises(ReleaseError, match="two builds of one commit differ"):
        _check_equal(files)
    with pytest.raises(ReleaseError, match="not one wheel and one sdist"):
        _check_equal([files[0][:1]])


A, B = "a" * 64, "b" * 64
LOCK = f"click==8.5.1 --hash=sha256:{A}\nwin==1.0 ; sys_platform == 'win32' --hash=sha256:{B}\n"


def part(name: str, version: str, *contents: str) -> dict[str, object]:
    return {"name": name, "version": version, "externalReferences": [{"hashes": [{"content": c} for c in contents]}]}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([part("click", "8.5.1", A)], "not that of the lock: win"),
        ([part("click", "8.5.2", A), part("win", "1.0", B)], "not that of the lock: click"),
        ([part("click", "8.5.1", A), part("win", "1.0", B), part("more", "1", B)], "not that of the lock: more"),
        ([part("click", "8.5.1", A), part("win", "1.0", B), part("win", "1.0", B)], "a package stands twice"),
        ([part("click", "8.5.1", A), part("win", "1.0", A)], "hashes"),
        ([part("click", "8.5.1"), part("win", "1.0")], "hashes"),
        ([], "not that of the lock: click, win"),
    ],
    ids=["missing", "another version", "one more", "twice", "another hash", "no hashes", "empty"],
)
def test_a_list_of_parts_that_is_not_the_locks_is_refused(parts: list[dict[str, object]], words: str) -> None:
    check_bom({"components": [part("Click", "8.5.1", A), part("win", "1.0", B)]}, LOCK)
    with pytest.raises(BomError, match=words):
        check_bom({"components": parts}, LOCK)
