"""The pilot of 9 April 2023 in figures: what was published, what follows from it, and what is made up here."""

from __future__ import annotations

from verifier.records import Text

ELECTION = "pilot-2023"
COUNTED, LISTED = 694, 841
MARKS, CANDIDATES = 3, 8
MINIMUM = 5
TRUSTEES, THRESHOLD, LEAST_TRUSTEES, ABSENT = 5, 3, 4, 2
MIXERS, MIXES, WITNESSES, QUORUM = 3, 2, 3, 2

LABELS = (
    ("published", "694 electronic votes were counted over Samarkandek, Ak-Sai and Ak-Tatyr: 82.52 % of the e-list"),
    ("published", "7,524 listed voters, of whom 1,568 live elsewhere, are Samarkandek's own"),
    ("inferred", "841 on the e-list, from 694 and 82.52 %"),
    (
        "assumed",
        f"a district a council, most marks win; {CANDIDATES} candidates, at most {MARKS} marks; smallest mix {MINIMUM}",
    ),
    (
        "synthetic",
        "split over the councils, candidates, all choices, re-votes, challenges, overrides, people, certificates",
    ),
)

COUNCILS = {
    "samarkandek": Text("Samarkandek", "Самаркандек", "Самаркандек"),
    "ak-sai": Text("Ak-Sai", "Ак-Сай", "Ак-Сай"),
    "ak-tatyr": Text("Ak-Tatyr", "Ак-Татыр", "Ак-Татыр"),
}
SPLIT = {"samarkandek": 50, "ak-sai": 28, "ak-tatyr": 22}  # in a hundred; synthetic

TITLE = Text(
    "Deputies of three village councils, 9 April 2023: the pilot played again with synthetic votes",
    "Үч айылдык кеңештин депутаттары, 2023-жылдын 9-апрели: пилот синтетикалык добуштар менен кайра ойнолду",
    "Депутаты трёх айылных кенешей, 9 апреля 2023 года: пилот, сыгранный заново с синтетическими голосами",
)
CENTRAL = Text(
    "Central Election Commission (synthetic members)",
    "Борбордук шайлоо комиссиясы (синтетикалык мүчөлөр)",
    "Центральная избирательная комиссия (синтетические члены)",
)
DATE = Text("by tomorrow", "эртеңкиге чейин", "до завтра")


def precinct(council: str) -> Text:
    """The precinct commission that keeps a council's e-list."""
    name = COUNCILS[council]
    return Text(
        f"Precinct election commission, {name.en} (synthetic)",
        f"Участкалык шайлоо комиссиясы, {name.ky} (синтетикалык)",
        f"Участковая избирательная комиссия, {name.ru} (синтетическая)",
    )


def title(council: str) -> Text:
    """The election of one council."""
    name = COUNCILS[council]
    return Text(f"{name.en} village council", f"{name.ky} айылдык кеңеши", f"Айылный кенеш {name.ru}")


def candidate(number: int) -> Text:
    """A candidate's name."""
    return Text(
        f"Candidate {number} (synthetic)", f"Талапкер {number} (синтетикалык)", f"Кандидат {number} (синтетический)"
    )


def counted_of(listed: int) -> int:
    """How many votes are counted of an e-list of another size, at the pilot's turnout."""
    return round(listed * COUNTED / LISTED)
