"""Plans in which one thing was bent, by the rule of specs/plan.md that is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from tests.support.papers import EVENING, PLAN, RACE, form, ratio, text, unit
from tests.support.plans import LIMIT, manifest_for
from verifier.commission.roster import Commission
from verifier.election.manifest import Option
from verifier.paper.consistency import WITHHELD
from verifier.paper.plan import DutyEvidence, FormLine, Match, Reserve

if TYPE_CHECKING:
    from verifier.election.manifest import Manifest
    from verifier.paper.plan import Plan

MANIFEST = manifest_for(PLAN)


def part(plan: Plan, list: str, id: str, /, **fields: Any) -> Plan:
    """The plan with another part in a list in place of that of this id."""
    parts = getattr(plan, list)
    assert [each.id for each in parts].count(id) == 1
    return replace(plan, **{list: tuple(replace(each, **fields) if each.id == id else each for each in parts)})


def more(name: str, *parts: Any) -> Plan:
    return replace(PLAN, **{name: (*getattr(PLAN, name), *parts)})


def contest(**fields: Any) -> Plan:
    return part(PLAN, "contests", RACE, **fields)


def minuted(*lines: str) -> Plan:
    """With these lines on the record of the meeting besides those that it has."""
    [meeting] = (each for each in PLAN.forms if each.id == "meeting")
    added = tuple(FormLine(key, 0, text("")) for key in lines)
    return part(PLAN, "forms", "meeting", lines=(*meeting.lines, *added))


def reserved(*reserves: Reserve, seats: int = 4) -> Plan:
    return contest(reserves=reserves, seats=seats)


def options(count: int) -> tuple[Option, ...]:
    return tuple(Option(f"o{number}", text("")) for number in range(count))


class BentPlan(NamedTuple):
    """What was bent, and what is said of it."""

    rule: str
    plan: Plan
    said: str
    manifest: Manifest = MANIFEST


ELECTRONIC = Commission("e-1", text("e-1"), "precinct", "tec-2", 2, 3)
BENT = [
    BentPlan("2.1", more("levels", PLAN.levels[-1]), "two levels have the same id"),
    BentPlan("2.1", more("units", PLAN.units[-2]), "two units have the same id"),
    BentPlan("2.1", more("contests", PLAN.contests[0]), "two contests have the same id"),
    BentPlan(
        "2.1", contest(options=(*PLAN.contests[0].options, Option("anar", text("")))), "two options have the same id"
    ),
    BentPlan("2.1", more("forms", PLAN.forms[0]), "two forms have the same id"),
    BentPlan("2.1", more("ratios", PLAN.ratios[0]), "two control ratios have the same id"),
    BentPlan("2.1", more("matches", PLAN.matches[0]), "two matches have the same id"),
    BentPlan("2.1", more("duties", PLAN.duties[0]), "two duties have the same id"),
    BentPlan("2.2", part(PLAN, "units", "p-1", contests=(RACE, RACE)), f"p-1 names {RACE} twice"),
    BentPlan("2.2", minuted("k", "k"), "meeting names k twice"),
    BentPlan("2.2", part(PLAN, "forms", "meeting", needs=("chair", "chair")), "meeting names chair twice"),
    BentPlan("2.2", reserved(Reserve(("anar",), 1, 4), Reserve(("bolot", "anar"), 1, 4)), f"{RACE} names anar twice"),
    BentPlan("2.2", part(PLAN, "duties", "B26", ideally=("B20",)), "B26 names B20 twice"),
    BentPlan("2.2", replace(PLAN, participants=("valid", "valid")), "participants names valid twice"),
    BentPlan("2.2", replace(PLAN, may={"amend": ("central", "central")}), "amend names central twice"),
    BentPlan("2.2", more("contests", replace(PLAN.contests[0], id="again")), f"contests names {RACE} twice"),
]
NAMING = "{} names {}, which is not among the {} that it can name"
BENT += [
    BentPlan("2.3", part(PLAN, "units", "p-1", level="village"), NAMING.format("p-1", "village", "levels")),
    BentPlan("2.3", part(PLAN, "forms", "meeting", level="village"), NAMING.format("meeting", "village", "levels")),
    BentPlan("2.3", part(PLAN, "duties", "B23", level="village"), NAMING.format("B23", "village", "levels")),
    BentPlan("2.3", replace(PLAN, may={"annul": ("village",)}), NAMING.format("annul", "village", "levels")),
    BentPlan("2.3", part(PLAN, "units", "p-1", contests=("mayor",)), NAMING.format("p-1", "mayor", "contests")),
    BentPlan("2.3", contest(against="none"), NAMING.format(RACE, "none", "options")),
    BentPlan("2.3", reserved(Reserve(("dinara",), 1, 4)), NAMING.format(RACE, "dinara", "options")),
    BentPlan("2.3", part(PLAN, "ratios", "C1", form="act"), NAMING.format("C1", "act", "forms")),
    BentPlan("2.3", part(PLAN, "matches", "M1", forms=("act", "protocol")), NAMING.format("M1", "act", "forms")),
    BentPlan("2.3", part(PLAN, "duties", "B20", after=("B99",)), NAMING.format("B20", "B99", "duties")),
    BentPlan("2.3", part(PLAN, "duties", "B20", ideally=("B99",)), NAMING.format("B20", "B99", "duties")),
    BentPlan("2.3", part(PLAN, "duties", "B27", past="B99"), NAMING.format("B27", "B99", "duties")),
]
MAYOR = replace(PLAN.contests[0], id="mayor", electronic="", body="tec-1")
ASTRAY = "{} is not under a level that stands before it; only the first is under none"
ABOVE = "what is above {} is not a unit of the level above"
BENT += [
    BentPlan("3.1", part(PLAN, "levels", "central", above="precinct"), ASTRAY.format("central")),
    BentPlan("3.1", part(PLAN, "levels", "precinct", above=""), ASTRAY.format("precinct")),
    BentPlan("3.1", part(PLAN, "levels", "territorial", above="precinct"), ASTRAY.format("territorial")),
    BentPlan("3.1", part(PLAN, "levels", "territorial", above="territorial"), ASTRAY.format("territorial")),
    BentPlan("3.1", part(PLAN, "levels", "territorial", above="village"), ASTRAY.format("territorial")),
    BentPlan("3.2", part(PLAN, "units", "p-1", above=""), ABOVE.format("p-1")),
    BentPlan("3.2", part(PLAN, "units", "p-1", above="cec"), ABOVE.format("p-1")),
    BentPlan("3.2", part(PLAN, "units", "p-1", above="p-2"), ABOVE.format("p-1")),
    BentPlan("3.2", part(PLAN, "units", "p-1", above="territorial"), ABOVE.format("p-1")),
    BentPlan("3.2", part(PLAN, "units", "cec", above="tec-1"), ABOVE.format("cec")),
    BentPlan("3.2", part(PLAN, "units", "cec", above="nobody"), ABOVE.format("cec")),
    BentPlan("3.3", part(PLAN, "units", "p-1", quorum=4), "the quorum of p-1 is 4 of 3 members, 15 at most"),
    BentPlan("3.3", part(PLAN, "units", "p-1", members=16), "the quorum of p-1 is 2 of 16 members, 15 at most"),
    BentPlan("3.3", part(PLAN, "units", "p-1", ahead=1, behind=1), "the clock of p-1 is both ahead and behind"),
    BentPlan(
        "3.4",
        part(PLAN, "units", "tec-1", contests=()),
        f"p-1 has the contest {RACE}, but what is above it has not",
    ),
    BentPlan(
        "3.5",
        part(PLAN, "forms", "e-protocol", stage="preliminary"),
        f"e-1 has the contest {RACE}, but no form to state its votes in",
    ),
    BentPlan("4.1", contest(options=(), against=""), f"{RACE} has 0 options; 1 to 255 are allowed"),
    BentPlan("4.1", contest(options=options(256), against=""), f"{RACE} has 256 options; 1 to 255 are allowed"),
    BentPlan("4.1", contest(seats=5), f"{RACE} has 5 seats and 1 marks for 4 options"),
    BentPlan("4.1", contest(marks=5), f"{RACE} has 1 seats and 5 marks for 4 options"),
    BentPlan(
        "4.2",
        reserved(Reserve(("anar",), 2, 3), Reserve(("bolot",), 1, 2), seats=3),
        f"the reserves of {RACE} take 4 of 3 seats",
    ),
    BentPlan("4.3", more("contests", MAYOR), "tec-1 is to determine mayor, but is not a unit that has it"),
    BentPlan("4.4", contest(electronic=""), f"{RACE} has 1 electronic units, and should have 0"),
    BentPlan(
        "4.4",
        more("units", unit("e-2", "precinct", "tec-1", electronic=True)),
        f"{RACE} has 2 electronic units, and should have 1",
    ),
]
SUM = "{} must add forms, have the table of a sum and state the results of voting, or neither"
ADDING = "{} must add up exactly the forms that state the results of the level beneath"
TEC = {"protocol": {}, "e-protocol": {"e-counted": "electronic"}}
BENT += [
    BentPlan(
        "5.1",
        minuted(*(f"k{n}" for n in range(61))),
        "meeting has 65 lines, 64 at most",
    ),
    BentPlan(
        "5.1",
        minuted("votes"),
        "a line of meeting is named votes, like the sum over the options",
    ),
    BentPlan("5.2", part(PLAN, "forms", "aeu", contest=False), "aeu states votes, but is of no contest"),
    BentPlan("5.3", part(PLAN, "forms", "meeting", least=4), "meeting takes 4 signatures, but a unit has 3 members"),
    BentPlan(
        "5.4",
        part(PLAN, "forms", "aeu", stage="election"),
        "aeu is not the only form of its units that states the results of voting",
    ),
    BentPlan("5.5", part(PLAN, "forms", "protocol-tec", table="none"), SUM.format("protocol-tec")),
    BentPlan("5.5", part(PLAN, "forms", "protocol-cec", adds={}), SUM.format("protocol-cec")),
    BentPlan(
        "5.5", more("forms", form("extra", "territorial", adds={"protocol": {}}, table="sum")), SUM.format("extra")
    ),
    BentPlan("5.5", part(PLAN, "forms", "meeting", table="sum"), SUM.format("meeting")),
    BentPlan("5.6", part(PLAN, "forms", "protocol-tec", adds={"protocol": {}}), ADDING.format("protocol-tec")),
    BentPlan("5.6", part(PLAN, "forms", "protocol-tec", adds={**TEC, "aeu": {}}), ADDING.format("protocol-tec")),
    BentPlan("5.6", part(PLAN, "forms", "protocol-cec", adds=TEC), ADDING.format("protocol-cec")),
    BentPlan(
        "5.6",
        part(PLAN, "forms", "protocol-tec", adds={**TEC, "protocol": {"e-listed": "e-listed"}}),
        NAMING.format("protocol-tec", "e-listed", "lines"),
    ),
    BentPlan(
        "5.6",
        part(PLAN, "forms", "protocol-tec", adds={**TEC, "protocol": {"valid": "votes"}}),
        NAMING.format("protocol-tec", "votes", "lines"),
    ),
    BentPlan("5.7", replace(PLAN, participants=("scanned",)), NAMING.format("participants", "scanned", "lines")),
    BentPlan("6.1", part(PLAN, "ratios", "C1", left={}), "C1 compares nothing"),
    BentPlan("6.1", part(PLAN, "ratios", "C1", right={}), "C1 compares nothing"),
    BentPlan("6.1", part(PLAN, "ratios", "C1", left={"scanned": 1}), NAMING.format("C1", "scanned", "lines")),
    BentPlan("6.1", part(PLAN, "ratios", "C1", right={"scanned": 1}), NAMING.format("C1", "scanned", "lines")),
    BentPlan(
        "6.1",
        more("ratios", ratio("X", "meeting", "appeals", "equal", "votes")),
        NAMING.format("X", "votes", "lines"),
    ),
    BentPlan("6.2", part(PLAN, "matches", "M1", pairs=()), "M1 compares nothing"),
    BentPlan(
        "6.2",
        part(PLAN, "matches", "M1", forms=("protocol", "protocol")),
        "M1 compares protocol with protocol, which are not two forms of the same units",
    ),
    BentPlan(
        "6.2",
        more("matches", Match("X", ("protocol", "protocol-tec"), (("valid", "valid"),), "error")),
        "X compares protocol with protocol-tec, which are not two forms of the same units",
    ),
    BentPlan(
        "6.2",
        more("matches", Match("X", ("protocol", "e-protocol"), (("valid", "valid"),), "error")),
        "X compares protocol with e-protocol, which are not two forms of the same units",
    ),
    BentPlan("6.2", part(PLAN, "matches", "M2", pairs=(("valid", "valid"),)), NAMING.format("M2", "valid", "lines")),
    BentPlan("6.2", part(PLAN, "matches", "M2", pairs=(("listed", "pages"),)), NAMING.format("M2", "pages", "lines")),
    BentPlan("6.2", part(PLAN, "matches", "M2", pairs=(("votes", "votes"),)), NAMING.format("M2", "votes", "lines")),
]
BENT += [
    BentPlan(
        "7.1",
        part(PLAN, "duties", "B9", evidence=DutyEvidence("paper", "protocol-tec")),
        NAMING.format("B9", "protocol-tec", "forms"),
    ),
    BentPlan(
        "7.1",
        part(PLAN, "duties", "B26", evidence=DutyEvidence("record", "tally")),
        NAMING.format("B26", "tally", "records"),
    ),
    BentPlan("7.2", part(PLAN, "duties", "B5", until=EVENING), "B5 begins when B5 is over"),
    BentPlan("7.2", part(PLAN, "duties", "B1", inclusive=True), "B1 has no last day that could be included"),
    BentPlan(
        "7.3",
        part(PLAN, "duties", "B1", limit=LIMIT.id),
        "B1 has a time limit of the manifest, and dates of its own",
    ),
    BentPlan(
        "7.4", part(PLAN, "duties", "B27", within=0), "B27 must say within which time past which duty, or neither"
    ),
    BentPlan("7.4", part(PLAN, "duties", "B27", past=""), "B27 must say within which time past which duty, or neither"),
    BentPlan("7.5", part(PLAN, "duties", "B1", after=("B1",)), "these duties wait for each other: B1, B1"),
    BentPlan("7.5", part(PLAN, "duties", "B15", ideally=("B20",)), "these duties wait for each other: B15, B20, B15"),
    BentPlan(
        "7.5",
        part(PLAN, "duties", "B26", within=1, past="B27"),
        "these duties wait for each other: B26, B27, B26",
    ),
]
DIFFERS = "{} has other members, another quorum or another above it in the manifest"
JOINED = MANIFEST.contests[0]
BENT += [
    BentPlan("8.1", part(PLAN, "units", "cec", members=4), DIFFERS.format("cec")),
    BentPlan("8.1", part(PLAN, "units", "cec", quorum=3), DIFFERS.format("cec")),
    BentPlan(
        "8.1",
        PLAN,
        DIFFERS.format("e-1"),
        replace(MANIFEST, commissions=(*MANIFEST.commissions, replace(ELECTRONIC, above="tec-1"))),
    ),
    BentPlan(
        "8.2", PLAN, "cec is under no unit, and not in the manifest", replace(MANIFEST, commissions=(ELECTRONIC,))
    ),
    BentPlan(
        "8.3",
        PLAN,
        f"{RACE} differs from {RACE} of the manifest in options or marks",
        replace(MANIFEST, contests=(replace(JOINED, most=2),)),
    ),
    BentPlan(
        "8.3",
        PLAN,
        f"{RACE} differs from {RACE} of the manifest in options or marks",
        replace(MANIFEST, contests=(replace(JOINED, options=JOINED.options[::-1]),)),
    ),
    BentPlan(
        "8.3", PLAN, f"{RACE} differs from {RACE} of the manifest in options or marks", replace(MANIFEST, contests=())
    ),
    BentPlan(
        "8.4",
        PLAN,
        f"e-protocol has no line {WITHHELD}, and fewer than 2 ballots are withheld",
        replace(MANIFEST, minimum=2),
    ),
    BentPlan(
        "8.5",
        part(PLAN, "duties", "B23", limit="list-open"),
        "B23 names list-open, which is not in the timetable",
    ),
]
