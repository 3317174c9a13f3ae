"""`python -m tests.vectors.make` makes the vectors of the proofs afresh, or those it names (specs/vectors).

Accepted vectors are made by mixnet/, those of sealing by the reference; rejected ones are their named mutations, some
made by the cheating provers of tests/vectors/dishonest.py. What each must fail by is written here, and the reference
must agree first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mixnet.secrets import Secrets
from tests.reference import proofs as reference
from tests.reference.group import Transcript
from tests.vectors import dishonest
from tests.vectors.ballot import make_ballot, make_ceremony
from tests.vectors.file import BAD_POINTS, COMMON, OTHER, File, contest, draw_points
from tests.vectors.sealing import make_sealing
from tests.vectors.shuffle import make_decryption, make_shuffle
from verifier.client.plaintexts import recombine
from verifier.election.course import Given
from verifier.election.tally import recount
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, Points, Scalars


def make_transcript() -> File:
    file = File("transcript")
    for count in (0, 1, 3, 4, 7):
        messages = [["A", "11" * 32], ["empty", ""], ["text", "акт".encode().hex()]][: count % 4]
        v = {**COMMON, "place": f"place {count}", "proof": "example", "messages": messages, "count": count}
        t = Transcript(v, "example", v["contest"], v["place"])
        for label, data in messages:
            t.absorb(label, bytes.fromhex(data))
        z = t.challenge("z").to_bytes(32, "little")
        u = b"".join(short.to_bytes(20, "little") for short in t.challenges("u", count))
        file.accept(f"{count} short challenges", "transcript", **v, z=z, u=u)
    of = file.accepted["3 short challenges"]
    file.reject(of, "another election", "differs", election="example-2028")
    file.reject(of, "another manifest", "differs", manifest=OTHER.manifest)
    file.reject(of, "another contest", "differs", contest="mayor")
    file.reject(of, "another place", "differs", place="place 4")
    file.reject(of, "another proof", "differs", proof="exampl")
    file.reject(
        of, "a byte moved from a label to its data", "differs", messages=[["", "41" + "11" * 32], *of["messages"][1:]]
    )
    file.reject(of, "two messages joined", "differs", messages=[["A", of["messages"][0][1] + of["messages"][2][1]]])
    file.reject(of, "no empty message", "differs", messages=of["messages"][::2])
    return file


def make_choice() -> File:
    file = File("choice", page="ballot")
    bounds = {"options": 255, "least": 0, "most": 89}
    for width, marks in ((1, []), (1, [1]), (1, [7, 255]), (2, list(range(1, 32))), (3, list(range(2, 180, 2)))):
        v = {**bounds, "width": width, "most": min(30 * width - 1, 89)}
        points = reference.points_of(v, marks)
        file.accept(f"{len(marks)} marks in {width} columns", "choice", **v, choice=marks, points=points)
    of = file.accepted["2 marks in 1 columns"]
    column = bytes.fromhex(of["points"])[1:31]

    def coded(numbers: list[int]) -> bytes:
        return reference.embed(bytes(numbers).ljust(30, b"\0"))

    file.reject(of, "marks descend", "invalid", points=coded([2, 255, 7]))
    file.reject(of, "a mark twice", "invalid", points=coded([2, 7, 7]))
    file.reject(of, "option 0", "invalid", points=coded([2, 0, 7]))
    file.reject(of, "bytes after the marks", "invalid", points=coded([2, 7, 255, 1]))
    file.reject(of, "more marks than bytes", "invalid", points=coded([31, 7, 255]))
    file.reject(of, "an option that the contest lacks", "invalid", options=254)
    file.reject(of, "fewer marks than allowed", "invalid", least=3)
    file.reject(of, "more marks than allowed", "invalid", most=1)
    file.reject(of, "the identity", "invalid", points=bytes(32))
    file.reject(file.accepted["0 marks in 1 columns"], "the identity for no marks", "invalid", points=bytes(32))
    file.reject(of, "not the smallest counter", "invalid", points=dishonest.embed_again(column))
    file.reject(of, "another choice", "differs", points=coded([2, 7, 8]))
    wide = file.accepted["31 marks in 2 columns"]
    swapped = bytes.fromhex(wide["points"])
    file.reject(wide, "columns swapped", "invalid", points=swapped[32:] + swapped[:32])
    return file


def make_tally() -> File:
    file = File("tally")
    elections: tuple[tuple[int, list[list[int] | None]], ...] = ((1, [[1], [2, 5], None]), (2, [[3], [3]]))
    for w, choices in elections:
        file.accept(f"{len(choices)} rows, w = {w}", "tally", **tally_fields(w, choices))
    of, wide = file.accepted["3 rows, w = 1"], file.accepted["2 rows, w = 2"]
    other = reference.points_of(of, [4]).hex()
    counts = {"votes": [0, 1, 0, 1, 1], "plaintexts": {"at": 0, "hex": other}}
    file.reject(of, "another vote", "TAL.5", plaintexts=counts["plaintexts"])
    file.reject(of, "another vote, counted", "TAL.4", **counts)
    file.reject(
        of,
        "a vote made invalid, and counted so",
        "TAL.4",
        plaintexts={"at": 0, "hex": "00" * 32},
        votes=[0, 1, 0, 0, 1],
        valid=1,
        invalid=2,
    )
    file.reject(
        of,
        "rows exchanged",
        "TAL.4",
        plaintexts=of["plaintexts"][64:128] + of["plaintexts"][:64] + of["plaintexts"][128:],
    )
    for field, value in (("votes", [2, 1, 0, 0, 1]), ("valid", 3), ("invalid", 0)):
        file.reject(of, f"another count: {field}", "TAL.5", **{field: value})
    for what, encoding in BAD_POINTS.items():
        file.reject(of, f"encoding refused, {what}", "TAL.3", plaintexts={"at": 64, "hex": encoding})
    file.reject(of, "a row too few", "TAL.3", plaintexts=of["plaintexts"][:-64])
    file.reject(of, "a byte too many", "TAL.3", plaintexts=of["plaintexts"] + "00")
    file.reject(of, "empty", "TAL.3", plaintexts="")
    (j, first), (k, second), *rest = of["given"]
    file.reject(of, "shares under exchanged numbers", "TAL.4", given=[[k, first], [j, second], *rest])
    file.reject(of, "fewer shares than the threshold", "TAL.4", threshold=1)
    file.reject(wide, "columns exchanged", "TAL.5", plaintexts=wide["plaintexts"][128:] + wide["plaintexts"][:128])
    return file


def tally_fields(w: int, choices: list[list[int] | None]) -> dict[str, Any]:
    """Trustees 1, 3 and 4 of a threshold of 2 give shares; None is a row that carries no choice."""
    a, N = Secrets.draw(2), len(choices)
    bounds = {"width": w, "options": 5, "least": 1, "most": 2}
    rows = [reference.points_of(bounds, choice) if choice else bytes(draw_points(w)) for choice in choices]
    M = [Points.packed(b"".join(row[32 * k : 32 * k + 32] for row in rows)) for k in range(w)]
    r = [Secrets.draw(N) for _ in range(w)]
    key = (a[0] * G).points()
    mixed = Ciphertexts(
        tuple((s * G).points() for s in r), tuple((s * key + m).points() for s, m in zip(r, M, strict=True))
    )
    x = {j: a @ Scalars.of([1, j]) for j in (4, 1, 3)}
    given = [Given(j, tuple((share * R).points() for R in mixed.R)) for j, share in x.items()]
    opened = recombine(mixed, given[:2])
    assert opened == tuple(M)
    plaintexts = b"".join(map(bytes, opened))
    count = recount(contest(w), opened, None)  # type: ignore[arg-type]
    counts = {"votes": [votes.count for votes in count.votes], "valid": count.valid, "invalid": count.invalid}
    listed = [[j, b"".join(map(bytes, D)).hex()] for j, D in given]
    return {
        **bounds,
        **counts,
        "N": N,
        "threshold": 2,
        "mixed": mixed.encode(),
        "given": listed,
        "plaintexts": plaintexts,
    }


MAKERS: dict[str, Callable[[], File]] = {
    "transcript": make_transcript,
    "choice": make_choice,
    "ballot": make_ballot,
    "sealing": make_sealing,
    "ceremony": make_ceremony,
    "shuffle": make_shuffle,
    "decryption": make_decryption,
    "tally": make_tally,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MAKERS:
        MAKERS[name]().write()
