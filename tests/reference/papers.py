"""The rest of a second fold over papers, from papers.md §6 alone: decisions, results, observers and what they see."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from tests.reference.certificates import signed
from tests.reference.coding import Record, code
from tests.reference.commissions import distinct, ids
from tests.reference.group import Fails, cut
from tests.reference.log import unbase64
from tests.reference.plan import named
from tests.reference.proofs import refuse_unless
from tests.reference.records import certificate, is_held
from tests.reference.returns import NONE, Returns, leaf


class Lasting(NamedTuple):
    """A decision, result, appeal or attestation that took effect, or an observation or intake."""

    leaf: str
    place: int
    record: Record


class Papers(Returns):
    """The state of an election: what commissions decide and declare, and what others say of them."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        super().__init__(blobs, roots)
        self.lasting: dict[str, list[Lasting]] = {}
        self.revoked: dict[str, int] = {}
        self.observers: dict[str, Record] = {}
        self.withdrawn: set[str] = set()

    def keep(self, record: Record, index: int) -> None:
        self.lasting.setdefault(record["type"], []).append(Lasting(leaf(record), index, record))

    def all(self, kind: str) -> list[Lasting]:
        return self.lasting.get(kind, [])

    def effect_lasting(self, record: Record, index: int) -> None:
        self.keep(record, index)
        self.owners[leaf(record)] = record["commission"]

    effect_appeal = effect_attestation = effect_result = effect_lasting

    def admit_decision(self, record: Record, _index: int) -> list[str]:
        self.planned()
        assert self.plan is not None
        by = self.commission(record["commission"], "CRT.2")["id"]
        may = self.plan["may"].get(record["what"], [])
        refuse_unless("PRT.3", by in self.units and self.units[by]["level"] in may)
        refuse_unless("PRT.3", all(self.is_under(unit, by) for unit in record["units"]))
        refuse_unless("PRT.3", record["contest"] in self.races or record["contest"] == record["option"] == "")
        names = record["what"] in {"strike", "withdraw"}
        refuse_unless("PRT.4", names == (record["option"] != ""))
        refuse_unless("PRT.4", not names or record["option"] in ids(self.races[record["contest"]]["options"]))
        if record["what"] == "amend":
            dated = {duty["id"] for duty in self.plan["duties"] if duty["until"]}
            refuse_unless("DUT.1", record["duty"] in dated and record["until"] > 0)
            refuse_unless("DUT.1", self.units[by]["above"] == "")
        else:
            refuse_unless("DUT.1", record["duty"] == "" and record["until"] == 0)
        self.owns(record["about"], by)
        self.revokes(record)
        return []

    def revokes(self, record: Record) -> None:
        if record["revokes"] == NONE:
            refuse_unless("PRT.7", record["what"] != "restore")
            return
        former = [one.record for one in self.all("decision") if one.leaf == record["revokes"]]
        refuse_unless("PRT.7", bool(former) and record["revokes"] not in self.revoked)
        refuse_unless("PRT.7", self.is_under(former[0]["commission"], record["commission"]))
        refuse_unless("PRT.7", record["what"] != "restore" or former[0]["what"] in {"annul", "strike", "withdraw"})

    def effect_decision(self, record: Record, index: int) -> None:
        self.revokes(record)
        self.effect_lasting(record, index)
        if record["revokes"] != NONE:
            self.revoked[record["revokes"]] = index

    def admit_result(self, record: Record, _index: int) -> list[str]:
        self.planned()
        self.commission(record["commission"], "CRT.2")
        race = self.races.get(record["contest"], {"body": ""})
        refuse_unless("PRT.3", race["body"] == record["commission"])
        options = ids(race["options"])
        refuse_unless("PRT.4", set(record["options"]) <= set(options) and distinct(record["options"]))
        refuse_unless("PRT.4", len(record["shares"]) == len(options))
        self.owns(record["on"] + record["lots"], record["commission"])
        return []

    def admit_appeal(self, record: Record, index: int) -> list[str]:
        self.planned()
        if not record["observer"]:
            self.commission(record["commission"], "CRT.2")
        refuse_unless("PRT.3", record["commission"] in self.units)
        if record["observer"]:
            self.observed(record, record["commission"])
        else:
            refuse_unless("PRT.8", record["signature"] == "")
        if record["type"] == "appeal":
            self.owns(record["about"], record["commission"])
        else:
            refuse_unless("PRT.3", record["duty"] in self.attested(self.units[record["commission"]]["level"]))
        if record["observer"]:
            self.effect_lasting(record, index)
        return []

    admit_attestation = admit_appeal

    def attested(self, level: str) -> set[str]:
        """The duties of a level that somebody may attest to."""
        assert self.plan is not None
        kinds = {"stand", "publication"}
        return {d["id"] for d in self.plan["duties"] if d["level"] == level and d["evidence"]["kind"] in kinds}

    def observed(self, record: Record, unit: str) -> None:
        """§2.4 and §6.6."""
        observer = self.observers.get(record["observer"])
        refuse_unless("PRT.8", observer is not None and record["observer"] not in self.withdrawn)
        assert observer is not None
        refuse_unless("PRT.8", observer["units"] == [] or unit in observer["units"])
        message = b"aikyn/1 observer\n" + self.digest + code({**record, "signature": ""})
        signature = unbase64(record["signature"])
        refuse_unless("PRT.8", signed(unbase64(observer["certificate"]), message, signature))

    def admit_accreditation(self, record: Record, _index: int) -> list[str]:
        self.planned()
        given = ids(record["observers"])
        refuse_unless("PRT.8", distinct(given) and self.observers.keys().isdisjoint(given))
        refuse_unless("PRT.8", set(record["withdrawn"]) <= self.observers.keys())
        for observer in record["observers"]:
            try:
                certificate(observer["certificate"])
            except Fails:
                raise Fails("PRT.8") from None
            refuse_unless("PRT.8", set(observer["units"]) <= self.units.keys())
        return []

    def effect_accreditation(self, record: Record, index: int) -> None:
        self.admit_accreditation(record, index)
        self.observers |= named(record["observers"])
        self.withdrawn |= set(record["withdrawn"])

    def admit_observation(self, record: Record, index: int) -> list[str]:
        self.planned()
        self.fits(record["form"], record["unit"], record["contest"])
        if record["refused"]:
            refuse_unless("PRT.4", record["lines"] == {} and record["votes"] == [])
        else:
            self.says(record["form"], record["contest"], record)
        refuse_unless("PRT.7", self.owners.get(record["of"], record["unit"]) == record["unit"])
        if record["observer"]:
            self.observed(record, record["unit"])
        else:
            self.held_by_operator(record)
        self.keep(record, index)
        return []

    def held_by_operator(self, record: Record) -> None:
        whole = len(unbase64(record["signature"])) == 64
        refuse_unless("CRT.3", whole and is_held(record, self.digest, self.manifest["operator"]))

    def admit_intake(self, record: Record, index: int) -> list[str]:
        self.planned()
        self.held_by_operator(record)
        self.taken(record)
        self.keep(record, index)
        return []

    def taken(self, record: Record) -> list[str]:
        """The leaves that were handed in."""
        refuse_unless("PRT.9", record["leaves"]["length"] == 32 * record["count"])
        return [b64encode(leaf).decode() for leaf in cut(self.blob(record["leaves"]))]
