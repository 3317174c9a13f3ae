"""Mutants of mutmut that no test notices and survivors.md does not explain: `python -m tests.mutation.survivors`.

mutmut changes single operators, numbers, names and arguments, so it sees what the clause-by-clause mutants do not. Each
module is judged by the few fast tests that speak of it. Mutants of an error's sentence are counted, not listed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from tests.support.house import HOUSE

EXPLAINED = Path(__file__).parent / "survivors.md"
ROOMS = ("verifier", "mixnet", "bulletin", "demo", "tests", "specs")
TESTS = {  # what is asked of a module besides the test file of its name
    "checkpoint": ("note",),
    "note": ("checkpoint",),
    "choice": ("vectors",),
    "ciphertext": ("ciphertext", "vectors"),
    "decryption": ("vectors", "corpus"),
    "ballot": ("vectors", "corpus"),
    "ceremony": ("vectors", "corpus"),
    "group": ("group_vectors", "batch"),
    "shuffle": ("vectors", "corpus"),
    "tally": ("counting", "vectors", "corpus"),
}
CLAUSES = {  # of the corpus' broken elections
    "ballot": "BAL. or SPL.",
    "ceremony": "KEY. or CRT.3",
    "decryption": "DEC. or CRT.3",
    "shuffle": "MIX. or CRT.3",
    "tally": "TAL.",
}
LOG = ("tree", "tiles", "note", "checkpoint", "policy", "receipt", "reading")
PROOFS = (
    *("transcript", "batch", "group", "choice", "ciphertext"),
    *("ballot", "ceremony", "shuffle", "decryption", "tally"),
)
CONFIGURATION = """
[tool.mutmut]
source_paths = ["verifier"]
only_mutate = ["{file}"]
also_copy = {rooms}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
process_isolation = "{isolation}"
"""
FATES = {0: "survived", 1: "killed", 3: "killed", 33: "no test", -24: "timeout", 24: "timeout", 36: "timeout"}
SENTENCE = dict.fromkeys(("Malformed", "Incomplete", "ValueError", "IndexError"), 0) | {"refuse": 2, "Rejected": 2}
CONFTEST = """
from hypothesis import Phase

settings.register_profile("mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")  # whether a test fails is asked, not the smallest example
sys.setrecursionlimit(10_000)  # mutmut's detours add frames to every call
"""


class Mutant(NamedTuple):
    """A changed line of a function, what became of it, and whether it only changes what an error says."""

    function: str
    change: str
    fate: str
    wording: bool


class _Mute(ast.NodeTransformer):
    """Takes an error's sentence away: what is left is what a caller can decide by."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "Malformed" and "where" not in ast.unparse(node):  # what it quotes is part of the sentence
            node.args = []
        elif name in SENTENCE and len(node.args) > SENTENCE[name]:
            node.args[SENTENCE[name]] = ast.Constant(0)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if any(isinstance(target, ast.Name) and target.id == "detail" for target in node.targets):
            node.value = ast.Constant(0)
        return node


