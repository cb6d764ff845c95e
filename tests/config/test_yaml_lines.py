"""YAML with places: scalars by YAML 1.2's core rules, positions, and what is refused, by libyaml and PyYAML alike."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config import yaml_lines
from reconciler.config.yaml_lines import MAX_DEPTH, MAX_PROBLEMS, UNUSABLE, Document, read_yaml, resolve_scalar
from reconciler.errors import InputError

BOTH = pytest.mark.parametrize("pure", [False, True], ids=["libyaml", "pure"])

CORE = [
    # YAML 1.2.2 §10.3.2, and the words of YAML 1.1 that are text there
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nULL", "nULL"), ("nil", "nil"),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("tRue", "tRue"), ("yes", "yes"), ("no", "no"), ("Yes", "Yes"), ("NO", "NO"), ("on", "on"), ("off", "off"),
    ("Off", "Off"), ("y", "y"), ("n", "n"), ("N", "N"), ("t", "t"),
    ("0", 0), ("12", 12), ("-12", -12), ("+12", 12), ("014", 14), ("08", 8), ("0o14", 12), ("0x1F", 31), ("0xff", 255),
    ("0b1", "0b1"), ("-0x1", "-0x1"), ("0o8", "0o8"), ("0xg", "0xg"), ("1_000", "1_000"), ("1,000", "1,000"),
    ("24:30", "24:30"), ("12:30:45", "12:30:45"), ("2026-12-01", "2026-12-01"), ("2026-12-01T10:00:00Z",) * 2,
    ("20%", "20%"), ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5", -0.5), ("+1.5", 1.5), ("1e3", 1000.0),
    ("1E-2", 0.01), ("1.5e+3", 1500.0), (".", "."), ("..", ".."), ("-", "-"), ("+", "+"), ("e3", "e3"), ("1e", "1e"),
    (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), (".iNF", ".iNF"), ("inf", "inf"), ("nan", "nan"),
    ("1.2.3", "1.2.3"), ("8d2f", "8d2f"), ("12e4567890123456", math.inf), ("=", "="), ("<<", "<<"), ("٣", "٣"),
    ("1\n", "1\n"), ("true\n", "true\n"), ("9" * 40, int("9" * 40)), ("9" * 41, "9" * 41),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CORE, ids=[repr(text) for text, _ in CORE])
def test_scalars_are_read_by_the_core_schema(text: str, value: Any) -> None:
    found = resolve_scalar(text)
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_a_float() -> None:
    for text in (".nan", ".NaN", ".NAN"):
        found = resolve_scalar(text)
        assert isinstance(found, float)
        assert math.isnan(found)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
@given(st.text(alphabet="0123456789+-.eExXoaAfFtTrRuUnNlL~iI_:", max_size=8))
def test_scalars_follow_the_regular_expressions_of_the_specification(text: str) -> None:
    """The table of YAML 1.2.2 §10.3.2, row by row."""
    import re

    rows = [
        (r"null|Null|NULL|~|", type(None)),
        (r"true|True|TRUE|false|False|FALSE", bool),
        (r"[-+]?[0-9]+", int),
        (r"0o[0-7]+", int),
        (r"0x[0-9a-fA-F]+", int),
        (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
        (r"[-+]?(\.inf|\.Inf|\.INF)", float),
        (r"\.nan|\.NaN|\.NAN", float),
    ]
    expected = next((kind for pattern, kind in rows if re.fullmatch(pattern, text)), str)
    assert type(resolve_scalar(text)) is expected


TEXT = """\
# a comment
one: 1
two:
  - a
  - {b: c, "d": [e]}
three: |
  text
