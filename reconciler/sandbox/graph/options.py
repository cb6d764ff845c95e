"""The OData query options of a request, read and checked ([documented] graph.md §1.3, §2)."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.sandbox.messages import Request

from .errors import GraphError, bad_request, unsupported

NAMES = ("select", "top", "filter", "search", "orderby", "count", "skiptoken", "expand", "skip", "format")
MOST = 999
DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What the query asks for. `advanced`: the header ConsistencyLevel says `eventual`."""

    select: tuple[str, ...]
    top: int | None
    filter: str
    search: str
    orderby: str
    count: bool
    skiptoken: str
    expand: str
    advanced: bool

    @property
    def page(self) -> int:
        """Rows a page."""
        return self.top or DEFAULT_PAGE


def read_options(request: Request) -> Options:
    """The options, with `$` or `%24`; other parameters without `$` are ignored. [reported] graph.md §2 for refusals."""
    found: dict[str, str] = {}
    for name, value in request.pairs():
        bare = name.removeprefix("$").lower()
        if not name.startswith("$"):
            if bare in NAMES:
                raise bad_request(f"Unrecognized query argument specified: '{name}'.")
            continue
        if bare not in NAMES:
            raise bad_request(f"Unrecognized query argument specified: '{name}'.")
        found[bare] = value
    if "skip" in found:
        raise bad_request("'$skip' is not supported by the service.")
    level = request.headers.get("consistencylevel", "")
    if level and level.lower() != "eventual":  # [reported] graph.md §1.3
        raise bad_request("One or more headers are invalid.")
    if "search" in found and not level:  # [documented] graph.md §1.1
        raise unsupported(
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
    if "expand" in found and level:  # [documented] graph.md §1.3
        raise unsupported("$expand is not supported together with advanced queries.")
    select = tuple(name.strip() for name in found.get("select", "").split(",") if name.strip())
    return Options(
        select=select,
        top=_top(found.get("top")),
        filter=found.get("filter", ""),
        search=found.get("search", ""),
        orderby=found.get("orderby", ""),
        count=found.get("count", "").lower() == "true",
        skiptoken=found.get("skiptoken", ""),
        expand=found.get("expand", ""),
        advanced=bool(level),
    )


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise unsupported(f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive.")
    return int(text)


def only_select(options: Options) -> None:
    """[reported] graph.md §1.4: `$filter` and `$search` on a single object are refused."""
    if options.filter or options.search or options.orderby:
        raise GraphError(
            400, "BadRequest", "Query options $filter, $search and $orderby can be applied only on collections."
        )
