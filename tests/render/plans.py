"""Plans and outcomes made by hand, for renderers: one of everything, and one with nothing."""

from __future__ import annotations

from reconciler.model.plan import (
    Action,
    ActionOutcome,
    Change,
    Edit,
    Finding,
    Guard,
    MappingState,
    Outcomes,
    Place,
    Plan,
    SeatCount,
    Seats,
    Subject,
    Summary,
    Verb,
)


def an_action(
    login: str,
    *verbs: Verb,
    place: str = "EMEA/Helpdesk",
    before: str | None = "EMEA/Helpdesk",
    changes: tuple[Change, ...] = (),
    reason: str = "direct member of Helpdesk EMEA",
    line: int | None = 12,
) -> Action:
    return Action(
        id=f"{abs(hash(login)) % 10**16:016d}" if login not in IDS else IDS[login],
        verbs=verbs,
        role="technician",
        mapping="helpdesk-emea",
        subject=Subject(entra_id="0" * 36, login=login, name=login.split("@")[0], node_id=337366, presence="Offline"),
        group=Place(before=before, after=place),
        changes=changes,
        reason=reason,
        line=line,
        removal="disable" in verbs,
    )


IDS = {
    "new@contoso.example": "00000000000000a1",
    "old@contoso.example": "00000000000000a2",
    "left@contoso.example": "00000000000000a3",
    "moved@contoso.example": "00000000000000a4",
    "known@contoso.example": "00000000000000a5",
    "back@contoso.example": "00000000000000a6",
    "陳@contoso.example": "00000000000000a7",
}


def one_of_everything() -> Plan:
    actions = (
        an_action(
            "left@contoso.example",
            "disable",
            changes=(
                Change(field="mobile_license", before=True, after=False),
                Change(field="enabled", before=True, after=False),
                Change(field="description", before="[…]", after="[…!off]"),
            ),
            reason="left Helpdesk EMEA",
        ),
        an_action(
            "old@contoso.example",
            "update",
            changes=(
                Change(field="login", before="old@contoso.example", after="newer@contoso.example"),
                Change(field="name", before='Say "hi"', after="Zoë"),
                Change(field="sso_id", before="", after="zoe@contoso.example"),
            ),
        ),
        an_action(
            "known@contoso.example", "adopt", changes=(Change(field="description", before="", after="[entra:…]"),)
        ),
        an_action("moved@contoso.example", "move", place="EMEA/Field", before="EMEA/Helpdesk", line=19),
        an_action(
            "back@contoso.example",
            "enable",
            changes=(Change(field="enabled", before=False, after=True),),
            place="EMEA/Field",
        ),
        an_action(
            "new@contoso.example",
            "create",
            before=None,
            changes=(
                Change(field="login", after="new@contoso.example"),
                Change(field="name", after="New Person"),
                Change(field="mobile_license", after=True),
                Change(field="enabled", after=True),
                Change(field="description", after="[entra:…]"),
            ),
        ),
        an_action(
            "陳@contoso.example", "update", changes=(Change(field="description", before="a", after="b"),), line=None
        ),
    )
    return Plan(
        digest="9f31c2a07b44" + "0" * 52,
        config_digest="1" * 64,
        made_at="2026-11-22T19:00:00Z",
        sso_verified="auto",
        summary=Summary(
            adopt=1,
            create=1,
            enable=1,
            update=2,
            move=1,
            disable=1,
            changes_total=7,
            unchanged=40,
            unmanaged=1,
            blocked=1,
            kept_disabled=1,
            frozen_mappings=1,
        ),
        seats=Seats(
            technician=SeatCount(before=45, freed=1, taken=2, after=46),
            mobile=SeatCount(bought=20, before=20, freed=1, taken=1, after=20, without=("k@contoso.example",)),
        ),
        actions=actions,
        findings=(
            Finding(code="frozen", severity="error", mapping="field", message="nothing is written for it: gone"),
            Finding(code="unmanaged", severity="warning", mapping="field", login="k@contoso.example", message="left"),
        ),
        mappings=(
            MappingState(
                name="helpdesk-emea",
                state="ok",
                entra_group="Helpdesk",
                rescue_group="EMEA",
                members=40,
                not_created=("n@contoso.example",),
            ),
            MappingState(name="field", state="frozen", entra_group="Field", rescue_group="Field", members=None),
        ),
        guards=(
            Guard(
                name="max_removals",
                role="technician",
                passed=False,
                measured=1,
                of=45,
                limit=0,
                actions=("00000000000000a3",),
            ),
            Guard(
                name="max_removals_per_mapping",
                role="technician",
                mapping="helpdesk-emea",
                passed=True,
                measured=1,
                of=40,
                limit=20,
                permitted=1,
            ),
            Guard(name="max_moves", role="technician", passed=True, measured=1, of=45, limit=None),
        ),
    )


def nothing_to_do() -> Plan:
    seats = Seats(technician=SeatCount(before=45, after=45), mobile=SeatCount(before=20, after=20))
    nothing = {"actions": (), "findings": (), "guards": (), "mappings": ()}
    return one_of_everything().model_copy(update=nothing | {"summary": Summary(unchanged=47), "seats": seats})


def some_outcomes() -> Outcomes:
    results = ("done", "failed", "skipped", "stale", "unknown", "held", "done")
    plan = one_of_everything()
    return Outcomes(
        digest=plan.digest,
        account_id=1234567,
        exit_code=6,
        started_at="2026-11-22T19:00:00Z",
        ended_at="2026-11-22T19:00:09Z",
        converged=False,
        actions=tuple(
            ActionOutcome(**action.model_dump(), outcome=result, message=f"what was said of {result}")
            for action, result in zip(plan.actions, results, strict=True)
        ),
        findings=plan.findings,
        guards=plan.guards,
    )


def removals_held() -> Plan:
    """The same plan where the file says `on_violation: hold_removals`."""
    plan = one_of_everything()
    return plan.model_copy(update={"held": tuple(action.id for action in plan.actions if action.removal)})


def an_edit() -> Plan:
    """The same plan with the file before the edit beside it."""
    plan = one_of_everything()
    own = {"new@contoso.example", "left@contoso.example"}
    stopped = an_action(
        "kept@contoso.example", "disable", changes=(Change(field="enabled", before=True, after=False),), line=None
    )
    return plan.model_copy(
        update={
            "edit_digest": "e" * 64,
            "actions": tuple(
                action.model_copy(update={"origin": "edit" if action.subject.login in own else "pending"})
                for action in plan.actions
            ),
            "stopped": (stopped.model_copy(update={"id": "00000000000000a8", "origin": "edit"}),),
            "edits": (
                Edit(key="settings.use_upn_as_email", before=False, after=True, people=3),
                Edit(key="guards.max_moves", before="20%", after=7),
                Edit(key="mappings.field-emea", after="Field Service EMEA to EMEA/Field"),
                Edit(key="protected", before="root@contoso.example"),
            ),
            "rescue_read_at": "2026-11-22T18:30:00Z",
        }
    )
