"""`$filter`, `$search` and `$orderby` as SQL over the table of directory objects.

The grammar is the part of OData that the directory documents: eq, ne, in, not, and, or, startsWith, endsWith, and
`list/any(x:x eq 'value')`. What needs the advanced query is refused without it ([documented] graph.md §1.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import GraphError, unsupported
from .options import Options

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([()/,:])|([A-Za-z_][A-Za-z0-9_]*|-?\d+))")
COLUMNS = {
    "id": "o.id", "displayname": "o.name", "userprincipalname": "o.upn", "mail": "o.mail",
    "accountenabled": "o.enabled", "usertype": "o.user_type", "deleteddatetime": "o.deleted_at",
}  # fmt: skip
DEFAULTS = {"securityenabled": 1, "mailenabled": 0}
LISTS = ("proxyAddresses", "otherMails", "groupTypes", "businessPhones")
OR_CHILDREN = 15
AND_CHILDREN = 25


@dataclass(slots=True)
class Condition:
    """A condition on `objects o`, its values, and whether only an advanced query may ask it."""

    sql: str
    values: list[object] = field(default_factory=list)
    advanced: str = ""


def compile_filter(text: str) -> Condition:
    """The condition of a `$filter`. GraphError 400 `BadRequest` where it can't be read."""
    parser = _Parser(text)
    condition = parser.either()
    if parser.rest():
        raise parser.broken()
    return condition


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            match = TOKEN.match(text, place)
            if match is None:
                raise self.broken()
            self.tokens.append(match.group().strip())
            place = match.end()
        self.place = 0
        self.children = {"or": 1, "and": 1}

    def broken(self) -> GraphError:
        return GraphError(400, "BadRequest", f"Invalid filter clause: syntax error in '{self.text}'.")

    def rest(self) -> list[str]:
        return self.tokens[self.place :]

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def next(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token.lower() != expected):
            raise self.broken()
        self.place += 1
        return token

    def either(self) -> Condition:
        return self._joined("or")

    def both(self) -> Condition:
        return self._joined("and")

    def _joined(self, word: str) -> Condition:
        read = self.both if word == "or" else self.one
        condition = read()
        while self.peek().lower() == word:
            self.next()
            self._child(word)
            other = read()
            condition = Condition(
                f"({condition.sql} {word.upper()} {other.sql})",
                condition.values + other.values,
                condition.advanced or other.advanced,
            )
        return condition

    def _child(self, word: str, more: int = 1) -> None:
        """[reported] graph.md §1.1: at most 15 children joined by `or` (values of `in` count), 25 by `and`."""
        self.children[word] += more
        if self.children[word] > (OR_CHILDREN if word == "or" else AND_CHILDREN):
            raise unsupported(
                "Too many child clauses specified in search filter expression containing 'OR' operators: "
                f"{self.children[word]}. Max allowed: {OR_CHILDREN if word == 'or' else AND_CHILDREN}."
            )

    def one(self) -> Condition:
        first = self.next()
        word = first.lower()
        if first == "(":
            inner = self.either()
            self.next(")")
            return inner
        if word == "not":
            inner = self.one()
            return Condition(f"NOT {inner.sql}", inner.values, "not")
        if word in ("startswith", "endswith") and self.peek() == "(":
            return self._function(word)
        if self.peek() == "/":
            return self._any(first)
        return self._comparison(first)

    def _function(self, word: str) -> Condition:
        self.next("(")
        column = _column(self.next())
        self.next(",")
        value = str(self._literal())
        self.next(")")
        start = word == "startswith"
        pattern = re.sub(r"([%_\\])", r"\\\1", value.casefold())
        sql = f"fold({column}) LIKE ? ESCAPE '\\'"
        return Condition(sql, [f"{pattern}%" if start else f"%{pattern}"], "" if start else "endsWith")

    def _any(self, name: str) -> Condition:
        self.next("/")
        self.next("any")
        self.next("(")
        variable = self.next()
        self.next(":")
        self.next(variable.lower())
        self.next("eq")
        value = self._literal()
        self.next(")")
        known = next((known for known in LISTS if known.lower() == name.lower()), name)
        sql = f"EXISTS (SELECT 1 FROM json_each(o.more, '$.{known}') j WHERE fold(j.value) = fold(?))"  # noqa: S608
        values: list[object] = [value]
        if known == "proxyAddresses":
            sql = f"({sql} OR (json_extract(o.more, '$.proxyAddresses') IS NULL AND fold('SMTP:' || o.mail) = fold(?)))"
            values.append(value)
        return Condition(sql, values)

    def _comparison(self, name: str) -> Condition:
        column = _column(name)
        operator = self.next().lower()
        if operator == "in":
            self.next("(")
            values: list[object] = [self._literal()]
            while self.peek() == ",":
                self.next()
                values.append(self._literal())
            self.next(")")
            self._child("or", len(values) - 1)
            return Condition(f"fold({column}) IN ({', '.join('fold(?)' for _ in values)})", values)
        if operator not in ("eq", "ne"):
            raise unsupported(f"Unsupported or invalid query filter clause specified for property '{name}'.")
        value = self._literal()
        sql = f"{column} IS ?" if value is None or isinstance(value, (bool, int)) else f"fold({column}) = fold(?)"
        if column == "o.upn" and isinstance(value, str) and value.isascii():
            sql = "o.upn = ? COLLATE NOCASE"  # has an index
        return Condition(sql, [value]) if operator == "eq" else Condition(f"NOT ({sql})", [value], "ne")

    def _literal(self) -> object:
        token = self.next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        words: dict[str, object] = {"true": True, "false": False, "null": None}
        if token.lower() in words:
            return words[token.lower()]
        if token.lstrip("-").isdigit():
            return int(token)
        raise self.broken()


