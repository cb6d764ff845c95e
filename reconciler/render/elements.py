"""HTML put together so that no text can become an element: plain text is escaped, only what was made here is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from reconciler.render.safe import visible

_VOID = frozenset({"meta", "input"})


class Html(str):
    """Finished HTML. Everything else that is put into an element is text."""

    __slots__ = ()


def element(tag: str, *content: str | int | None, **attributes: str | bool) -> Html:
    """One element. `class_` and `data_x` become `class` and `data-x`; an attribute that is False is left out.

    No attribute ever holds a foreign text: where a page needs one it stands in the element.
    """
    named = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for name, value in attributes.items()
        if value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{named}>")
    return Html(f"<{tag}{named}>{joined(*content)}</{tag}>")


def joined(*content: str | int | None) -> Html:
    """Several pieces in a row; None is nothing."""
    return Html(
        "".join(
            piece if isinstance(piece, Html) else escape(visible(str(piece)), quote=False)
            for piece in content
            if piece is not None
        )
    )


def foreign(text: str | None, class_: str | bool = False) -> Html:
    """A name or a login: isolated, so that letters that run from right to left move nothing around them."""
    return element("bdi", text or "", class_=class_)


def table(heads: Sequence[str], rows: Iterable[Sequence[str | int | None]], numbers: range, caption: str) -> Html:
    """A table that scrolls by itself where the window is narrow. `numbers`: the columns set to the right."""
    shape = ["number" if at in numbers else False for at in range(len(heads))]
    head = [element("th", title, scope="col", class_=shape[at]) for at, title in enumerate(heads)]
    body = []
    for row in rows:
        first = element("th", row[0], scope="row")
        cells = [element("td", "–" if cell is None else cell, class_=shape[at + 1]) for at, cell in enumerate(row[1:])]
        body.append(element("tr", first, *cells))
    made = element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", element("tr", *head)),
        element("tbody", *body),
    )
    return element("div", made, class_="scrolls", tabindex="0", role="region", aria_label=caption)
