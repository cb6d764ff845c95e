"""One call to Rescue: proof added, the answer judged, repeated where that is safe, own errors (rescue-api.md §1.4, §6).

Everything goes by POST form, nothing into an address. What is repeated:

    read     `ERROR`, POLLRATEEXCEEDED, no answer of the protocol: up to four times within a minute, then TargetError
    write    HTTP 429, POLLRATEEXCEEDED, a connection that never came about: up to three more times, but not for the
             methods that create; anything that may have had an effect: TargetUnknown, never repeated
    both     NOTLOGGEDIN: one new sign-in, then once more (a creation is refused instead: its caller reads again first)

A connection that never came about is a definite no. HTTP 429 is none: repeating after it is safe because setUser,
setGroup and moveNode say the whole truth each time, so at the end, or for a creation, it is TargetUnknown. Words about
the caller are CredentialsError whatever the call was. Errors name the method and node ids, never a name, an address or
a text.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import NamedTuple

from reconciler.errors import CredentialsError, TargetError, TargetRefused, TargetUnknown
from reconciler.target.answers import Judged, judge
from reconciler.target.credentials import Credentials, caller_trouble
from reconciler.target.rescue_wire import Text
from reconciler.target.tokens import Meaning, canonical
from reconciler.transport import Channel, TransportError

log = logging.getLogger(__name__)

CREATES = frozenset({"createUser", "createGroup"})
_READS = 4
_READ_TIME = 60.0
_WRITES = 4
_FIRST_WAIT = 1.0
_STRANGE_TOKENS = 3
_NODES = ("node", "parent", "targetnode")
_random = SystemRandom()


class NoSuchMethod(TargetRefused):
    """HTTP 404 without a word of the protocol: the server does not know this method, and so did nothing."""

    advice = "is the base URL right, with /API at its end?"


class Payload(NamedTuple):
    """The text after the status word; `length_stated`: the body had the length that its header announced (§7.3)."""

    rest: Text
    length_stated: bool


class RescueClient:
    """Calls methods of the API by name."""

    def __init__(
        self,
        channel: Channel,
        credentials: Credentials,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._credentials = credentials
        self._sleep = sleep
        self._clock = clock
        self._strange: set[str] = set()

    def read(self, method: str, /, **params: str | int) -> str:
        """The payload of a reading call. TargetRefused with the token, TargetError, CredentialsError."""
        return self.fetch(method, **params).rest.whole()

    def fetch(self, method: str, /, **params: str | int) -> Payload:
        """Like `read`, and whether the answer's length was stated."""
        what = _named(method, params)
        until = self._clock() + _READ_TIME
        signed_in_again = False
        attempt = 1
        while True:
            try:
                said = self._exchange(method, what, params, repeat=True)
            except TransportError as error:
                raise TargetError(f"{what}: {error}", advice=error.advice or None) from error
            if said.meaning is Meaning.OK:
                return Payload(said.rest, said.length_stated)
            if said.meaning is Meaning.NOT_LOGGED_IN:
                if signed_in_again or not self._credentials.renew(self._channel):
                    raise _signed_out(what, said)
                signed_in_again = True
                continue
            passing = said.meaning in (Meaning.UNCLEAR, Meaning.SLOW_DOWN) or (
                said.meaning is Meaning.NO_ANSWER and said.status < 500  # the channel has repeated the others
            )
            if not passing:
                self._stop_at(what, said)
                raise TargetError(f"{what}: {said.why}")
            wait = _pause(attempt)
            if attempt == _READS or self._clock() + wait > until:
                raise TargetError(f"{what}: Rescue answered {said.word or said.why}, {attempt} times in a row")
            self._sleep(wait)
            attempt += 1

    def write(self, method: str, /, **params: str | int) -> str:
        """The payload of a writing call. TargetRefused: nothing was done. TargetUnknown: perhaps it was."""
        what = _named(method, params)
        again = method not in CREATES
        signed_in_again = throttled = False
        attempt = 1
        while True:
            unsent: TransportError | None = None
            said: Judged | None = None
            try:
                said = self._exchange(method, what, params, repeat=False)
            except TransportError as error:
                if error.sent:
                    raise TargetUnknown(f"{what}: what became of it is not known: {error}") from error
                unsent = error
            if said is not None and said.meaning is Meaning.OK:
                return said.payload
            if said is not None and said.meaning is Meaning.NOT_LOGGED_IN:
                self._sign_in_again(what, said, again=again, before=signed_in_again)
                signed_in_again = True
                continue
            if said is not None and said.meaning not in (Meaning.THROTTLED, Meaning.SLOW_DOWN):
                self._stop_at(what, said)
                raise TargetUnknown(f"{what}: what became of it is not known: {said.word or said.why}", token=said.word)
            throttled |= said is not None and said.meaning is Meaning.THROTTLED
            if not again or attempt == _WRITES:
                raise _not_done(what, said, unsent, throttled=throttled)
            # A pause that Rescue named itself is kept by the channel, which lets no call begin before its end.
            self._sleep(_pause(attempt))
            attempt += 1

    def _exchange(self, method: str, what: str, params: Mapping[str, str | int], *, repeat: bool) -> Judged:
        """One exchange, judged. TransportError."""
        proof = self._credentials.proof(self._channel)
        form = {name: str(value) for name, value in params.items()} | dict(proof.form)
        try:
            answer = self._channel.exchange("POST", f"{method}.aspx", headers=proof.headers, form=form, repeat=repeat)
        except UnicodeEncodeError:
            raise TargetRefused("", f"{what}: not sent, a text in it is no Unicode text") from None
        said = judge(answer)
        log.debug("%s: %s", what, said.word or said.why)
        return said

    def _sign_in_again(self, what: str, said: Judged, *, again: bool, before: bool) -> None:
        """After a write found us signed out: a new sign-in, or the error that ends the write."""
        renewed = not before and (again or said.word != "") and self._credentials.renew(self._channel)
        if renewed and again:
            return
        if not said.word:
            raise TargetUnknown(f"{what}: what became of it is not known: {said.why}")
        if renewed:
            raise TargetRefused(said.word, f"{what}: nothing was done, the session had ended ({said.word})")
        raise _signed_out(what, said)

    def _stop_at(self, what: str, said: Judged) -> None:
        """Raise for every definite no; return where the answer proves nothing."""
        if said.meaning is Meaning.NO_METHOD:
            raise NoSuchMethod("", f"{what}: Rescue knows no such method (HTTP 404)")
        if said.meaning is Meaning.CALLER:
            raise caller_trouble(said.word)
        if said.meaning is Meaning.LOGIN_LIMIT:
            raise CredentialsError(
                f"{what}: Rescue wants fewer sign-ins ({said.word})", advice="wait at least 3 minutes"
            )
        if said.meaning in (Meaning.UNKNOWN, Meaning.BAD_CREDENTIALS):
            self._strange.add(canonical(said.word))
            if len(self._strange) >= _STRANGE_TOKENS:
                raise TargetError(
                    f"{what}: Rescue speaks words that are in no document: {', '.join(sorted(self._strange))}",
                    advice="stopped, since what else it does differently is not known; is this the Rescue API?",
                )
        if said.meaning in (Meaning.REFUSED, Meaning.UNKNOWN, Meaning.BAD_CREDENTIALS):
            raise TargetRefused(said.word, f"{what}: Rescue refused: {said.word}")


