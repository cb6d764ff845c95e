"""Read and change LogMeIn Rescue through its text protocol (rescue-api.md). What the wire looks like stays in here.

    tokens, rescue_wire, record_wire, tree_wire, tree_checks    text <-> values; pure
    credentials, base_url                                       who we are, and where Rescue is
    rescue_client                                               one call: status words, repeats, own errors
    rescue_reader, rescue_writer                                what the rest of the program asks for
    connect                                                     all of it, put together from the environment

Reading is all or nothing: a tree that fails one check is a TargetError and ends the run (D17). The bulk read cannot
prove that every record in it is real: whoever may edit a Description can write text that imitates whole records
(rescue-api.md §7.2). What is detected is listed in `tree_checks`; what is not is met by reading each person with
getUser before they are written (D15).
"""