def run(module: str, place: Path) -> list[Mutant]:
    """Every mutant of a module and its fate; `place` is an empty folder."""
    for room in ROOMS:
        shutil.copytree(HOUSE / room, place / room, ignore=shutil.ignore_patterns("__pycache__"))
    [file] = [str(path.relative_to(HOUSE)) for path in (HOUSE / "verifier").rglob(f"{module}.py")]
    asked_by = [f"test_{name}.py" for name in (module, *TESTS.get(module, ()))]
    spoken = f"is_rejected and ({CLAUSES[module]}) or is_accepted" if module in CLAUSES else "is_accepted"
    quick = "not (test_corpus.py or test_vectors.py or flipped_bit)"
    chosen = f"{quick} or test_vectors[ or responses or a_lost_blob or {spoken}"
    found = (path for name in asked_by for path in (place / "tests").rglob(name))
    tests = [*(str(path.relative_to(place)) for path in found), "-k", chosen]
    isolation = "fork" if module in LOG else "forkserver"  # the kernel's threads do not outlive a fork
    asked = CONFIGURATION.format(file=file, rooms=json.dumps(ROOMS), tests=json.dumps(tests), isolation=isolation)
    (place / "pyproject.toml").write_text((HOUSE / "pyproject.toml").read_text() + asked)
    with (place / "tests/conftest.py").open("a") as settings:
        settings.write(CONFTEST)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
    environment = os.environ | {"CI": "1", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    meta = json.loads((place / "mutants" / f"{file}.meta").read_text())
    return list(_judged((place / "mutants" / file).read_text(), meta["exit_code_by_key"]))


def _judged(source: str, codes: dict[str, int | None]) -> Iterator[Mutant]:
    """Pair each generated function with its original; the original's lines tell what was changed."""
    functions = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    for key, code in codes.items():
        name = key.rpartition(".")[2]
        stem = name.rpartition("_")[0]
        old, new = functions[f"{stem}_orig"], functions[name]
        shown = stem.removesuffix("__mutmut").removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        fate = FATES.get(code if code is not None else 0, f"exit {code}")
        yield Mutant(shown, _change(_lines(source, old), _lines(source, new)), fate, _mute(old) == _mute(new))


def _lines(source: str, function: ast.FunctionDef) -> list[str]:
    lines = source.splitlines()[function.lineno - 1 : function.end_lineno]
    return [lines[0].replace(function.name, "…"), *lines[1:]]


def _change(old: list[str], new: list[str]) -> str:
    """The lines that differ as one line; what was taken out and put in is marked as `git diff --word-diff` does."""
    ahead, after = _alike(old, new)
    before, now = (_words(lines[ahead : len(lines) - after]) for lines in (old, new))
    first, last = _alike(before, now)
    out, into = ("".join(words[first : len(words) - last]) for words in (before, now))
    marked = (f"[-{out}-]" if out else "") + (f"{{+{into}+}}" if into else "")
    return "".join(before[:first]) + marked + "".join(before[len(before) - last :])


def _alike(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many items both begin with, and how many of the others both end with."""
    ahead = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    ends = zip(reversed(old[ahead:]), reversed(new[ahead:]), strict=False)
    return ahead, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))


def _words(lines: list[str]) -> list[str]:
    return re.findall(r"\w+|//|[-+*&|<>=!]=|.", re.sub(r"\s+", " ", " ".join(lines)).strip())


def _mute(function: ast.FunctionDef) -> str:
    muted = _Mute().visit(ast.parse(ast.unparse(function)).body[0])
    muted.name = ""
    return ast.dump(muted)


def explained(module: str) -> set[str]:
    """Changes of a module that survivors.md explains."""
    rows = re.findall(r"^\| (\w+) \| `` (.+?) `` \|", EXPLAINED.read_text() if EXPLAINED.exists() else "", re.MULTILINE)
    return {change.replace("\\|", "|") for name, change in rows if name == module}


def main() -> int:
    """Run module after module; 1 if a mutant survives unexplained."""
    parser = argparse.ArgumentParser(prog="tests.mutation.survivors", description=__doc__)
    parser.add_argument("modules", nargs="*", default=(*LOG, *PROOFS), help="of verifier/, without .py")
    failed = False
    for module in parser.parse_args().modules:
        with tempfile.TemporaryDirectory() as scratch:
            found = run(module, Path(scratch))
        alive = [mutant for mutant in found if mutant.fate in {"survived", "no test"}]
        silent = [mutant for mutant in alive if not mutant.wording]
        known = explained(module)
        unknown = [mutant for mutant in silent if f"{mutant.function}: {mutant.change}" not in known]
        fates = ", ".join(f"{count} {fate}" for fate, count in sorted(Counter(one.fate for one in found).items()))
        print(f"{module}: {len(found)} mutants, {fates}: {len(alive) - len(silent)} of the wording, ", end="")
        print(f"{len(silent) - len(unknown)} explained, {len(unknown)} to be judged", flush=True)
        for mutant in unknown:
            print(f"  {mutant.function}: {mutant.change}" + (" (no test)" if mutant.fate == "no test" else ""))
        failed |= bool(unknown)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