def _column(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise GraphError(400, "BadRequest", f"Invalid filter clause: '{name}' is no property.")
    known = COLUMNS.get(name.lower())
    if known:
        return known
    extracted = f"json_extract(o.more, '$.{name}')"
    default = DEFAULTS.get(name.lower())
    return extracted if default is None else f"coalesce({extracted}, {default})"


def compile_search(text: str) -> Condition:
    """The condition of a `$search`: `"displayName:term"` clauses joined by AND or OR; a term is a prefix of a word."""
    clauses = re.findall(r'"([A-Za-z]+):((?:[^"\\]|\\.)*)"', text)
    if not clauses:
        raise GraphError(400, "BadRequest", 'Syntax error in $search: clauses have the form "property:value".')
    parts = [f"has_words({_column(name)}, ?)" for name, _ in clauses]
    joined = (" OR " if re.search(r'"\s+OR\s+"', text) else " AND ").join(parts)
    return Condition(f"({joined})", [re.sub(r"\\(.)", r"\1", value) for _, value in clauses])


def condition_of(options: Options) -> Condition:
    """The condition of a whole query. [documented] graph.md §1.3: some operators need the header and `$count=true`."""
    condition = Condition("1")
    if options.filter:
        condition = compile_filter(options.filter)
        ready = options.advanced and options.count
        if condition.advanced and not ready:
            raise unsupported(
                f"Operator '{condition.advanced}' is not supported because the required parameters might be missing. "
                "Try adding $count=true query parameter and ConsistencyLevel:eventual header."
            )
        if options.orderby and not ready:
            raise unsupported("Sorting not supported for current query.")
    if options.search:
        found = compile_search(options.search)
        condition = Condition(f"{condition.sql} AND {found.sql}", condition.values + found.values)
    return condition


def order_of(options: Options) -> str:
    """The SQL order of a query; by key, the order of creation, if it names none."""
    if not options.orderby:
        return "o.key"
    name, _, direction = options.orderby.strip().partition(" ")
    if name.lower() not in ("displayname", "userprincipalname", "deleteddatetime", "mail", "id"):
        raise unsupported(f"Sorting by '{name}' is not supported.")
    return f"fold({COLUMNS[name.lower()]}) {'DESC' if direction.strip().lower() == 'desc' else 'ASC'}, o.key"
