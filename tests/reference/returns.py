"""A second fold over the commissions' papers, from papers.md §2 to §5 and §7 alone: which are admitted, and when."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

from tests.reference.coding import Record, code, decode_json
from tests.reference.commissions import Signed, distinct
from tests.reference.election import Election
from tests.reference.group import Fails
from tests.reference.log import leaf_hash, unbase64
from tests.reference.plan import is_of, keys_of, named, read_plan
from tests.reference.proofs import refuse_unless
from tests.reference.records import certificate
from tests.reference.shapes import BATCH, PAPER_KINDS, TABLE

NONE = b64encode(bytes(32)).decode()
PERSONAL = re.compile(r"(?<![0-9])[012][0-3][0-9][01][0-9][12][0-9]{8}(?![0-9])")
Of = tuple[str, str, str]  # unit, contest, form


class Version(NamedTuple):
    """A paper in effect."""

    leaf: str
    posted: int
    place: int  # where it took effect
    paper: Record
    rows: list[Record]


class Entered(NamedTuple):
    """What a commission above entered."""

    place: int
    row: Record


class Returns(Election):
    """The state of an election whose manifest may name a plan: what commissions write down."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        super().__init__(blobs, roots)
        self.plan: Record | None = None
        self.lacking = False  # whether a paper's blob is missing, so that no paper is judged
        self.units: dict[str, Record] = {}
        self.forms: dict[str, Record] = {}
        self.races: dict[str, Record] = {}
        self.versions: dict[Of, list[Version]] = {}
        self.entered: dict[Of, list[Entered]] = {}
        self.owners: dict[str, str] = {}  # whose what is in effect is, by its leaf
        self.missing: list[int] = []  # where a blob is needed that is not there

    # --- §1, §2, §7 ---

    def read_plan(self, manifest: Record) -> list[Record]:
        if "paper" not in manifest:
            return []
        try:
            raw = self.blob(manifest["paper"])
        except Fails:
            self.lacking = True
            return []
        plan = read_plan(raw, manifest)
        self.plan = plan
        self.units, self.forms, self.races = named(plan["units"]), named(plan["forms"]), named(plan["contests"])
        rooted = {level["id"]: level["rooted"] for level in plan["levels"]}
        return [{**unit, "rooted": rooted[unit["level"]]} for unit in plan["units"]]

    def is_aside(self, record: Record) -> bool:
        if not self.lacking or record["type"] == "manifest":
            return False
        if record["type"] == "signature":
            return unbase64(record["record"]) not in self.pending
        if record["type"] == "roster":
            return record["commission"] not in self.seats
        return record["type"] in PAPER_KINDS

    def admit(self, index: int, coded: bytes) -> list[str]:
        try:
            return super().admit(index, coded)
        except Fails as refusal:
            record = decode_json(coded, lambda _: True)
            if str(refusal) != "incomplete" or not (record["type"] in PAPER_KINDS or self.is_papers(record)):
                raise
        self.missing.append(index)
        self.lacking = True
        self.leaves.add(leaf_hash(coded))
        return []

    def is_papers(self, record: Record) -> bool:
        """Whether it signs a paper."""
        target = self.pending.get(unbase64(record["record"])) if record["type"] == "signature" else None
        return target is not None and target["type"] in PAPER_KINDS

    def admit_roster(self, record: Record, index: int) -> list[str]:
        super().admit_roster(record, index)
        for member in record["members"] if record["commission"] in self.units else []:
            refuse_unless("PRT.2", not shows_number(member["certificate"]))
        return []

    def least(self, record: Record) -> int:
        if record["type"] == "paper":
            return int(self.forms[record["form"]]["least"])
        return 1 if record["type"] in {"appeal", "attestation"} else super().least(record)

    def is_quorum(self, record: Record, signatures: list[Signed]) -> bool:
        if record["type"] == "paper":
            signatures = [one for one in signatures if one.member in record["present"]]
        return bool(signatures) and super().is_quorum(record, signatures)

    # --- §3 ---

    def planned(self) -> None:
        refuse_unless("PRT.3", self.plan is not None)

    def chain(self, unit: str) -> list[str]:
        """The unit and all above it."""
        return [unit, *self.chain(self.units[unit]["above"])] if unit else []

    def is_under(self, unit: str, top: str) -> bool:
        return unit in self.units and top in self.chain(unit)

    def fits(self, form: str, unit: str, contest: str) -> None:
        """§3.1."""
        refuse_unless("PRT.3", form in self.forms and unit in self.units)
        asked, signer = self.forms[form], self.units[unit]
        refuse_unless("PRT.3", is_of(asked, signer))
        refuse_unless("PRT.3", contest in signer["contests"] if asked["contest"] else contest == "")

    def options(self, form: Record, contest: str) -> int:
        return len(self.races[contest]["options"]) if form["votes"] else 0

    def says(self, form: str, contest: str, record: Record) -> None:
        """§3.2."""
        asked = self.forms[form]
        refuse_unless("PRT.4", record["lines"].keys() == set(keys_of(asked)))
        refuse_unless("PRT.4", len(record["votes"]) == self.options(asked, contest))

    def supersedes(self, record: Record) -> None:
        """§3.3."""
        history = self.versions.get(of(record), [])
        refuse_unless("PRT.5", record["supersedes"] == (history[-1].leaf if history else NONE))
        refuse_unless("PRT.5", (record["reason"]["code"] == "first") == (history == []))

    def owns(self, leaves: Iterable[str], unit: str) -> None:
        """§3.5."""
        refuse_unless("PRT.7", all(self.is_under(self.owners.get(leaf, ""), unit) for leaf in leaves))

    def admit_paper(self, record: Record, index: int) -> list[str]:
        self.planned()
        self.commission(record["commission"], "CRT.2")
        self.fits(record["form"], record["commission"], record["contest"])
        self.says(record["form"], record["contest"], record)
        self.supersedes(record)
        sitting, present = self.sitting(record["commission"], index), record["present"]
        dissent = [one["member"] for one in record["dissent"]]
        refuse_unless("PRT.6", set(present + record["typed"] + dissent) <= sitting.keys() and distinct(present))
        self.owns(record["parts"], record["commission"])
        refuse_unless("PRT.9", ("table" in record) == (self.forms[record["form"]]["table"] != "none"))
        self.rows(record)
        return []

    def effect_paper(self, record: Record, index: int) -> None:
        self.supersedes(record)
        posted = self.places[leaf_hash(code(record))]
        version = Version(leaf(record), posted, index, record, self.rows(record))
        self.versions.setdefault(of(record), []).append(version)
        self.owners[version.leaf] = record["commission"]

    # --- §4, §5 ---

    def beneath(self, unit: str) -> list[str]:
        """The units directly beneath."""
        return [id for id, one in self.units.items() if one["above"] == unit]

    def summed(self, form: Record, unit: str) -> tuple[Record, dict[str, str]] | None:
        """The form of the unit's paper that a sum adds, and the sum's key of each of its lines that is added."""
        for name, renamed in form["adds"].items():
            if is_of(self.forms[name], self.units[unit]):
                keys = {key: renamed.get(key, key) for key in keys_of(self.forms[name])}
                return self.forms[name], {key: to for key, to in keys.items() if to in keys_of(form)}
        return None

    def rows_due(self, form: Record, contest: str, unit: str) -> list[str]:
        if form["table"] == "sum":
            below = [id for id in self.beneath(unit) if contest in self.units[id]["contests"]]
            return [id for id in below if self.summed(form, id)]
        lowest = [id for id, one in self.units.items() if not one["electronic"] and not self.beneath(id)]
        return [id for id in lowest if self.is_under(id, unit)]

    def rows(self, record: Record) -> list[Record]:
        if "table" not in record:
            return []
        form = self.forms[record["form"]]
        rows: list[Record] = decode_json(self.blob(record["table"]), TABLE)["rows"]
        due = self.rows_due(form, record["contest"], record["commission"])
        refuse_unless("PRT.9", [row["unit"] for row in rows] == due)
        for row in rows:
            lines, votes = {"participants"}, 0
            if form["table"] == "sum":
                beneath = self.summed(form, row["unit"])
                nothing = row["paper"] == NONE and not row["lines"]
                lines = set() if nothing or beneath is None else set(beneath[1].values())
                votes = 0 if nothing else self.options(form, record["contest"])
            refuse_unless("PRT.9", row["lines"].keys() == lines and len(row["votes"]) == votes)
        return rows

    def admit_batch(self, record: Record, _index: int) -> list[str]:
        self.planned()
        self.commission(record["commission"], "CRT.2")
        self.typed(record)
        return []

    def typed(self, record: Record) -> list[Record]:
        refuse_unless("PRT.3", record["form"] in self.forms and not self.forms[record["form"]]["adds"])
        papers: list[Record] = decode_json(self.blob(record["blob"]), BATCH)["papers"]
        refuse_unless("PRT.9", len(papers) == record["count"])
        order = list(self.units)
        refuse_unless("PRT.9", all(row["unit"] in self.units for row in papers))
        places = [(order.index(row["unit"]), row["contest"]) for row in papers]
        refuse_unless("PRT.9", places == sorted(set(places)))
        for row in papers:
            refuse_unless("PRT.3", self.is_under(row["unit"], record["commission"]))
            self.fits(record["form"], row["unit"], row["contest"])
            self.says(record["form"], row["contest"], row)
        return papers

    def effect_batch(self, record: Record, index: int) -> None:
        for row in self.typed(record):
            self.entered.setdefault((row["unit"], row["contest"], record["form"]), []).append(Entered(index, row))


def of(record: Record) -> Of:
    return record["commission"], record["contest"], record["form"]


def leaf(record: Record) -> str:
    return b64encode(leaf_hash(code(record))).decode()


def shows_number(coded: str) -> bool:
    """§2.2."""
    return any(PERSONAL.search(value) for _, value in certificate(coded).subject)
