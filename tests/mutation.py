"""Change a sample of places in modules, one at a time, and run the tests that cover them: which change goes unseen?

    python tests/mutation.py [FOLDER or FILE ...] [--sample N] [--seed S] [--jobs N] [--allow-survivors]

A mutant is one small change: `<` for `<=`, `or` for `and`, a dropped filter, a lost `raise`, None returned. It is
killed where a test fails, or does not end; it survives where no test notices. Read each survivor: is it the same
program (`x <= y` where they are never equal), only slower, or a wrong verdict that no test would see? The last wants a
test.

Everything happens in a copy of the tree. For each mutant the tests that mirror the module or import it are run first,
then the rest of their folder and what `mutating/cover.py` names beside; slow tests are not. Without a name it is what
decides verdicts: `FOLDERS`. Exit code 0: all killed; 1: some survived (0 with --allow-survivors); 2: tests fail
already.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from mutating.cover import nearest, wider
from mutating.places import Mutant, mutants
from mutating.workshop import Workshop
from tabulate import tabulate

ROOT = Path(__file__).parents[1]
FOLDERS = ["ml_ci/gates", "ml_ci/evaluation", "ml_ci/conditions", "ml_ci/changes", "ml_ci/review/statuses.py"]
FOLDERS += ["ml_ci/metrics.py", "ml_ci/steps/promotion", "ml_ci/registry/promotion.py"]


@dataclass(frozen=True)
class Case:
    """A mutant of a module, given by its path in the tree, and the module as it was when everything began."""

    module: str
    source: bytes
    mutant: Mutant

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) or "nothing" for text in (self.mutant.before, self.mutant.after))
        return f"{self.module}:{self.mutant.line}  {before}  ->  {after}"


def main(arguments: Sequence[str]) -> int:
    """Try the mutants, and print what came of each."""
    asked = _asked(arguments)
    root = asked.root.resolve()
    sources = {module: (root / module).read_bytes() for module in _modules(root, asked.places)}
    cases = [Case(module, source, one) for module, source in sources.items() for one in mutants(source)]
    if asked.sample < len(cases):
        print(f"{asked.sample} of {len(cases):,} mutants, seed {asked.seed}", flush=True)
        cases = random.Random(asked.seed).sample(cases, asked.sample)
    cases.sort(key=lambda case: (case.module, case.mutant.start))
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder, ThreadPoolExecutor(asked.jobs) as pool:
        benches: SimpleQueue[Workshop] = SimpleQueue()
        for number in range(asked.jobs):
            benches.put(Workshop(root, Path(folder) / str(number)))
        try:
            outcomes = list(pool.map(lambda case: _tried(benches, case), cases))
        except RedTestsError as error:
            pool.shutdown(cancel_futures=True)
            print(
                f"These tests fail on the tree as it is, so that they say nothing of a change:\n{error}",
                file=sys.stderr,
            )
            return 2
    survived = _told(list(zip(cases, outcomes, strict=True)))
    return 1 if survived and not asked.allow_survivors else 0


class RedTestsError(Exception):
    """Say which tests fail before anything was changed."""


def _tried(benches: SimpleQueue[Workshop], case: Case) -> bool:
    """Say whether a mutant is killed."""
    bench = benches.get()
    try:
        for tests in (nearest(bench.root, case.module), wider(bench.root, case.module)):
            printed = bench.measure(tests)
            if printed:
                raise RedTestsError(printed)
            bench.write(case.module, case.mutant.apply(case.source))
            killed = bench.is_noticed(tests)
            bench.write(case.module, case.source)
            if killed:
                break
        print(f"{'killed  ' if killed else 'SURVIVED'}  {case}", flush=True)
        return killed
    finally:
        benches.put(bench)


def _told(outcomes: Sequence[tuple[Case, bool]]) -> list[Case]:
    """Print how many were killed of each module, then the survivors; give them."""
    survived = [case for case, killed in outcomes if not killed]
    modules = sorted({case.module for case, _ in outcomes})
    counted = {module: [killed for case, killed in outcomes if case.module == module] for module in modules}
    rows = [(module, len(of), sum(of), len(of) - sum(of)) for module, of in counted.items()]
    rows.append(("all", len(outcomes), len(outcomes) - len(survived), len(survived)))
    print("\n" + tabulate(rows, ("module", "mutants", "killed", "survived"), tablefmt="github"))
    for case in survived:
        print(f"\nSURVIVED  {case}")
    return survived


def _modules(root: Path, places: Sequence[str]) -> list[str]:
    """Give the modules of files and folders, as paths in the tree."""
    found: dict[str, None] = {}
    for place in places:
        path = root / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        found |= dict.fromkeys(one.resolve().relative_to(root).as_posix() for one in files)
    return list(found)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", default=FOLDERS, metavar="FOLDER or FILE")
    parser.add_argument("--sample", type=int, default=200, metavar="N", help="how many mutants to try (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which ones (0)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many at a time (1)")
    parser.add_argument("--allow-survivors", action="store_true", help="exit 0 where some survived")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree (this one)")
    asked = parser.parse_args(arguments)
    nowhere = [place for place in asked.places if not (asked.root / place).exists()]
    if nowhere:
        parser.error(f"there is no {nowhere[0]} in {asked.root}: name files or folders of the tree")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
