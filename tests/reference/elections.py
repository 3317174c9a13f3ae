"""The second fold on the elections of specs/vectors: election.json and its sisters, each clause with its record."""

from __future__ import annotations

from typing import Any

from tests.reference.papers import Papers


def replay(file: dict[str, Any], v: dict[str, Any]) -> Papers:
    log: list[str] = []
    for part in v["log"]:
        log += [part] if isinstance(part, str) else file["honest"]["records"][slice(*part)]
    election = Papers({**file["honest"]["blobs"], **v["blobs"]}, file["roots"])
    election.replay(record.encode() for record in log)
    election.judge_signatures()
    return election


def judge_elections(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this fold agrees, by the name of each vector of a file."""
    agrees = {}
    for v in file["accepted"]:
        election = replay(file, v)
        verdict = "rejected" if election.failures else "accepted with findings" if election.findings else "accepted"
        places = [(clause, None if isinstance(place, str) else place) for clause, place in election.findings]
        found = sorted(([clause, place] for clause, place in places), key=str)
        said = (verdict, election.phase, election.counts, found)
        agrees[v["name"]] = said == (v["verdict"], v["phase"], v["counts"], sorted(v["findings"], key=str))
    for v in file["rejected"]:
        expected = [(v["expect"], v["at"]), *((clause, at) for clause, at in v["also"])]
        agrees[v["name"]] = replay(file, v).failures == expected
    return agrees
