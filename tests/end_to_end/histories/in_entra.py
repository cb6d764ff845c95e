"""What happens in Entra: people and groups come, go, move and change."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.end_to_end.world import guid, upn

from .company import ANY_GROUP, GROUP, GROUPS, KEY, KEYS, NESTED
from .living import REFRESH, REFUSED, TROUBLE, Living, Trouble

ADDRESS = st.sampled_from([*KEYS, "fox"])


class InEntra(Living):
    """Rules about the directory."""

    @rule(key=KEY, group=ANY_GROUP, trouble=TROUBLE, refresh=REFRESH)
    def joins(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.add_member(guid(group), self.ids[key])
        self.lives(trouble, refresh)

    @rule(key=KEY, group=ANY_GROUP, trouble=TROUBLE, refresh=REFRESH)
    def leaves(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.remove_member(guid(group), self.ids[key])
        self.lives(trouble, refresh)

    @rule(keys=st.lists(KEY, min_size=1, unique=True), to=ANY_GROUP, trouble=TROUBLE, refresh=REFRESH)
    def moves(self, keys: list[str], to: str, trouble: Trouble | None, refresh: str) -> None:
        for key in keys:
            if key in self.ids:
                for group in (*GROUPS, *NESTED):
                    self.state.remove_member(guid(group), self.ids[key])
                self.state.add_member(guid(to), self.ids[key])
        self.lives(trouble, refresh)

    @rule(key=KEY, name=st.sampled_from(["Ana Ñ", "Bo  B", "Type:Technician"]), trouble=TROUBLE, refresh=REFRESH)
    def renamed(self, key: str, name: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], name=f"{name} {key}")
        self.lives(trouble, refresh)

    @rule(key=KEY, enabled=st.booleans(), trouble=TROUBLE, refresh=REFRESH)
    def account(self, key: str, enabled: bool, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], enabled=enabled)
        self.lives(trouble, refresh)

    @rule(key=KEY, group=GROUP, comes_back=st.booleans(), trouble=TROUBLE, refresh=REFRESH)
    def deleted(self, key: str, group: str, comes_back: bool, trouble: Trouble | None, refresh: str) -> None:
        """Gone, and perhaps hired again at once or later: with a new object id and the same address."""
        if key in self.ids:
            self.state.delete_person(self.ids.pop(key))
        if comes_back:
            self.steps += 1
            known = {person["upn"] for person in self.state.people()}
            assert upn(key) not in known
            fresh = self.state.add_person(guid(f"{key} {self.steps}"), name=key.title(), upn=upn(key), mail=upn(key))
            self.ids[key] = fresh
            self.state.add_member(guid(group), fresh)
        self.lives(trouble, refresh)

    @rule(key=KEY, group=GROUP, trouble=TROUBLE | REFUSED, refresh=REFRESH)
    def replaced(self, key: str, group: str, trouble: Trouble | None, refresh: str) -> None:
        """Somebody new takes the seat of somebody who leaves, and there is no other."""
        self.steps += 1
        new = f"n{self.steps}"
        self.state.add_person(guid(new), name=new, upn=upn(new), mail=upn(new))
        self.state.add_member(guid(group), guid(new))
        if key in self.ids:
            self.state.set_person(self.ids[key], enabled=False)
        self.file["rescue"]["technician_seats"] = max(1, sum(row["enabled"] for row in self.technicians()))
        self.write_file()
        self.lives(trouble, refresh)

    @rule(key=KEY, address=ADDRESS, trouble=TROUBLE, refresh=REFRESH)
    def readdressed(self, key: str, address: str, trouble: Trouble | None, refresh: str) -> None:
        if key in self.ids:
            self.state.set_person(self.ids[key], mail=upn(address))
        self.lives(trouble, refresh)

    @rule(one=KEY, other=KEY, trouble=TROUBLE, refresh=REFRESH)
    def swapped(self, one: str, other: str, trouble: Trouble | None, refresh: str) -> None:
        if one in self.ids and other in self.ids:
            mails = [self.state.person(self.ids[key])["mail"] for key in (one, other)]
            self.state.set_person(self.ids[one], mail=mails[1])
            self.state.set_person(self.ids[other], mail=mails[0])
        self.lives(trouble, refresh)

    @rule(
        nest=st.sampled_from((*NESTED, "field")),
        into=st.sampled_from((*NESTED, "desk", "field", "staff")),
        there=st.booleans(),
        trouble=TROUBLE,
        refresh=REFRESH,
    )
    def nested(self, nest: str, into: str, there: bool, trouble: Trouble | None, refresh: str) -> None:
        """A group is put into another one, or taken out; cycles happen."""
        if nest != into:
            (self.state.add_member if there else self.state.remove_member)(guid(into), guid(nest))
        self.lives(trouble, refresh)

    @rule(group=st.sampled_from(NESTED), name=st.sampled_from(["tier", "Night", "Späti"]), trouble=TROUBLE)
    def group_renamed(self, group: str, name: str, trouble: Trouble | None) -> None:
        self.state.set_group(guid(group), name=name)
        self.lives(trouble, "auto")
