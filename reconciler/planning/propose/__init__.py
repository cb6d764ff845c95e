"""Which Entra group may belong to which Rescue group, for `init`: from names and shared members, with the reason."""
