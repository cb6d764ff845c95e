"""What taking a run back is made of; the entry is `planning.undo`."""
