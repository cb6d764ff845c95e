"""Why one person is where they are: what `make_plan` decided, told with the numbers of the rules. Decides nothing."""
