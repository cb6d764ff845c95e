"""How fast and how lean, in ratios: `make bench`. No test: nothing here fails a build because a machine is slow.

    cases/NAME.py    one benchmark each: a function `measure(bench)` that yields `Line`s
    bench.py         what a case works with: worlds, served; processes, measured; the floor
    worlds.py        the directories and accounts that are measured on, made in bulk
    floor.py         the least a program can do: the same requests, the answers parsed, nothing else
    processes.py     a command as a process of its own: wall, CPU, peak memory
    table.py         lines as a table and as JSON

`BENCH=small make bench` runs what ends within a minute, `BENCH=startup,overlapping` those two; all of it takes a
quarter of an hour. To add one, add a file to `cases/`.
"""
