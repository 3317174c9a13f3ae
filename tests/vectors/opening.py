"""`python -m tests.vectors.opening` makes specs/vectors/opening.json afresh: acknowledgements of a key, and twins."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import msgspec

from tests.support.elections import Election
from tests.support.house import VECTORS
from verifier.election.ceremony import Acknowledgement
from verifier.election.register import Opening
from verifier.records import encode, signed_bytes
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable

COMMENT = "Answers of /lookup/opening, with what the manifest says of trustees; `left` names who has not acknowledged."


def make_opening() -> dict[str, Any]:
    """An honest answer, one without a trustee, and their twins."""
    election = Election(trustees=3).set_up().hold_ceremony().register(1)
    log = [CODEC.decode(raw) for raw in election.records]
    signed = [record for record in log if isinstance(record, Acknowledgement)]
    shown = [json.loads(encode(record)) for record in signed]
    opening = next(number for number, record in enumerate(log) if isinstance(record, Opening))
    right = {"acknowledgements": shown, "attempt": signed[0].attempt, "key": shown[0]["key"], "opening": opening}
    signers = [{"id": each.id, "key": json.loads(encode(each))["key"]} for each in election.manifest.trustees]
    common = {"digest": election.digest.hex(), "trustees": signers, "least": election.manifest.least_trustees}
    made: list[dict[str, Any]] = []

    def add(comment: str, result: str, change: Callable[[Any], object] = lambda _: None, **other: Any) -> None:
        answer = deepcopy(right)
        change(answer)
        made.append({"comment": comment, "answer": compact(answer), "result": result, **common, **other})

    def resign(answer: Any, at: int, **fields: Any) -> None:
        """The trustee's own signature under something else."""
        record = msgspec.structs.replace(signed[at], **fields)
        signature = election.trustees[at].key.sign(signed_bytes(election.digest, record)).signature
        answer["acknowledgements"][at] = json.loads(encode(msgspec.structs.replace(record, signature=signature)))

    rows = "acknowledgements"
    other = bytes([9]) * 32
    foreign = json.loads(encode(Acknowledgement(1, 1, other, bytes(64))))["key"]
    add("all trustees acknowledge the key", "accepted", left=[])
    add("before the voting", "accepted", lambda told: told.update(opening=None), left=[])
    add("one was left out", "accepted", lambda told: told[rows].pop(1), left=[signers[1]["id"]], least=2)
    add("fewer than the least", "KEY.10", lambda told: told[rows].pop(1), least=3)
    add("nobody", "KEY.10", lambda told: told[rows].clear())
    add("another key in the answer", "KEY.9", lambda told: told.update(key=foreign))
    add("another key everywhere, with the old signatures", "CRT.3",
        lambda told: [each.update(key=foreign) for each in (told, *told[rows])])  # fmt: skip
    add("one trustee signed another key", "KEY.9", lambda told: resign(told, 2, key=other))
    add("one trustee signed another attempt", "KEY.9", lambda told: resign(told, 2, attempt=signed[2].attempt + 1))
    add(
        "a signature's last bit", "CRT.3", lambda told: told[rows][0].update(signature=flip(told[rows][0]["signature"]))
    )
    add("another election", "CRT.3", digest=bytes(32).hex())
    add("one trustee twice", "malformed", lambda told: told[rows].insert(0, told[rows][0]))
    add("out of order", "malformed", lambda told: told[rows].reverse())
    add("one trustee in another's name", "CRT.3", lambda told: told.update({rows: renamed(told[rows])}))
    add("a trustee whom the manifest lacks", "malformed", lambda told: told[rows][2].update(trustee=4))
    add("a record of another kind", "malformed", lambda told: told[rows][1].update(type="pledge"))
    add("a member more in a record", "malformed", lambda told: told[rows][1].update(x=1))
    add("a member more", "malformed", lambda told: told.update(x=1))
    add("no key", "malformed", lambda told: told.update(key=None))
    add("an entry that is none", "malformed", lambda told: told.update(opening=-1))
    made.append({**made[0], "comment": "a blank", "answer": f" {made[0]['answer']}", "result": "malformed"})
    return {"comment": COMMENT, "answers": made}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def flip(signature: str) -> str:
    """The same with another first letter: the point R is another one, or none."""
    return ("A" if signature[0] != "A" else "B") + signature[1:]


def renamed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first trustee's record under the second one's number."""
    return [records[0], {**records[0], "trustee": records[1]["trustee"]}, records[2]]


if __name__ == "__main__":
    (VECTORS / "opening.json").write_text(json.dumps(make_opening(), indent=1, ensure_ascii=False) + "\n")
