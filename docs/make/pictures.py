"""Makes docs/pictures from real runs: the installed command, the sample account, a GitHub on loopback, a Chromium.

The terminal is a coloured SVG without fonts from elsewhere; the comment is what was posted, set as Markdown; the report
is the page that `--report plan.html` wrote. `make pictures`.
"""

from __future__ import annotations

import html
import os
import pty
import re
import select
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from markdown_it import MarkdownIt
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from reconciler.sandbox import Sandbox, run_sandbox, sample_scenario
from tests.browser.chromium import running_chromium
from tests.cli.conftest import COMMAND, ROOT, clean_environment
from tests.local_github import run_github

PICTURES = Path(__file__).parents[1] / "pictures"
COLUMNS = 125
EDIT = (
    ("    rescue_group: Americas/Field\n", "    rescue_group: Americas/Helpdesk\n    priority: 110\n"),
    (
        "mappings:\n",
        "overrides:\n  - {login: kateri.bearwalker@contoso.example, action: exclude, until: DAY}\n\nmappings:\n",
    ),
)
"""The field service of the Americas joins its help desk, and one person leaves before the others."""

_STYLE = """
body { font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328; margin: 0; padding: 16px; width: 868px; }
article { border: 1px solid #d1d9e0; border-radius: 6px; padding: 16px; }
h3 { margin: 0 0 12px; font-size: 18px; } p, ul, details { margin: 0 0 12px; }
code { font: 12px "DejaVu Sans Mono", monospace; background: #eff1f3; border-radius: 4px; padding: 2px 4px; }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; overflow: hidden; margin: 0 0 12px; line-height: 1.45; }
pre code { background: none; padding: 0; }
.minus { background: #ffebe9; color: #82071e; } .plus { background: #dafbe1; color: #116329; }
.at { color: #6639ba; font-weight: bold; } .bang { color: #953800; }
a { color: #0969da; text-decoration: none; }
"""


@dataclass
class Desk:
    """A folder with the sample file, and what the command needs of its surroundings."""

    folder: Path
    environ: dict[str, str] = field(default_factory=clean_environment)

    def run(self, *words: str) -> None:
        """Raises CalledProcessError with what it said where the command does not end well."""
        ran = subprocess.run(  # noqa: S603 - our own command
            [COMMAND, *words], cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"{' '.join(words)}: {ran.returncode}\n{ran.stdout}{ran.stderr}")

    def on_terminal(self, *words: str) -> str:
        """What comes on a terminal, with its colours."""
        master, slave = pty.openpty()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [COMMAND, *words], cwd=self.folder, env=self.environ, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        came = b""
        while select.select([master], [], [], 60)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux says so that the other end is closed
                break
            if not part:
                break
            came += part
        os.close(master)
        process.wait(60)
        return came.decode().replace("\r\n", "\n")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, run_sandbox(sample_scenario()) as box:
        desk = _desk(Path(place), box)
        draw_terminal(desk)
        body = _comment(desk)
        photograph(desk.folder, body)
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size:,} bytes")


def _desk(folder: Path, box: Sandbox) -> Desk:
    text = (ROOT / "mappings.yaml").read_text(encoding="utf-8")
    quick = text.replace("\n\nrescue:\n", "\nrescue:\n  requests_per_second: 100\n")  # the same lines after it
    (folder / "mappings.yaml").write_text(quick, encoding="utf-8")
    desk = Desk(folder)
    desk.environ |= box.environment() | {"TERM": "xterm-256color"}
    desk.environ.pop("NO_COLOR", None)
    return desk


def draw_terminal(desk: Desk) -> None:
    """The plan of a few mappings, as a terminal of COLUMNS shows it."""
    words = ("plan", "-q", "--only", "helpdesk-emea", "--only", "field-emea")
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(f"[bold]$ reconciler {' '.join(words)}[/bold]", highlight=False)
    console.print(Text.from_ansi(desk.on_terminal(*words).rstrip()), highlight=False)
    svg = console.export_svg(title="reconciler plan", theme=MONOKAI, unique_id="plan")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono").replace(
        "<!-- Generated with Rich https://www.textualize.io -->", ""
    )
    (PICTURES / "terminal.svg").write_text(svg, encoding="utf-8")


def _comment(desk: Desk) -> str:
    """The comment that an edit of the applied file gets, as it was posted."""
    desk.run("apply", "-q", "--yes")
    file = desk.folder / "mappings.yaml"
    text = file.read_text(encoding="utf-8")
    (desk.folder / "before.yaml").write_text(text, encoding="utf-8")
    day = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    for before, after in EDIT:
        if before not in text:
            raise ValueError(f"the sample file has no {before!r}")
        text = text.replace(before, after.replace("DAY", day), 1)
    file.write_text(text, encoding="utf-8")
    desk.run("plan", "-q", "--base", "before.yaml", "--out", "plan.json", "--report", "plan.html")
    with run_github() as github:
        repo = github.repo("contoso/rescue")
        token = github.token("job-token", "github-actions[bot]")
        repo.commit({"mappings.yaml": text}, branch="main")
        repo.commit({"mappings.yaml": text + "\n"}, branch="edit")
        pull = repo.open_pull("edit")
        desk.environ |= {
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": repo.name,
            "GITHUB_RUN_ID": "7",
            "GITHUB_TOKEN": token,
        }
        desk.run("comment", "-q", "--plan", "plan.json", "--pr", str(pull.number), "--commit", pull.head)
        return repo.issues[pull.number].comments[0].body


def photograph(folder: Path, body: str) -> None:
    """The comment and the report, as a Chromium shows them."""
    comment = folder / "comment.html"
    comment.write_text(_page_of(body), encoding="utf-8")
    with running_chromium() as browser:
        page = browser.open(comment, width=900, height=600)
        page.picture(PICTURES / "comment.png", whole=True)
        page.close()
        page = browser.open(folder / "plan.html", width=1120, height=1000)
        page.ask("document.querySelector('#groups').scrollIntoView()")
        page.picture(PICTURES / "report.png")
        page.close()


def _page_of(body: str) -> str:
    """Markdown as GitHub sets it, near enough for a picture."""
    markdown = MarkdownIt("commonmark", {"html": True, "highlight": _coloured}).enable("table")
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><article>{markdown.render(body)}</article>"


def _coloured(text: str, language: str, _: str) -> str:
    """The lines of a diff, each with the colour of its sign; other text as it is."""
    kinds = {"-": "minus", "+": "plus", "@": "at", "!": "bang"}
    lines = [
        f'<span class="{kinds[line[0]]}">{html.escape(line)}</span>'
        if language == "diff" and line[:1] in kinds
        else html.escape(line)
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
