"""A witness answers as its vectors say, request by request."""

from __future__ import annotations

from pathlib import Path

from bulletin.log import database
from bulletin.witness.witness import Refusal, Witness
from tests.support.house import read_vectors
from tests.vectors.files import LOG, WITNESS, WITNESS_SECRET
from verifier.log.note import decode_key


def test_a_witness_answers_as_its_vectors_say(tmp_path: Path) -> None:
    file = read_vectors("witness")
    assert (decode_key(file["log"]), decode_key(file["witness"])) == (LOG, WITNESS)
    times = iter(v["time"] for v in file["asked"] if v["status"] == 200)
    memory = database.open_witness(tmp_path / "witness.db")
    place, logs = tmp_path / "evidence", {LOG.name: [LOG]}
    witness = Witness(WITNESS, lambda m: WITNESS_SECRET.sign(m).signature, logs, memory, place, lambda: next(times))
    for v in file["asked"]:
        try:
            answer: tuple[int, str] = 200, witness.add_checkpoint(v["request"].encode()).decode()
        except Refusal as refusal:
            answer = refusal.status, "" if refusal.size is None else f"{refusal.size}\n"
        assert answer == (v["status"], v["body"]), v["comment"]
