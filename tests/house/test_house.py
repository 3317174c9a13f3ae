"""Rules of the house: sizes, walls, pins and what must never be committed. Each test lists its offenders."""

import ast
import re
import sys
import tomllib

import pytest

from tests.support.house import HOUSE
from tests.support.sources import MACHINES, TEXTS

PYPROJECT = (HOUSE / "pyproject.toml").read_text()
TREES = {name: ast.parse(text, name) for name, text in TEXTS.items() if name.endswith(".py")}
OUTER = ("verifier/client/", "verifier/desk/")  # they read, ask and tell, and check nothing
# What a library did before (specs/decisions/certificates.md); a second reader in tests/reference judges it.
CERTIFICATES = ("verifier/commission/certificate.py", "verifier/commission/der.py")
ASSETS = "verifier/election/assets.py"  # about pages, not votes (specs/decisions/assets.md)
PAPER = "verifier/paper/"  # judged without cryptography, and counted apart
ARITHMETIC = "verifier/proof/_sodium.py"  # like the kernel: it is compared with it, and counted apart
PACKED = "verifier/proof/packed.py"  # so is this (specs/decisions/packed.md)
CHECKS = {name for name in TREES if name.startswith("verifier/") and not name.startswith(OUTER)}
PINS = {name: text for name, text in TEXTS.items() if name.startswith("requirements/")}

FILE_LINES, FUNCTION_LINES = 400, 60
AUDITOR_LINES, PAPER_LINES, CERTIFICATE_LINES, ARITHMETIC_LINES = 4_500, 1_800, 400, 300  # that are not blank
ASSETS_LINES, PACKED_LINES = 100, 100

# What would let a check learn more than the public bytes it was given, or leave a trace.
OUTSIDE = {
    *("asyncio", "fileinput", "glob", "mmap", "os", "pathlib", "shutil", "sqlite3", "sys", "tempfile"),
    *("ctypes", "importlib", "multiprocessing", "pickle", "platform", "shelve", "signal", "subprocess"),
    *("ftplib", "http", "select", "selectors", "smtplib", "socket", "socketserver", "ssl", "urllib"),
    *("getpass", "locale", "random", "secrets", "time", "uuid"),
}
OUTSIDE_BUILTINS = {"open", "input", "print", "exec", "eval", "__import__"}
CLOCKS = {"now", "today", "utcnow"}
SODIUM_LOADS = {"ctypes", "os", "tempfile", "importlib", "shutil"}

# Third-party modules that each room may import; rooms within rooms stand first.
CHECK = {"cryptography", "msgspec", "nacl", "aikyn_kernel"}
DESK = CHECK | {"click", "requests", "rich"}
THIRD_PARTY = {
    ARITHMETIC: {"rbcl"},
    "verifier/client/": CHECK | {"requests"},
    "verifier/desk/cluster.py": {"distributed"},
    "verifier/desk/": DESK | {"typst"},
    "verifier/": CHECK,
    "mixnet/": DESK,
    "bulletin/log/bucket.py": CHECK | {"obstore"},  # what most boards do not install
    "bulletin/log/postgres.py": CHECK | {"alembic", "psycopg", "sqlalchemy"},
    "bulletin/log/revisions/": {"alembic", "sqlalchemy"},
    "bulletin/office/printed/": CHECK | {"jinja2", "markupsafe", "segno"},
    "bulletin/office/token.py": CHECK | {"pkcs11"},
    "bulletin/results/": DESK | {"jinja2", "markupsafe"},
    "bulletin/": DESK | {"httptools", "jinja2", "sqlalchemy", "uvloop", "werkzeug"},
}

VAGUE = {"util", "utils", "helper", "helpers", "manager", "common", "base", "misc"}


def imports(tree: ast.Module) -> set[str]:
    """Top-level names of the modules that a file imports, wherever in it."""
    nodes = list(ast.walk(tree))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[0] for module in plain + named}


