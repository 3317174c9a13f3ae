"""The commissions' papers and the plan as JSON: papers.md §1, §4, §5 and plan.md §1."""

from __future__ import annotations

from typing import Any

from tests.reference.coding import (
    BLOB,
    TEXT,
    Type,
    data,
    is_id,
    is_label,
    is_number,
    is_ordinal,
    is_string,
    is_truth,
    items,
    mapping,
    members,
    one_of,
    or_none,
    sentence,
)

LEAF = data(32)
LEAVES, PHOTOS, NUMBERS, IDS = items(LEAF), items(BLOB), items(is_number), items(is_id)
LINES = mapping(is_id, is_number)
SENTENCE = sentence(0, 500)
OBSERVER = {"observer": or_none(is_id), "signature": data(0, 1024)}

PAPER_KINDS: dict[str, dict[str, Type]] = {
    "paper": {
        "commission": is_id,
        "contest": or_none(is_id),
        "form": is_id,
        "supersedes": LEAF,
        "reason": members(code=one_of("first", "typing", "recount", "decision", "court", "photo"), text=SENTENCE),
        "lines": LINES,
        "votes": NUMBERS,
        "present": IDS,
        "dissent": items(members(member=is_id, text=SENTENCE)),
        "typed": IDS,
        "explains": items(members(ratio=is_label, text=sentence(3, 500))),
        "held": is_number,
        "parts": LEAVES,
        "photos": PHOTOS,
    },
    "batch": {"commission": is_id, "form": is_id, "source": SENTENCE, "count": is_number, "blob": BLOB},
    "decision": {
        "commission": is_id,
        "what": one_of("annul", "restore", "recount", "uphold", "dismiss", "strike", "amend", "withdraw"),
        "units": IDS,
        "contest": or_none(is_id),
        "option": or_none(is_id),
        "duty": or_none(is_label),
        "until": is_number,
        "about": LEAVES,
        "revokes": LEAF,
        "basis": SENTENCE,
    },
    "appeal": {
        "commission": is_id,
        "about": LEAVES,
        "by": one_of("voter", "candidate", "representative", "party", "observer", "media", "other"),
        "text": data(32),
        "number": SENTENCE,
        "received": is_number,
        **OBSERVER,
    },
    "attestation": {
        "commission": is_id,
        "duty": is_label,
        "held": is_number,
        "photos": PHOTOS,
        "address": SENTENCE,
        "digest": data(0, 32),
        "note": SENTENCE,
        **OBSERVER,
    },
    "accreditation": {
        "observers": items(members(id=is_id, organisation=SENTENCE, certificate=data(0, 3072), units=IDS)),
        "withdrawn": IDS,
    },
    "observation": {
        "unit": is_id,
        "contest": or_none(is_id),
        "form": is_id,
        "lines": LINES,
        "votes": NUMBERS,
        "of": LEAF,
        "copy": is_number,
        "stamped": is_truth,
        "refused": is_truth,
        "held": is_number,
        "photos": PHOTOS,
        **OBSERVER,
    },
    "intake": {
        "count": is_number,
        "leaves": BLOB,
        "withheld": items(members(leaf=LEAF, reason=SENTENCE)),
        "signature": data(64),
    },
    "result": {
        "commission": is_id,
        "contest": is_id,
        "on": LEAVES,
        "denominator": IDS,
        "outcome": one_of("elected", "second round", "failed"),
        "options": IDS,
        "shares": NUMBERS,
        "lots": LEAVES,
    },
}
PAPER_LEFT_OUT: dict[str, dict[str, Type]] = {"paper": {"table": BLOB}, "decision": {"blob": BLOB}}

FIGURES = {"unit": is_id, "lines": LINES, "votes": NUMBERS}
TABLE = members(rows=items(members(paper=LEAF, **FIGURES)))
BATCH = members(papers=items(members(contest=or_none(is_id), **FIGURES)))

# --- plan.md §1 ---

SEVERITY = one_of("error", "warning", "information")
FACTORS = mapping(is_id, is_ordinal)
NAMED: dict[str, Type] = {"id": is_id, "name": TEXT}
UNIT = members(
    **NAMED,
    level=is_id,
    above=or_none(is_id),
    contests=IDS,
    members=is_ordinal,
    quorum=is_ordinal,
    electronic=is_truth,
    ahead=is_number,
    behind=is_number,
)
CONTEST = members(
    id=is_id,
    title=TEXT,
    options=items(members(**NAMED)),
    against=or_none(is_id),
    seats=is_ordinal,
    marks=is_ordinal,
    rule=one_of("majority", "plurality"),
    reserves=items(members(options=IDS, part=is_ordinal, whole=is_ordinal)),
    body=is_id,
    electronic=or_none(is_id),
)
FORM = members(
    **NAMED,
    level=is_id,
    electronic=is_truth,
    stage=one_of("act", "preliminary", "voting", "election"),
    contest=is_truth,
    votes=is_truth,
    lines=items(members(key=is_id, number=is_number, name=TEXT)),
    least=is_ordinal,
    needs=items(one_of("chair", "secretary", "member")),
    adds=mapping(is_id, mapping(is_id, is_id)),
    table=one_of("none", "sum", "participants"),
)
RATIO = members(
    id=is_label,
    form=is_id,
    left=FACTORS,
    relation=one_of("equal", "at most"),
    right=FACTORS,
    severity=SEVERITY,
    basis=TEXT,
)


def is_pair(type_: Type) -> Type:
    def check(value: Any) -> bool:
        return items(type_)(value) and len(value) == 2

    return check


MATCH = members(id=is_label, forms=is_pair(is_id), pairs=items(is_pair(is_id)), severity=SEVERITY)
DUTY = members(
    id=is_label,
    words=TEXT,
    level=is_id,
    evidence=members(kind=one_of("paper", "record", "stand", "publication"), of=or_none(is_id)),
    after=items(is_label),
    ideally=items(is_label),
    since=is_number,
    until=is_number,
    inclusive=is_truth,
    limit=or_none(is_id),
    within=is_number,
    past=or_none(is_label),
    soon=is_truth,
)
RULINGS = ("annul", "restore", "recount", "uphold", "dismiss", "strike", "amend", "withdraw")
PLAN = members(
    levels=items(members(**NAMED, above=or_none(is_id), rooted=is_truth)),
    units=items(UNIT),
    contests=items(CONTEST),
    forms=items(FORM),
    ratios=items(RATIO),
    matches=items(MATCH),
    duties=items(DUTY),
    participants=IDS,
    may=mapping(one_of(*RULINGS), IDS),
    offline=is_number,
    offset=is_number,
    unverified=items(is_string),
)
