"""The first write of a run is read back for what it did not mean to change (product.md D15)."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.apply.checks import find_losses, shows_change, stored_differently
from reconciler.apply.groups import Ends
from reconciler.errors import ReconcilerError, TargetError
from reconciler.model.hierarchy import Details


class FirstWrite:
    """Looks at each write of a person until one was seen to do what it should and nothing else."""

    def __init__(
        self, fetch_node: Callable[[int], Details | None], wait_until: Callable[[Callable[[], bool]], bool]
    ) -> None:
        """`wait_until` asks until something is so, or it is too late."""
        self._fetch_node = fetch_node
        self._wait_until = wait_until
        self.verified = False
        """Whether there was one: later writes are not looked at."""

    def verify(self, before: Details, wanted: Details) -> list[str]:
        """What was stored differently, read back until all of it shows or the time is over.

        Raises Ends for a loss. A write of which nothing shows proves nothing, so the next one is looked at as well.
        """
        if self.verified:
            return []
        seen: Details | None = None

        def settled() -> bool:
            nonlocal seen
            seen = self._fetch_node(wanted.id)
            return seen is not None and not (
                find_losses(before, wanted, seen) or stored_differently(before, wanted, seen)
            )

        try:
            if self._wait_until(settled):
                self.verified = True
                return []
        except ReconcilerError as unread:
            raise Ends("unknown", f"written, but it could not be read back: {unread}") from unread
        losses = find_losses(before, wanted, seen)
        if losses or seen is None:
            what = f"writing {wanted.login} did what it was not meant to do: {'; '.join(losses)}"
            raise Ends("failed", what) from TargetError(
                what, advice="no further write was made; compare this person in the Admin Center with the plan"
            )
        self.verified = shows_change(before, wanted, seen)
        return stored_differently(before, wanted, seen)
