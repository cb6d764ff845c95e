"""The file `init` writes: new ones are right and commented; of an existing one only what changed is written anew."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from reconciler.config.load import parse_mappings
from reconciler.config.write import Before, Entry, keeps_text, render_file
from reconciler.config.yaml_lines import read_yaml

SAMPLE = (Path(__file__).parents[2] / "mappings.yaml").read_bytes()
NEW = {"entra_group": {"id": "11111111-0000-4000-8000-000000000001", "name": "New"}, "rescue_group": "A/New"}


def opened(data: bytes) -> tuple[Before, dict[str, Any], list[Entry]]:
    document = read_yaml("f", data)
    entries = [Entry(value, number) for number, value in enumerate(document.value["mappings"])]
    return Before(data, document), dict(document.value), entries


def changed_lines(before: bytes, after: str) -> list[str]:
    lines = difflib.ndiff(before.decode().splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


def test_nothing_changed_is_the_same_bytes() -> None:
    before, value, entries = opened(SAMPLE)
    assert render_file(value, entries, before=before).encode() == SAMPLE


def test_a_pair_is_taken_out_with_its_lines_and_no_other() -> None:
    before, value, entries = opened(SAMPLE)
    text = render_file(value, [*entries[:1], *entries[2:]], before=before)
    assert [line[0] for line in changed_lines(SAMPLE, text)] == ["-"] * 5
    assert "field-emea" not in text
    assert "# Americas" in text


def test_a_pair_is_added_below_the_others_with_its_reason() -> None:
    before, value, entries = opened(SAMPLE)
    text = render_file(value, [*entries, Entry(NEW, None, ("23 of 25 are members",))], before=before, tail=["tail"])
    assert changed_lines(SAMPLE, text) == [
        "+ ",
        "+   # 23 of 25 are members",
        "+   - entra_group: {id: 11111111-0000-4000-8000-000000000001, name: New}",
        "+     rescue_group: A/New",
        "+ ",
        "+ # tail",
    ]


def test_a_changed_pair_keeps_the_comment_above_it_and_its_neighbours() -> None:
    before, value, entries = opened(SAMPLE)
    entries[3] = Entry({**entries[3].value, "mobile_license": "award"}, 3)
    assert changed_lines(SAMPLE, render_file(value, entries, before=before)) == ["+     mobile_license: award"]


def test_a_changed_section_is_written_anew_and_the_others_stay() -> None:
    before, value, entries = opened(SAMPLE)
    text = render_file({**value, "rescue": {**value["rescue"], "region": "eu"}}, entries, before=before)
    gone = [line for line in changed_lines(SAMPLE, text) if line[0] == "-"]
    assert [line[1:].split(":")[0].strip() for line in gone] == ["owner", "mobile_seats"]  # their comments go
    assert "  region: eu                  # us | eu\n" in text
    assert "never written, created or adopted" in text


def test_a_new_section_stands_before_the_mappings() -> None:
    before, value, entries = opened(SAMPLE)
    text = render_file({**value, "guards": {"max_moves": "10%"}}, entries, before=before)
    assert text.index("defaults:") < text.index("guards:") < text.index("mappings:")
    assert [line[0] for line in changed_lines(SAMPLE, text)] == ["+", "+", "+"]


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_line_ends_stay_what_they_are(ending: bytes) -> None:
    data = SAMPLE.replace(b"\n", ending)
    before, value, entries = opened(data)
    made = render_file(value, [*entries, Entry(NEW)], before=before).encode()
    assert made.startswith(data.rstrip())
    assert made.count(ending) == made.count(b"\n")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nrescue: {account_id: 1}\nmappings: []\n",
        "version: 1\nrescue: {account_id: 1}\nmappings: []",
        "version: 1\nmappings: [{entra_group: A, rescue_group: B}]\nrescue: {account_id: 1}\n# end\n",
        "{version: 1, rescue: {account_id: 1}, mappings: [{entra_group: A, rescue_group: B}]}\n",
        "version: 1\nrescue: {account_id: 1}\nmappings:\n- entra_group: A\n  rescue_group: B\n- \n  entra_group: C\n"
        "  rescue_group: D\n",
        "version: 1\nrescue: {account_id: 1}\nmappings:\n    -   entra_group: A\n        rescue_group: B",
        "\ufeffversion: 1\nmappings:\n- entra_group: A\n  rescue_group: B\n\n# more\nrescue: {account_id: 1}\n",
        "  version: 1\n  rescue: {account_id: 1}\n  mappings: []\n",
        "---\nversion: 1\nrescue: {account_id: 1}\nmappings: []\n...\n",
    ],
)
def test_any_layout_gives_the_file_that_is_wanted(text: str) -> None:
    before, value, entries = opened(text.encode())
    changed = {**value, "settings": {"use_upn_as_email": True}}
    for wanted in ([*entries, Entry(NEW)], entries[1:], [], [Entry(NEW), *entries]):
        made = render_file(changed, wanted, before=before)
        said = read_yaml("f", made.encode()).value
        assert said == {**changed, "mappings": [dict(entry.value) for entry in wanted]}


def test_whether_the_layout_can_be_kept_is_told() -> None:
    assert keeps_text(opened(SAMPLE)[0])
    assert not keeps_text(opened(b"{version: 1, mappings: []}")[0])


def test_a_new_file_is_right_and_explains_itself() -> None:
    value = {
        "version": 1,
        "entra": {"tenant_id": "8d2f4c1e-0000-4000-8000-2b7f3d9a1c55", "cloud": "global"},
        "rescue": {"region": "eu", "account_id": 7},
        "defaults": {"nested": "direct"},
    }
    text = render_file(value, [Entry(NEW, None, ("why",))], section_comments={"defaults": ["At first."]}, tail=["end"])
    found = parse_mappings("f", text.encode(), tenant_id=None)
    assert (found.account_id, found.region, len(found.mappings)) == (7, "eu", 1)
    for said in ("# yaml-language-server: $schema=", "# apply refuses any other account", "# At first.\ndefaults:",
                 "  # why\n  - entra_group", "\n# end\n"):  # fmt: skip
        assert said in text


def test_a_new_file_without_pairs_is_right() -> None:
    text = render_file({"version": 1, "rescue": {"account_id": 7}}, [])
    assert parse_mappings("f", text.encode(), tenant_id=None).mappings == ()