def reaches_outside(name: str) -> set[str]:
    """What a check uses that it must not: modules, builtins, clocks."""
    modules = imports(TREES[name]) & OUTSIDE
    if name == ARITHMETIC:
        modules -= SODIUM_LOADS
    called = [node.func for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    builtins = {f.id for f in called if isinstance(f, ast.Name)} & OUTSIDE_BUILTINS
    clocks = {f.attr for f in called if isinstance(f, ast.Attribute)} & CLOCKS
    return modules | builtins | clocks


def list_entries(section: str) -> list[str]:
    """Lines of one section of pyproject.toml that hold one entry of a list."""
    body = PYPROJECT.split(f"\n[{section}]\n")[1].split("\n[")[0]
    return [line for line in body.splitlines() if re.match(r'\s+"', line) and "::" not in line]


def types(tree: ast.Module) -> set[str]:
    """The names that a file gives to types: of its classes, and of what it calls another type."""
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    given = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    named = [node.targets if isinstance(node, ast.Assign) else [node.target] for node in given]
    aliases = {target.id for targets in named for target in targets if isinstance(target, ast.Name)}
    return classes | {name for name in aliases if re.fullmatch(r"[A-Z][a-z]+\w*", name)}


def test_each_type_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for name, tree in TREES.items():
        if name.startswith(("verifier/", "mixnet/", "bulletin/", "demo/", "release/")):
            for given in types(tree):
                homes.setdefault(given, []).append(name)
    assert {given: files for given, files in homes.items() if len(files) > 1} == {}


def test_files_are_short() -> None:
    sources = {name: text.count("\n") for name, text in TEXTS.items() if name.endswith((".py", ".rs", ".js"))}
    assert {name: lines for name, lines in sources.items() if lines > FILE_LINES} == {}


def test_functions_are_short() -> None:
    found = [(name, f) for name in TREES for f in ast.walk(TREES[name]) if isinstance(f, ast.FunctionDef)]
    assert [(name, f.name) for name, f in found if (f.end_lineno or 0) - f.lineno >= FUNCTION_LINES] == []


def test_an_auditor_can_read_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    lines = {name: sum(bool(line.strip()) for line in TEXTS[name].splitlines()) for name in CHECKS}
    paper = sum(lines[name] for name in lines if name.startswith(PAPER))
    own = sum(lines.values()) - paper - sum(lines[name] for name in (ARITHMETIC, PACKED, ASSETS, *CERTIFICATES))
    arithmetic, certificates = lines[ARITHMETIC], sum(lines[name] for name in CERTIFICATES)
    with capsys.disabled():
        print(f"\nlines that check an electronic vote: {own:,}; the commissions' papers: {paper:,}")
        print(
            f"certificates: {certificates}; {ARITHMETIC}: {arithmetic}; the app: {lines[ASSETS]}; maps: {lines[PACKED]}"
        )
    assert 0 < own <= AUDITOR_LINES
    assert 0 < paper <= PAPER_LINES
    assert 0 < certificates <= CERTIFICATE_LINES
    assert 0 < arithmetic <= ARITHMETIC_LINES
    assert 0 < lines[ASSETS] <= ASSETS_LINES
    assert 0 < lines[PACKED] <= PACKED_LINES


@pytest.mark.parametrize("word", ["refuse", "require", "find"])
def test_the_desk_and_the_client_check_nothing(word: str) -> None:
    outer = {name for name in TREES if name.startswith(OUTER)}
    assert outer
    called = [(name, node.func) for name in outer for node in ast.walk(TREES[name]) if isinstance(node, ast.Call)]
    assert [name for name, f in called if getattr(f, "id", getattr(f, "attr", "")) == word] == []


def test_no_sentence_is_taken_apart() -> None:
    """Places and kinds are values: nothing reads them back from what was written for people."""
    ours = {name: text for name, text in TEXTS.items() if name.endswith(".py") and not name.startswith("tests/")}
    assert [name for name, text in ours.items() if re.search(r"record \(\\d|removeprefix\(.record", text)] == []


def test_one_loop_folds_a_log() -> None:
    """Whoever follows a log does it by `fold.replay`; only the board lets records in one by one."""
    letting_in = {"verifier/fold.py", "bulletin/board/admission.py"}
    called = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"fold.apply", "apply"}
    }
    assert {name for name in called if not name.startswith("tests/")} == letting_in


