"""Do: a plan's actions, one after the other, through a small `Writer`; what became of each is an outcome."""
