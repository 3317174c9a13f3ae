"""Applications for a credential: the vectors of specs/keysheet.md §5–6."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import read_vectors
from verifier.client.application import Unproved, VoterApplication
from verifier.errors import Malformed

KEYSHEETS = read_vectors("keysheet")
FIRST = KEYSHEETS["applications"][0]


@pytest.mark.parametrize("v", KEYSHEETS["applications"], ids=lambda v: v["name"])
def test_an_application_is_read_and_its_proof_holds(v: dict[str, Any]) -> None:
    read = VoterApplication.decode(v["file"].encode())
    assert (read.election, read.manifest.hex(), read.commission) == (v["election"], v["manifest"], v["commission"])
    assert (read.style, read.words, read.credential.hex()) == (v["style"], v["words"], v["K1"])
    assert (read.proof.hex(), read.digest.hex(), read.encode().decode()) == (v["proof"], v["digest"], v["file"])
    read.check()


@pytest.mark.parametrize("v", KEYSHEETS["saved"], ids=lambda v: v["name"])
def test_it_is_read_however_it_was_saved(v: dict[str, Any]) -> None:
    read = VoterApplication.decode(v["file"].encode())
    assert read.encode().decode() == FIRST["file"]
    read.check()


@pytest.mark.parametrize("v", KEYSHEETS["rejected"], ids=lambda v: v["name"])
def test_a_bent_one_is_refused_by_its_line_or_its_proof(v: dict[str, Any]) -> None:
    assert judge(v["file"].encode()) == v["expect"]


def judge(raw: bytes) -> str:
    try:
        VoterApplication.decode(raw).check()
    except Malformed as error:
        return f"malformed {error.where.line}" if error.where.file == "application" else str(error)
    except Unproved:
        return "unproved"
    return ""


def test_bytes_that_are_no_text_are_refused() -> None:
    for raw in (b"\xff" * 40, b"\0" * 40, b"\xff\xfe\0", FIRST["file"].encode("utf-16")[:-1]):
        with pytest.raises(Malformed):
            VoterApplication.decode(raw)
    assert VoterApplication.decode(FIRST["file"].encode("utf-16")).credential.hex() == FIRST["K1"]
