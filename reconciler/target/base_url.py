"""Where the API of an account's region is (rescue-api.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.errors import UsageError

_REGIONS = {
    "us": "https://secure.logmeinrescue.com/API",
    "eu": "https://secure.logmeinrescue.eu/API",
}


class BaseUrl(NamedTuple):
    """`url` up to and with `/API`, without a slash at its end; `note` is what a person should know of it, or empty."""

    url: str
    note: str


def base_url(environ: Mapping[str, str], region: str) -> BaseUrl:
    """RESCUE_BASE_URL, else the region's address; UsageError for no known region. `Channel` judges the address."""
    given = environ.get("RESCUE_BASE_URL", "").strip()
    if given:
        return BaseUrl(given.rstrip("/"), "")
    url = _REGIONS.get(region)
    if url is None:
        raise UsageError(
            f"rescue.region {region!r} is not known",
            advice=f"write one of {', '.join(_REGIONS)}, or set RESCUE_BASE_URL",
        )
    if region == "us":
        return BaseUrl(url, "")
    return BaseUrl(url, f"that the API of region {region} is at {url} is a guess; RESCUE_BASE_URL overrides it")
