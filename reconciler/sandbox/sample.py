"""The file that fits the sample account: the repository's own `mappings.yaml`, which a wheel carries in here."""

from __future__ import annotations

from pathlib import Path


def sample_mappings() -> str:
    """Its text."""
    here = Path(__file__).parent
    packed = here / "mappings.yaml"
    return (packed if packed.exists() else here.parent.parent / "mappings.yaml").read_text(encoding="utf-8")
