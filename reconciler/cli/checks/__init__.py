"""What `doctor` looks at. Each check is a small function that gives a Check, or several; none of them raises.

    machine      the file, the first password, and what no API shows
    entra        the credential, its token and permissions, the mapped groups
    rescue       the credential, the account, the caller, the tree, the mapped groups
    together     what only both readings can show to be wrong with the file
    examine      all of them in their order

A check that depends on one that failed is `not checked` and says so; every other one is made.
"""
