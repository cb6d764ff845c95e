"""Keeps the people and groups of a LogMeIn Rescue account equal to Microsoft Entra ID groups.

    mappings.yaml -config-> Mappings -+
    Entra         -source-> Directory +-> desired people -+
    Rescue        -target-> Tree -------------------------+-> rules, diff -> guards -> Plan -+-render-> text, JSON
                                                                                             +-apply--> Rescue, Outcomes
                                                                                             +-github-> comment, issue

Read everything, decide once, show, then do. `planning` receives values and returns a value: it has no way to reach the
network, and what it still has to know it returns as questions, which `cli.reading` answers. Nobody is ever deleted.
"""

__version__ = "0.1.0"