"""


@BOTH
def test_every_key_and_value_has_its_place(pure: bool) -> None:
    found = read_yaml("f", TEXT.encode(), pure=pure)
    assert found.value == {"one": 1, "two": ["a", {"b": "c", "d": ["e"]}], "three": "text\n"}
    assert found.values == {
        (): (2, 1),
        ("one",): (2, 6),
        ("two",): (4, 3),
        ("two", 0): (4, 5),
        ("two", 1): (5, 5),
        ("two", 1, "b"): (5, 9),
        ("two", 1, "d"): (5, 17),
        ("two", 1, "d", 0): (5, 18),
        ("three",): (6, 8),
    }
    assert found.keys == {
        ("one",): (2, 1),
        ("two",): (3, 1),
        ("two", 1, "b"): (5, 6),
        ("two", 1, "d"): (5, 12),
        ("three",): (6, 1),
    }
    assert found.raw == {("one",): "1"}
    assert found.key_place(("two", 0)) == (4, 5)
    assert found.value_place(("two", 7, "x")) == (4, 3)
    assert Document().value_place(("a",)) == (1, 1)


@BOTH
def test_places_count_characters_and_every_kind_of_line_end(pure: bool) -> None:
    found = read_yaml("f", "\ufeffa: 1\r\nb: 2\r'é𝄞': {x: 3}\n".encode(), pure=pure)
    assert found.keys == {("a",): (1, 1), ("b",): (2, 1), ("é𝄞",): (3, 1), ("é𝄞", "x"): (3, 8)}


REFUSED = [
    (b"", "f:1:1: the file is empty"),
    (b"\xef\xbb\xbf", "f:1:1: the file is empty"),
    (b"--- 1\n--- 2\n", "f:2:1: a second document begins here"),
    (b"a: \xc3\xa9\n\xe9: 1\n", "f:2:1: the byte 0xE9 is not UTF-8"),
    ("a: 1".encode("utf-16"), "f: this is UTF-16"),
    ("a: 1".encode("utf-16-be"), "f: this is UTF-16"),
    ("a: 1".encode("utf-32"), "f: this is UTF-16"),
    (b"a: 1\nb: \x00", "f:2:4: the character U+0000 is not allowed here"),
    ("a: \ufeffb".encode(), "f:1:4: the character U+FEFF"),
    ("a: x\u0085b".encode(), "f:1:5: the character U+0085"),
    ("a: x\u2029b".encode(), "f:1:5: the character U+2029"),
    (b'a: "\\ud800"', "f:1:4: an escape after a backslash is not one of YAML's"),
    (b'a: "\\q"', "f:1:4: an escape after a backslash is not one of YAML's"),
    (b"a:\n\tb: 1", "f:2:1: a tab stands where only spaces may"),
    (b"a:\n- b\n-\tc", "f:3:2: a tab stands where only spaces may"),
    (b"a: b: c", "f:1:5: a colon stands where no key can end"),
    (b"a: `x`", "f:1:4: a value cannot begin with `"),
    (b"a: 'x", "f:1:4: a quotation begun here never ends"),
    (b"a: {b: c", "f:1:4: what begins here with { does not end as it should"),
    (b"a: [b", "f:1:4: what begins here with [ does not end as it should"),
    (b"a: [b}", "f:1:4: what begins here with [ does not end as it should"),
    (b"[", "f:1:1: what begins here with [ does not end as it should; close it with ]"),
    (b"{", "f:1:1: what begins here with { does not end as it should; close it with }"),
    (b"a: [\n", "f:1:4: what begins here with [ does not end as it should"),
    (b"a: 1\nb: [\n  {c: 1},\n\n\n", "f:2:4: what begins here with [ does not end as it should"),
    (b"a: [1, ,\n2]", "f:1:4: what begins here with [ does not end as it should"),
    (b"a: [{b: [1], c: 2]", "f:1:5: what begins here with { does not end as it should"),
    (b"a: [b: c, d: {", "f:1:14: what begins here with { does not end as it should"),
    (b"a:\n  [b: c\n", "f:2:3: what begins here with [ does not end as it should"),
    (b"a: 1\n- b", "f:2:1: this does not continue what stands above it"),
    (b"a: !e!x y", "f:1:4: tags are not part of this format"),
    (b"a: 1\nb\n", "f:2:1: a colon is missing after this key"),
    (b"a: >x\n", "f:1:5: this is not YAML as it stands"),
    (b"%YAML 2.0\n---\na: 1\n", "f:1:1: this is not YAML as it stands"),
    (b"a: [\n<<<<<<< ours\n", "f:2:1: a merge conflict is left in the file"),
    (b"[" * 10_000, f"f:1:{MAX_DEPTH + 1}: nested deeper than 32 levels"),
    (b"{a: " * 10_000, "nested deeper than 32 levels"),
    (b"- " * 10_000, "nested deeper than 32 levels"),
    (b"? " * 10_000, "nested deeper than 32 levels"),
]


@BOTH
@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[repr(data[:20]) for data, _ in REFUSED])
def test_what_cannot_be_read_is_one_clear_problem(data: bytes, message: str, pure: bool) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml("f", data, pure=pure)
    (line,) = caught.value.lines()
    assert message in line
    assert "; " in line


def test_an_escape_beyond_unicode_is_refused_by_either_parser() -> None:
    for pure in (False, True):
        with pytest.raises(InputError, match="an escape after a backslash"):
            read_yaml("f", b'a: "\\U00110000"', pure=pure)


TOLD = [
    (b"a: 1\nb: 2\na: 3", {"a": 1, "b": 2}, ["f:3:1: the key a is here twice; it stands first in line 1"]),
    (b'a: 1\n"a": {b: 1, b: 2}', {"a": 1}, ["f:2:1: the key a is", "f:2:13: the key b is here twice"]),
    (b"a: &x 1\nb: *x", {"a": 1, "b": UNUSABLE}, ["f:2:4: *x repeats a value"]),
    (b"a: *x\n*x : 1", {"a": UNUSABLE}, ["f:1:4: *x repeats", "f:2:1: *x repeats"]),
    (b"<<: *x\na: 1", {"a": 1}, ["f:1:1: merge keys (<<) are not part of this format"]),
    (b"<<: [*x, *y]", {}, ["f:1:1: merge keys", "f:1:6: *x repeats", "f:1:10: *y repeats"]),
    (b'"<<": 1\nb: <<', {"<<": 1, "b": "<<"}, []),
    (b"a: !x b", {"a": UNUSABLE}, ["f:1:4: the tag !x is not part of this format"]),
    (b"a: !!set {b}", {"a": UNUSABLE}, ["f:1:4: the tag !!set is not"]),
    (b"a: !!int x\nb: !!binary aGk=", {"a": UNUSABLE, "b": UNUSABLE}, ["f:1:4: the tag !!int", "f:2:4: the tag !!b"]),
    (b"a: !!str 1\nb: ! 2\nc: !!float 3\nd: !!null ''", {"a": "1", "b": "2", "c": 3, "d": None}, []),
    (b"!!map {a: !!seq [!!bool true]}", {"a": [True]}, []),
    (
        b"1: a\n1.5: b\nnull: c\n?\n: d",
        {},
        ["f:1:1: 1 cannot", "f:2:1: 1.5 cannot", "f:3:1: null cannot", "f:4:2: nothing"],
    ),
    (b"? {a: 1, a: 2}\n: [b]", {}, ["f:1:3: a list or mapping cannot be a key", "f:1:10: the key a is here twice"]),
    (b"a: .nan\nb: -.inf\nc: 1e999", {"a": UNUSABLE, "b": UNUSABLE, "c": UNUSABLE}, ["f:1:4: .nan", "f:2:", "f:3:"]),
    (b"a: !!float .inf", {"a": UNUSABLE}, ["f:1:4: .inf is not a number"]),
]


@BOTH
@pytest.mark.parametrize(("data", "value", "messages"), TOLD, ids=[repr(item[0][:24]) for item in TOLD])
def test_what_can_be_read_around_is_told_and_read_around(
    data: bytes, value: Any, messages: list[str], pure: bool
) -> None:
    found = read_yaml("f", data, pure=pure)
    lines = InputError("f", found.problems).lines()
    assert found.value == value
    assert len(lines) == len(messages), lines
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(message)


def test_a_refused_value_says_so_when_shown() -> None:
    assert repr(UNUSABLE) == "(refused)"


def test_reading_ends_where_too_much_is_wrong() -> None:
    with pytest.raises(InputError) as caught:
        read_yaml("f", b"a: 1\n" * 100_000)
    assert len(caught.value.problems) == MAX_PROBLEMS + 1
    assert caught.value.lines()[-1].startswith(f"f:{MAX_PROBLEMS + 1}:1: the reading ends here")


class CountingLoader(yaml.SafeLoader):
    """PyYAML's own parser, counting the events it is asked for."""

    asked = 0

    def get_event(self) -> Any:
        CountingLoader.asked += 1
        return super().get_event()


