"""Random histories of a company: people come, go, marry, swap addresses; somebody edits Rescue, or the file; runs die.

After every step the command runs until nothing is left to do, which must take two runs at the most once the trouble is
over. Every write of every run is watched as it happens, and what holds is asked of the sandbox, never of the plan: the
one who checks shares no code with the one who decides.
"""

from __future__ import annotations

from .by_hand import ByHand
from .guarded import Guarded
from .in_entra import InEntra
from .in_the_file import InTheFile
from .living import walked


class Histories(InEntra, ByHand, InTheFile, Guarded):
    """One company and its two systems, from an account in sync."""


__all__ = ["Guarded", "Histories", "walked"]
