"""`python -m bench [CASE or small]...`: runs the cases, prints the table, keeps it in build/bench.md and bench.json."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pkgutil import iter_modules

from bench import cases
from bench.bench import ROOT, Bench
from bench.table import Line, described, machine, render, write_json

REPEATS = 3


def chosen(words: list[str]) -> list[str]:
    """The names of the cases to run, in their order; all of them for no word, those marked SMALL for `small`."""
    names = sorted(found.name for found in iter_modules(cases.__path__))
    small = {name for name in names if import_module(f"bench.cases.{name}").SMALL} if "small" in words else set()
    unknown = sorted(set(words) - {"small", *names})
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(unknown)}; there are: small {' '.join(names)}")
    return [name for name in names if not words or name in words or name in small]


def main() -> None:
    names = chosen(sys.argv[1:] or os.environ.get("BENCH", "").replace(",", " ").split())
    folder = ROOT / "build"
    where = machine()
    bench = Bench(folder / "bench", int(os.environ.get("BENCH_REPEATS", REPEATS)))
    bench.folder.mkdir(parents=True, exist_ok=True)
    results: list[tuple[str, Line]] = []
    for name in names:
        for line in import_module(f"bench.cases.{name}").measure(bench):
            results.append((name, line))
            bench.say(f"{name}: {line.what}: {line.measured}")
        write_json(folder / "bench.json", where, results)
    page = f"{described(where)}\n\n{render([line for _, line in results])}\n"
    (folder / "bench.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
