"""One HTTP answer -> what it means, by body and status together; pure (rescue-api.md §1.3, §6, §7.8, §7.9).

Business answers come with status 200; `OK` counts only with a 2xx, and no word counts with a 5xx. A redirect, or a page
that asks for a password, is what a server shows to someone who is not signed in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler.target.rescue_wire import NotAnAnswer, Text, read_reply
from reconciler.target.tokens import Meaning, meaning
from reconciler.transport import Answer

_SIGN_IN_PAGE = re.compile(rb"<input[^>]{0,300}type\s{0,9}=\s{0,9}[\"']?password", re.IGNORECASE)


class Judged(NamedTuple):
    """`word` is the status word, empty where the answer had none; then `why` says what it was instead."""

    meaning: Meaning
    word: str
    rest: Text
    why: str
    status: int
    length_stated: bool = False

    @property
    def payload(self) -> str:
        """The text after the status word."""
        return self.rest.whole()


_NOTHING = Text(b"", 0)


def judge(answer: Answer) -> Judged:
    """What an answer means. Raises nothing."""
    status = answer.status
    if status == 429:
        return Judged(Meaning.THROTTLED, "", _NOTHING, "HTTP 429, too many requests", status)
    if 300 <= status < 400:
        return Judged(Meaning.NOT_LOGGED_IN, "", _NOTHING, f"a redirect (HTTP {status})", status)
    try:
        word, rest = read_reply(answer.body)
    except NotAnAnswer as error:
        return _judge_page(answer, str(error))
    said = meaning(word)
    if status == 404 and said is Meaning.UNKNOWN:
        return Judged(Meaning.NO_METHOD, "", _NOTHING, "HTTP 404", status)
    if status >= 500 or (said is Meaning.OK and not 200 <= status < 300):
        return Judged(Meaning.NO_ANSWER, "", _NOTHING, f"HTTP {status}", status)
    stated = answer.headers.get("content-length") == str(len(answer.body))
    return Judged(said, word, rest, "", status, stated)


def _judge_page(answer: Answer, why: str) -> Judged:
    """A body without a status word."""
    if answer.status == 404:
        return Judged(Meaning.NO_METHOD, "", _NOTHING, "HTTP 404", answer.status)
    if answer.status < 500 and _SIGN_IN_PAGE.search(answer.body[:200_000]):
        return Judged(Meaning.NOT_LOGGED_IN, "", _NOTHING, f"a sign-in page (HTTP {answer.status})", answer.status)
    return Judged(Meaning.NO_ANSWER, "", _NOTHING, f"HTTP {answer.status}, {why}", answer.status)
