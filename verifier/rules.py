"""The table of rules: one row for each kind of record, from the file of its idea (specs/election.md §4)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, get_args

from verifier.commission.quorum import prepare_signature
from verifier.commission.roster import Signature
from verifier.election.assets import ASSETS
from verifier.election.ballot import BALLOT, CHALLENGE
from verifier.election.ceremony import MESSAGES, RESTART
from verifier.election.counting import CLOSE, FREEZE, OVERRIDE
from verifier.election.decryption import SHARE
from verifier.election.logkey import LOG_KEY
from verifier.election.register import OPENING, REGISTER
from verifier.election.shuffle import MIX, SKIP
from verifier.election.tally import TALLY
from verifier.paper.decisions import RULINGS
from verifier.paper.fitting import FILED
from verifier.records import Codec, Record
from verifier.rule import Phase, Rule

ROWS = (
    *(*FILED, *RULINGS, Rule(Signature, get_args(Phase), lambda *those: prepare_signature(RULES, *those))),
    *(*MESSAGES, RESTART),
    *(REGISTER, OPENING),
    *(BALLOT, CHALLENGE, OVERRIDE, CLOSE, FREEZE),
    *(MIX, SKIP, SHARE, TALLY),
    *(LOG_KEY, ASSETS),
)
RULES: dict[type[Record], Rule] = {row.kind: row for row in ROWS}
KINDS: Any = reduce(or_, RULES)  # their union, which is what a codec reads
CODEC: Codec[Record] = Codec(KINDS)


def rule(record: Record) -> Rule:
    """The row of the record's kind."""
    return RULES[type(record)]