def test_aliases_are_never_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten levels of ten: 10^10 strings if anything were expanded; one event for what is written, and no more."""
    lines = ['a0: &a0 "x"'] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]
    monkeypatch.setattr(yaml, "SafeLoader", CountingLoader)
    CountingLoader.asked = 0
    found = read_yaml("bomb", "\n".join(lines).encode(), pure=True)
    assert len(found.problems) == 100
    assert CountingLoader.asked == 3 + 11 + 1 + 10 * 2 + 100 + 3


def test_depth_is_found_out_before_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "SafeLoader", CountingLoader)
    CountingLoader.asked = 0
    with pytest.raises(InputError, match="nested deeper"):
        read_yaml("deep", b"[\n" * 1_000_000, pure=True)
    assert CountingLoader.asked == 2 + MAX_DEPTH + 1


def test_without_libyaml_pyyaml_itself_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_lines.yaml, "__with_libyaml__", False)
    monkeypatch.delattr(yaml_lines.yaml, "CSafeLoader", raising=False)
    assert read_yaml("f", TEXT.encode()).keys == read_yaml("f", TEXT.encode(), pure=True).keys


YAMLISH = st.text(alphabet="ab1:-,[]{}#&*!|>'\"%@`?~<\\ \n\t\r.é\u2028\ufeff\x07", max_size=60)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
@given(
    st.one_of(
        YAMLISH.map(str.encode),
        st.binary(max_size=60),
        st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    )
)
def test_whatever_the_bytes_the_answer_is_a_document_or_an_input_error(data: bytes) -> None:
    for pure in (False, True):
        try:
            found = read_yaml("f", data, pure=pure)
        except InputError as err:
            lines = err.lines()
        else:
            lines = InputError("f", found.problems).lines()
            assert () in found.values
            assert all(place.line >= 1 and place.column >= 1 for place in found.values.values())
        assert all("\n" not in line and line.isprintable() for line in lines)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc-_. é", max_size=6), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines are busy
@given(PLAIN, st.booleans(), st.booleans())
def test_what_was_dumped_is_read_again(value: Any, flow: bool, pure: bool) -> None:
    class Quoting(yaml.SafeDumper):
        """Quotes all text: PyYAML's dumper leaves plain what only YAML 1.1 takes for text."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
            return True

    Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    text = yaml.dump(value, Dumper=Quoting, default_flow_style=flow, allow_unicode=False)
    found = read_yaml("f", text.encode(), pure=pure)
    assert found.value == value
    assert found.problems == []