def _not_done(what: str, said: Judged | None, unsent: TransportError | None, *, throttled: bool) -> TargetError:
    """The error for a write that never got through; one HTTP 429 among the attempts leaves it unknown."""
    why = str(unsent) if unsent else said.word or said.why if said else ""
    if throttled:
        return TargetUnknown(f"{what}: what became of it is not known: {why}")
    error = TargetRefused(said.word if said else "", f"{what}: nothing was done: {why}")
    error.__cause__ = unsent
    return error


def _signed_out(what: str, said: Judged) -> TargetError | CredentialsError:
    """For NOTLOGGEDIN, a redirect or a sign-in page that a new sign-in did not help against."""
    if said.word:
        return CredentialsError(
            f"{what}: Rescue does not take us for signed in ({said.word})",
            advice="check RESCUE_API_TOKEN; with e-mail and password, another program may sign in as the same account",
        )
    return TargetError(
        f"{what}: instead of an answer there was {said.why}",
        advice="is the base URL right, with /API at its end? Rescue may also be under maintenance",
    )


def _pause(attempt: int) -> float:
    """Back-off with jitter: 1, 2, 4 seconds and up to half as much again."""
    wait = _FIRST_WAIT * 2.0 ** (attempt - 1)
    return wait + _random.uniform(0.0, wait / 2)


def _named(method: str, params: Mapping[str, str | int]) -> str:
    """A call as errors and the log name it."""
    nodes = ", ".join(f"{name} {params[name]}" for name in _NODES if name in params)
    return f"{method} ({nodes})" if nodes else method
