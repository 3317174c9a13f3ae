"""A second verifier, written from specs/ in plain integers, agrees on every vector and with the group's vectors."""

import ast
import json
import sys
from secrets import token_bytes

import pytest

from tests.corpus.plans import BENT, BentPlan
from tests.reference import copy as reference_copy
from tests.reference import elections as reference_elections
from tests.reference import log as reference_log
from tests.reference import proofs as reference
from tests.reference import records as reference_records
from tests.reference import sealing as reference_sealing
from tests.reference.group import Fails, G, Point, decode, generator, map_to_group
from tests.reference.plan import read_plan
from tests.support.house import HOUSE, read_vectors
from tests.vectors.check import NAMES, every
from verifier.proof import backend, group
from verifier.records import encode

REFERENCE = sorted((HOUSE / "tests/reference").glob("*.py"))
SIGNED = {"signatures.py"}  # ML-DSA-44


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_reference_agrees(name: str) -> None:
    judge = reference_sealing.failures if name == "sealing" else reference.failures
    wrong = {title: found for title, v, expected in every(name) if (found := judge(v)) != expected}
    assert wrong == {}


def disagreements(agrees: dict[str, bool]) -> list[str]:
    return [name for name, agreed in agrees.items() if not agreed]


@pytest.mark.parametrize("name", reference_log.FILES)
def test_the_reference_agrees_on_the_log(name: str) -> None:
    assert disagreements(reference_log.FILES[name](read_vectors(name))) == []


def test_the_reference_agrees_on_copies() -> None:
    """E4: the page has the order and the short cuts: a reader written from it judges each copy alike."""
    assert disagreements(reference_copy.judge_copies(read_vectors("copy"))) == []


def test_the_reference_agrees_on_records() -> None:
    assert disagreements(reference_records.judge_records(read_vectors("records"))) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["election", "papers", "evenings", "joined", "assets"])
def test_the_reference_agrees_on_elections(name: str) -> None:
    """Every clause that fails with its record, verdict, phase, counts and findings, of each election in the file."""
    assert disagreements(reference_elections.judge_elections(read_vectors(name))) == []


@pytest.mark.parametrize("twin", BENT, ids=lambda twin: f"{twin.rule} {twin.said}")
def test_the_reference_refuses_each_bent_plan(twin: BentPlan) -> None:
    with pytest.raises(Fails, match=r"PRT\.1"):
        read_plan(encode(twin.plan), json.loads(encode(twin.manifest)))


def test_the_reference_stands_on_nothing_of_ours() -> None:
    assert len(REFERENCE) == 27
    for file in REFERENCE:
        nodes = list(ast.walk(ast.parse(file.read_text())))
        named = {
            f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        foreign = {name for name in named | plain if name.split(".")[0] not in sys.stdlib_module_names}
        assert all(name.startswith(("tests.reference.", "cryptography.")) for name in foreign)
        assert file.name in SIGNED or not any(name.startswith("cryptography") for name in foreign)


def test_example_of_the_group() -> None:
    page = (HOUSE / "specs/group.md").read_text()
    points = {
        "G": 1 * G,
        "2G": 2 * G,
        "0G": 0 * G,
        "example, 0": generator("example", 0),
        "example, 1": generator("example", 1),
    }
    for name, point in points.items():
        assert f"\n{name:<12} {bytes(point).hex()}\n" in page


def test_both_implementations_of_the_group_agree() -> None:
    for _ in range(20):
        uniform, s = token_bytes(64), group.Scalars.reduce(token_bytes(64))
        encoding = backend.hash_to_group(uniform)
        P = map_to_group(uniform)
        assert bytes(P) == encoding
        assert decode(encoding, "P") == P
        assert bytes(int(s) * P) == bytes((s * group.Points.packed(encoding)).point())


def test_both_implementations_decode_the_same() -> None:
    for _ in range(200):
        encoding = bytearray(token_bytes(32))
        encoding[0] &= 254
        encoding[31] &= 127
        assert decodes(bytes(encoding)) is (backend.first_undecodable(bytes(encoding)) is None)


def decodes(encoding: bytes) -> bool:
    try:
        point: Point = decode(encoding, "P")
    except Fails:
        return False
    assert bytes(point) == encoding
    return True


def test_vectors_are_printed_readably() -> None:
    for name in NAMES:
        text = (HOUSE / f"specs/vectors/{name}.json").read_text()
        assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"
