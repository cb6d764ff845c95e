"""The units in `deploy/`: what they start is what the command takes, and they ask for no right they do not need."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from reconciler.cli.main import cli

DEPLOY = Path(__file__).parents[1] / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
TIMERS = sorted(DEPLOY.glob("*.timer"))
HARDENED = {
    "DynamicUser": "yes",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "KillMode": "mixed",
    "TimeoutStopSec": "10min",
}


def settings(file: Path) -> dict[str, str]:
    """The last value of each key; enough for units that say each thing once."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def command_of(file: Path) -> list[str]:
    """The words after `reconciler`, with systemd's specifiers filled in."""
    line = settings(file)["ExecStart"]
    for specifier, value in {"%t": "/run", "%S": "/var/lib", "%i": "full"}.items():
        line = line.replace(specifier, value)
    assert "%" not in line
    words = shlex.split(line)
    return words[words.index("/opt/rescue-reconciler/bin/reconciler") + 1 :]


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)
def test_the_command_takes_every_word(file: Path) -> None:
    name, *words = command_of(file)
    with click.Context(cli) as above:
        command = cli.get_command(above, name)
        assert command is not None
        with command.make_context(name, words, parent=above) as made:
            assert made.params["file"] == "/etc/rescue-reconciler/mappings.yaml"
            assert made.params.get("interval", 900) == 900
            assert made.params.get("yes", True) is True


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)
def test_a_service_has_no_right_it_does_not_need(file: Path) -> None:
    assert {name: settings(file).get(name) for name in HARDENED} == HARDENED


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)
def test_what_is_written_lies_in_folders_the_service_has(file: Path) -> None:
    said = settings(file)
    written = set(re.findall(r"(%[tS]/[^/ ]+)/", said["ExecStart"]))
    folders = {"%S": said.get("StateDirectory"), "%t": said.get("RuntimeDirectory")}
    assert written == {f"{above}/{name}" for above, name in folders.items() if name}
    assert said["EnvironmentFile"] == "/etc/rescue-reconciler/environment"  # no `-`: without secrets nothing starts


def test_no_secret_is_in_a_unit() -> None:
    for file in SERVICES:
        assert not re.search(r"(TOKEN|SECRET|PASSWORD)=", file.read_text(encoding="utf-8"))


def test_each_timer_has_its_service_and_a_refresh_that_exists() -> None:
    instances = [file.name.removeprefix("rescue-reconciler-apply@").removesuffix(".timer") for file in TIMERS]
    assert instances == ["auto", "full"]
    conflicts = settings(DEPLOY / "rescue-reconciler.service")["Conflicts"].split()
    assert conflicts == [file.name for file in TIMERS]


def test_the_readme_names_every_unit() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for file in (*SERVICES, *TIMERS):
        assert file.name in text or f"`@{file.name.partition('@')[2]}`" in text
