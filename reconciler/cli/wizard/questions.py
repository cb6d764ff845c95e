"""The first questions of the original's wizard (R28, R42): where, the global settings, whom nothing may touch.

They change a draft in memory and nothing else; `initial.py` shows, asks and writes.
"""

from __future__ import annotations

import os
import re

from reconciler.cli.wizard.ask import Refused, ask, ask_word, ask_yes, tell
from reconciler.cli.wizard.draft import FileDraft
from reconciler.config.settle import is_guid
from reconciler.model.file import TENANT

_CLOUDS = {
    "global": "login.microsoftonline.com",
    "us-gov": "US Government",
    "us-gov-dod": "US Department of Defense",
    "china": "operated by 21Vianet",
}
_REGIONS = {"us": "logmeinrescue.com", "eu": "logmeinrescue.eu"}


def ask_where(draft: FileDraft) -> None:
    """Tenant, cloud and region."""
    tell("\nWhere", strong=True)
    tenant = draft.said("entra", "tenant_id") or os.environ.get("AZURE_TENANT_ID", "").strip()
    draft.put("entra", "tenant_id", ask("Tenant id of Microsoft Entra", _tenant, tenant or None))
    draft.put("entra", "cloud", ask_word("Cloud", _CLOUDS, draft.said("entra", "cloud") or "global"), built_in="global")
    draft.put(
        "rescue", "region", ask_word("Rescue region", _REGIONS, draft.said("rescue", "region") or "us"), built_in="us"
    )


def ask_settings(draft: FileDraft) -> None:
    """The original's two global settings, and whom nothing may touch."""
    tell("\nGlobal settings", strong=True)
    for key, question in (
        ("use_upn_as_email", "Use the UPN instead of the e-mail address as login?"),
        ("use_email_as_sso_id", "Use the e-mail address as SSO ID?"),
    ):
        answer = ask_yes(question, bool(draft.said("settings", key)))
        draft.put("settings", key, answer, built_in=False)
    tell("Logins that are never written, whatever Entra says, such as emergency accounts; * stands for any text.")
    draft.protected = ask("Protected, with blanks between (- for none)", _logins, " ".join(draft.protected) or "-")


def _logins(answer: str) -> list[str]:
    found = [] if answer == "-" else re.split(r"[\s,]+", answer.strip(" ,"))
    wrong = [login for login in found if "@" not in login and "*" not in login]
    if wrong:
        raise Refused(f"{wrong[0]!r} is no login; write addresses like breakglass@contoso.example")
    return list(dict.fromkeys(found))


def _tenant(answer: str) -> str:
    if not re.match(TENANT.removesuffix("$") + r"\Z", answer):
        raise Refused(
            "that is no tenant id; it looks like 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55 (Entra admin center, Overview)"
        )
    return answer.lower() if is_guid(answer) else answer