def test_modules_are_nouns_of_the_domain() -> None:
    assert [name for name in TREES if VAGUE & set(re.split(r"[/._]", name))] == []


def test_checks_know_public_bytes_only() -> None:
    assert {name: found for name in sorted(CHECKS) if (found := reaches_outside(name))} == {}


def test_rooms_import_what_they_declare() -> None:
    known = sys.stdlib_module_names | {"verifier", "mixnet", "bulletin"}
    strangers = {}
    for name, tree in TREES.items():
        allowed = next((modules for room, modules in THIRD_PARTY.items() if name.startswith(room)), None)
        if allowed is not None and (found := imports(tree) - known - allowed):
            strangers[name] = found
    assert strangers == {}


def test_every_spec_is_listed() -> None:
    specs = {name.removeprefix("specs/") for name in TEXTS if re.fullmatch(r"specs/[^/]+\.md", name)}
    assert {spec for spec in specs - {"README.md"} if f"({spec})" not in TEXTS["specs/README.md"]} == set()


def test_no_file_names_a_registry_or_a_machine() -> None:
    assert {name: found for name, text in TEXTS.items() if (found := MACHINES.search(text))} == {}


def test_pins_are_exact_and_hashed() -> None:
    assert {"requirements/base.txt", "requirements/board.txt", "requirements/dev.txt"} <= set(PINS)
    for text in PINS.values():
        assert "://" not in text
        assert "--index" not in text
        bare = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
        pins = re.split(r"\n(?=\S)", bare)
        exact = re.compile(r"[\w.-]+==[\w.]+ [^\n]*\\\n +--hash=sha256:[0-9a-f]{64}")
        assert [pin for pin in pins if not exact.match(pin)] == []


def test_pins_agree() -> None:
    pins = {name: set(re.findall(r"^([\w.-]+==\S+)", text, re.MULTILINE)) for name, text in PINS.items()}
    tested = {pin.split("==")[0] for pin in pins["requirements/dev.txt"]}
    del pins["requirements/oldest.txt"]
    for name, exact in pins.items():
        assert [pin for pin in exact - pins["requirements/dev.txt"] if pin.split("==")[0] in tested] == [], name


def test_the_oldest_pins_are_the_oldest_that_are_allowed() -> None:
    asked = [re.match(r"([\w-]+)>=([\d.]+),", one) for one in tomllib.loads(PYPROJECT)["project"]["dependencies"]]
    floors = {found[1]: found[2] for found in asked if found is not None}
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", PINS["requirements/oldest.txt"], re.MULTILINE))
    assert len(floors) == len(asked)
    assert {name: pins[name] for name, floor in floors.items() if not f"{pins[name]}.".startswith(f"{floor}.")} == {}


def test_every_dependency_and_ignore_has_its_reason() -> None:
    for section in ("project", "project.optional-dependencies", "tool.ruff.lint", "tool.ruff.lint.per-file-ignores"):
        entries = list_entries(section)
        assert entries, section
        assert [line for line in entries if not re.search(r'",  # .{10}', line)] == []


def test_types_and_lint_are_strict() -> None:
    tool = tomllib.loads(PYPROJECT)["tool"]
    assert tool["mypy"]["strict"] is True
    assert {"verifier", "mixnet", "bulletin", "demo", "tests"} <= set(tool["mypy"]["files"])
    assert tool["ruff"]["lint"]["select"] == ["ALL"]
