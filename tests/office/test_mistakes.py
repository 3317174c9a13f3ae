"""Each mistake that a commission can make in its folder: its name, file, line and sentence, and nothing made."""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Formatter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from bulletin.office import election, registers, steps
from bulletin.office.composing import Parts, compose_manifest
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.wording import speak
from tests.support.spoiling import (
    AUTHORITY,
    BOARD,
    CA,
    CO,
    CONTEST,
    DATE,
    DEPUTY,
    HO,
    ME,
    RE,
    SEATED,
    SECOND,
    Case,
    E,
    add_holder,
    append,
    both,
    bundle,
    certificate,
    copy_certificate,
    day,
    field,
    foreign_groups,
    gost,
    key_file,
    large,
    lose,
    many,
    many_witnesses,
    put,
    remove,
    same_key,
    strip,
    swap,
    swap_line,
    swell,
    times,
    two_persons,
    two_styles,
    unused,
    weak,
    write_card,
)
from tests.support.village import NOW, VOTERS, build, card, hands
from verifier.desk.report.language import LANGUAGES

ELSEWHERE = {
    *("settled", "docket"),  # tests/office/test_steps.py
    "rehearsed-other",  # tests/office/test_rehearsal.py
    *("no-leaves", "no-files", "unread", "one-file", "no-row-of"),  # tests/office/test_drafts.py
    *("no-observer", "refused-figure", "leaf-twice"),  # tests/office/test_observing.py
    *("no-plan", "plan", "unit-above", "unit-contest", "small-unit"),  # tests/office/test_planning.py
    *("manifest", "many-credentials", "no-zones"),  # below
    *("application", "application-proof", "doubled-application"),  # tests/office/test_applications.py
    *("app-not-built", "other-app"),  # tests/office/test_app_in_steps.py
    *("application-election", "application-manifest", "application-commission"),  # there too
}
CASES = [
    # files
    Case("missing-file", CA, 0, remove(CA)),
    Case("missing-file", E, 0, remove(E)),
    Case("unreadable-file", CO, 0, both(remove(CO), lambda folder: (folder.path / CO).mkdir())),
    Case("empty-file", CO, 0, put(CO, b"\r\n")),
    Case("spreadsheet", ME, 0, put(ME, b"PK\x03\x04" + bytes(100))),
    Case("spreadsheet", ME, 0, put(ME, bytes.fromhex("d0cf11e0a1b11ae1"))),
    Case("encoding", CA, 0, put(CA, b"\xff\xfea")),
    Case("unknown-encoding", CA, 0, put(CA, b"contest;id\n\x98\xff")),
    Case("not-utf-8", E, 0, put(E, "title = 'Айыл'".encode("cp1251"))),
    Case("nul", CA, 2, swap(CA, "Айдай", "Ай\0")),
    Case("lost-letters", CA, 3, lose),
    Case("quotes", CA, 3, swap(CA, ";Бек Токтоев", ';"Бек Токтоев')),
    # tables
    Case("no-heading", CA, 1, swap_line(CA, 1, "a;b;c")),
    Case("no-heading", CO, 1, swap(CO, ";", "|", 100)),
    Case("no-rows", HO, 0, put(HO, b"role;id;name;address;groups\n")),
    Case("unknown-column", CA, 1, swap(CA, "name_en\n", "name_en;party\n")),
    Case("doubled-column", CA, 1, swap(CA, "name_en\n", "name_en;id\n")),
    Case("missing-column", CO, 1, swap(CO, "quorum", "")),
    Case("ragged", CA, 3, swap(CA, ";Бек Токтоев", "")),
    Case("ragged", CA, 3, swap(CA, "Bek Toktoev", "Bek;Toktoev")),
    Case("empty-cell", ME, 3, swap(ME, "secretary", "")),
    Case("missing-translation", CA, 3, swap(CA, "Bek Toktoev", " ")),
    Case("missing-translation", CO, 2, swap(CO, "Борбордук шайлоо комиссиясы", "")),
    Case("long-cell", CA, 3, swap(CA, "Bek Toktoev", "B" * 201)),
    Case("long-cell", ME, 2, swap(ME, "Асан", "А" * 1001)),
    Case("invisible", CA, 3, swap(CA, "Bek", "Be\u202ek")),
    Case("invisible", CA, 3, swap(CA, "Bek", "Be\u200bk")),
    Case("mixed-letters", CA, 3, swap(CA, "Бек", "Бdк")),
    Case("capital-id", CO, 3, swap(CO, "precinct-1", "Precinct-1")),
    Case("id-form", CA, 3, swap(CA, ";bek;", ";бек;")),
    Case("no-number", CO, 2, swap(CO, ";2;", ";two;")),
    Case("unknown-word", ME, 2, swap(ME, "chair", "king")),
    Case("unknown-word", HO, 2, swap(HO, "trustee;", "chair;")),
    Case("doubled-id", CA, 3, swap(CA, ";bek;", ";aidai;")),
    # election.toml
    Case("toml", E, 6, swap(E, '= "+996 312 000000"', "=")),
    Case("missing-section", E, 0, swap(E, BOARD, "")),
    Case("unknown-section", E, 53, append(E, "\n[more]\na = 1\n")),
    Case("not-an-array", E, 20, swap(E, "[[contest]]", "[contest]")),
    Case("unknown-field", E, 6, swap(E, "telephone =", 'telefax = "1"\ntelephone =')),
    Case("unknown-field", E, 6, swap(E, "telephone =", 'title.de = "Dorf"\ntelephone =')),
    Case("missing-field", E, 13, swap(E, "threshold = 3\n", "")),
    Case("empty-field", E, 6, swap(E, "+996 312 000000", "")),
    Case("no-id", E, 2, swap(E, '"village-2027"', "2027")),
    Case("capital-id", E, 2, swap(E, '"village-2027"', '"Village-2027"')),
    Case("no-line", E, 6, swap(E, '"+996 312 000000"', "996")),
    Case("no-number", E, 14, swap(E, "threshold = 3", 'threshold = "3"')),
    Case("no-flag", E, 32, swap(E, "inclusive = true", "inclusive = 1")),
    Case("no-date", E, 31, swap(E, "2027-03-24\n", '"24 March"\n')),
    Case("no-act", E, 30, swap(E, 'what = "register"', 'what = "lunch"')),
    Case("no-ids", E, 55, append(E, '\n[[style]]\nid = "all"\ncontests = "council"\n')),
    Case("no-server", E, 10, swap(E, 'server = "board.example"', 'server = "https://board.example"')),
    Case("no-origin", E, 11, swap(E, 'origin = "board', 'origin = "the board')),
    Case("no-zone", E, 7, swap(E, "Asia/Bishkek", "Bishkek")),
    Case("no-share", E, 8, swap(E, 'Asia/Bishkek"\n', 'Asia/Bishkek"\nsecond_share = "post"\n')),
    Case("no-digest", E, 12, swap(E, "\n[numbers]", 'verifier = "0.2.0"\n\n[numbers]')),
    Case("missing-translation", E, 4, swap(E, "Айылный кенеш", "")),
    Case("long-cell", E, 4, swap(E, "Айылный кенеш", "А" * 301)),
    Case("invisible", E, 4, swap(E, "Айылный кенеш", "А\u00adА")),
    Case("mixed-letters", E, 4, swap(E, "Айылный", "Айdылный")),
    Case("no-contest", E, 0, strip("[[contest]]")),
    Case("marks", E, 26, swap(E, "least = 0", "least = 3")),
    Case("marks", E, 26, swap(E, "most = 2", "most = 240")),
    Case("doubled-id", E, 54, append(E, CONTEST.format("council"))),
    Case("style-contests", E, 55, append(E, '\n[[style]]\nid = "all"\ncontests = ["council", "council"]\n')),
    Case("style-stranger", E, 55, append(E, '\n[[style]]\nid = "all"\ncontests = ["council", "mayor"]\n')),
    Case(
        "no-style-has",
        E,
        54,
        both(
            append(E, CONTEST.format("mayor") + '\n[[style]]\nid = "a"\ncontests = ["council"]\n'),
            append(CA, "mayor;a;А;Б;C\n"),
        ),
    ),
    Case("no-dates", E, 0, strip("[[date]]", 3)),
    Case("many-dates", E, 0, append(E, "".join(DATE.format(f"d{n}", "tally", "by = 2027-05-01") for n in range(30)))),
    Case("one-bound", E, 28, swap(E, "by = 2027-03-24", "by = 2027-03-24\nfrom = 2027-03-24")),
    Case("one-bound", E, 28, swap(E, "by = 2027-03-24\n", "")),
    Case("zoned-date", E, 48, swap(E, "by = 2027-04-09T20:00:00", "by = 2027-04-09T20:00:00Z")),
    Case("inclusive-moment", E, 49, swap(E, "by = 2027-04-09T20:00:00", "by = 2027-04-09T20:00:00\ninclusive = true")),
    Case("past-date", E, 31, swap(E, "2027-03-24", "2027-01-24")),
    Case("far-date", E, 31, swap(E, "2027-03-24", "2028-03-24")),
    Case("far-date", E, 48, swap(E, "by = 2027-04-09T20:00:00", "by = 9999-12-31\ninclusive = true")),
    Case("past-date", E, 40, swap(E, "from = 2027-04-09T08:00:00", "from = 0001-01-01")),
    Case("crossed-dates", E, 48, swap(E, "from = 2027-04-09T08", "from = 2027-04-09T21")),
    # candidates
    Case("unknown-contest", CA, 5, append(CA, "mayor;a;А;Б;C\n")),
    Case("doubled-name", CA, 5, append(CA, f"council;other;{DEPUTY}\n")),
    Case("doubled-name", CA, 5, append(CA, "council;other;А;Айдай  Асанова;C\n")),
    Case("no-candidates", CA, 0, append(E, CONTEST.format("mayor"))),
    Case("many-candidates", CA, 0, append(CA, many("council", 253))),
    Case(
        "many-lines",
        CA,
        0,
        both(
            append(E, "".join(map(CONTEST.format, "abc"))),
            append(CA, many("a", 250) + many("b", 250) + many("c", 250) + many("council", 40)),
        ),
    ),
    Case("more-marks", E, 26, swap(E, "most = 2", "most = 4")),
    # commissions and members
    Case("no-central", CO, 0, swap_line(CO, 2, "central;territorial;;2;А;Б;C")),
    Case("two-centrals", CO, 4, both(append(CO, "other;central;;2;А;Б;C\n"), append(ME, SECOND))),
    Case("above-central", CO, 2, swap(CO, "central;central;;", "central;central;precinct-1;")),
    Case("unknown-commission", CO, 3, swap(CO, "precinct;central;", "precinct;centre;")),
    Case("not-above", CO, 3, swap(CO, "precinct;central;", "precinct;precinct-1;")),
    Case("no-members", CO, 4, append(CO, "empty;precinct;;2;А;Б;C\n")),
    Case("many-members", CO, 2, append(ME, "".join(f"central;c{n};member;Асан;test\n" for n in range(13)))),
    Case("large-quorum", CO, 3, swap(CO, "precinct;central;2", "precinct;central;4")),
    Case("quorum-of-one", CO, 3, swap(CO, "precinct;central;2", "precinct;central;1")),
    Case("unknown-commission", ME, 8, append(ME, "lost;lost-1;member;Асан;test\n")),
    Case("doubled-id", ME, 8, append(ME, "central;central-1;member;Асан;test\n")),
    Case("two-chairs", ME, 8, append(ME, SEATED.format("chair"))),
    Case("two-secretaries", ME, 8, append(ME, SEATED.format("secretary"))),
    Case("no-chair", ME, 0, swap(ME, "chair", "member")),
    # certificates
    Case("no-roots", "roots", 0, remove("roots/root.cer")),
    Case("root-unfit", "roots/member.cer", 0, copy_certificate("roots/member.cer")),
    Case("certificate-path", ME, 2, swap(ME, "central-1.cer", "../central-1.cer")),
    Case("no-certificate-file", ME, 2, remove("certificates/central-1.cer")),
    Case("private-key", ME, 2, certificate(key_file)),
    Case("private-key", ME, 2, certificate(bundle)),
    Case("several-certificates", ME, 2, certificate(two_persons)),
    Case("large-certificate", ME, 2, certificate(large)),
    Case("certificate-gost", ME, 2, certificate(gost)),
    Case("certificate-authority", ME, 2, certificate(lambda: hands().root)),
    Case("certificate-usage", ME, 2, certificate(unused)),
    Case("certificate-weak", ME, 2, certificate(weak)),
    Case("certificate-unfit", ME, 2, certificate(lambda: b"Dear commission, here is my certificate.")),
    Case("expired", ME, 2, times(day(2025), day(2026))),
    Case("not-yet-valid", ME, 2, times(day(2027, 3), day(2028))),
    Case("expires-early", ME, 2, times(day(2026), day(2027, 4, 9))),
    Case("stranger", ME, 2, certificate(lambda: AUTHORITY.certify("x", ec.generate_private_key(ec.SECP256R1())))),
    Case("doubled-certificate", ME, 3, copy_certificate("certificates/central-2.cer")),
    # key holders
    Case("address-form", HO, 10, swap(HO, "https://witness1.example", "witness1")),
    Case("no-address", HO, 10, swap(HO, "https://witness1.example", "")),
    Case("no-operator", HO, 0, swap_line(HO, 14, "")),
    Case("no-log", HO, 0, swap_line(HO, 15, "")),
    Case("two-operators", HO, 16, add_holder("operator")),
    Case("two-logs", HO, 16, add_holder("log")),
    Case("many-trustees", HO, 0, both(*(add_holder("trustee", n) for n in range(28)))),
    Case("threshold-of-one", E, 14, swap(E, "threshold = 3", "threshold = 1")),
    Case("large-threshold", E, 14, swap(E, "threshold = 3", "threshold = 6")),
    Case("least-trustees", E, 15, swap(E, "least_trustees = 4", "least_trustees = 2")),
    Case("many-mixes", E, 17, swap(E, "mixes = 2", "mixes = 4")),
    Case("doubled-id", HO, 3, swap(HO, "trustee-2", "trustee-1")),
    Case("card-form", "cards/mixer-1.card", 1, write_card("mixer-1", b"hello")),
    Case("card-form", "cards/mixer-1.card", 4, swap("cards/mixer-1.card", "mixer\n", "trustee\n")),
    Case("card-role", HO, 7, write_card("mixer-1", card("trustee", "mixer-1").encode())),
    Case("card-groups", HO, 2, write_card("trustee-1", card("trustee", "else").encode())),
    Case("groups-form", HO, 3, field(3, 4, "abcd-efgh", HO)),
    Case("doubled-key", HO, 10, write_card("witness-1", card("witness", "witness-1", b"trustee-2").encode())),
    Case("doubled-key", HO, 8, write_card("mixer-2", card("mixer", "mixer-1").encode())),
    Case("foreign-log", E, 11, swap(E, 'origin = "board.example', 'origin = "other.example')),
    Case("no-card", HO, 7, remove("cards/mixer-1.card")),
    # quorum and manifest
    Case("witness-quorum", E, 16, swap(E, "witnesses = 2", "witnesses = 4")),
    Case("unsafe-quorum", E, 16, swap(E, "witnesses = 2", "witnesses = 1")),
    Case("large-manifest", E, 0, swell),
    Case("large-witnesses", HO, 0, both(swap(E, "witnesses = 2", "witnesses = 12"), many_witnesses)),
    # the register
    Case("unknown-commission", RE, 3, swap(RE, "precinct-1;CODE1", "precinct-2;CODE1")),
    Case("code-form", RE, 3, swap(RE, "CODE1", "Code1")),
    Case("code-form", RE, 3, swap(RE, "CODE1", "ABC")),
    Case("unknown-style", RE, 3, field(3, 2, "paper")),
    Case("no-style", RE, 2, two_styles),
    Case("doubled-code", RE, 3, swap(RE, "CODE1", "CODE0")),
    Case("doubled-voter-key", RE, 3, same_key),
    Case("voter-key-form", RE, 3, field(3, 3, "abc")),
    Case("identity-key", RE, 3, field(3, 3, "A" * 43 + "=")),
    Case("no-point", RE, 3, field(3, 3, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")),
    Case("voter-groups", RE, 3, foreign_groups),
    Case("groups-form", RE, 3, field(3, 4, "abcd")),
]


def state(folder: Folder) -> dict[str, bytes]:
    """All files that the desk may have made."""
    places = [folder.path / "made", folder.tests, folder.docket]
    return {str(file): file.read_bytes() for place in places for file in place.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder that was prepared when nothing was wrong with it."""
    folder = build(tmp_path_factory.mktemp("good"))
    steps.prepare(folder, NOW)
    return folder


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind}-{number}" for number, case in enumerate(CASES)])
def test_a_mistake_is_named_with_file_and_line(good: Folder, tmp_path: Path, case: Case) -> None:
    folder = Folder(shutil.copytree(good.path, tmp_path / "village"))
    before = state(folder)
    assert before
    case.spoil(folder)
    _, stages = steps.prepare(folder, NOW)
    found = [mistake for stage in stages for mistake in stage.mistakes if mistake.kind != "test-certificate"]
    assert [(mistake.kind, mistake.file, mistake.line) for mistake in found] == [(case.kind, case.file, case.line)]
    sentences = {language: found[0].tell(language) for language in LANGUAGES}
    assert len(set(sentences.values())) == len(LANGUAGES)
    assert all(
        sentence.startswith(case.file) and "{" not in sentence.replace("\\u{", "") for sentence in sentences.values()
    )
    assert state(folder) == before


def test_every_mistake_has_a_case() -> None:
    told = {kind for gravity in ("mistake", "waiting") for kind in speak("en").names(gravity)}
    assert told - {case.kind for case in CASES} == ELSEWHERE


def test_the_languages_have_the_same_sentences_with_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for section in (
        "mistake",
        "waiting",
        "notice",
        "at",
        "steps",
        "states",
        "dates",
        "acts",
        "policy",
        "prepare",
        "rehearsal",
    ):
        english = speak("en").names(section)
        for language in LANGUAGES:
            names = speak(language).names(section)
            assert list(names) == list(english), (section, language)
            assert {key: values(text) for key, text in names.items()} == {k: values(t) for k, t in english.items()}
            assert all(text.strip() == text and text for text in names.values())


def test_a_sentence_says_file_line_and_what_to_do(tmp_path: Path) -> None:
    folder = build(tmp_path)
    times(day(2025), day(2026))(folder)
    _, stages = steps.prepare(folder, NOW)
    told = [stages[2].mistakes[0].tell(language) for language in ("ky", "ru", "en")]
    assert told == [
        "members.csv, 2-сап: central-1.cer мөөнөтү 01.01.2026 бүткөн; мүчөдөн жаңы сертификат сураңыз",
        "members.csv, строка 2: срок central-1.cer истёк 01.01.2026; запросите у члена комиссии новый сертификат",
        "members.csv, line 2: central-1.cer expired on 01.01.2026; ask the member for a new certificate",
    ]


def test_a_machine_without_time_zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(tmp_path)
    monkeypatch.setattr(election, "_zones", set)
    _, stages = steps.prepare(folder, NOW)
    [found] = [mistake for stage in stages for mistake in stage.mistakes]
    assert (found.kind, found.file, found.line) == ("no-zones", E, 0)
    assert all("pip install tzdata" in found.tell(language) for language in LANGUAGES)


def test_more_voters_than_an_election_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(tmp_path)
    monkeypatch.setattr(registers, "MOST_CREDENTIALS", VOTERS)
    assert not any(stage.mistakes for stage in steps.prepare(folder, NOW)[1])
    monkeypatch.setattr(registers, "MOST_CREDENTIALS", VOTERS - 1)
    shutil.rmtree(folder.made(""))
    _, stages = steps.prepare(folder, NOW)
    [found] = [mistake for stage in stages for mistake in stage.mistakes]
    assert (found.kind, found.file, found.line) == ("many-credentials", RE, 0)
    assert len({found.tell(language) for language in LANGUAGES}) == 3
    assert "more than 3 voters" in found.tell("en")
    assert not folder.made("manifest.json").exists()


def test_a_manifest_that_boards_refuse_for_what_no_other_mistake_names(tmp_path: Path) -> None:
    """The desk's own rules are stricter; should they ever miss something, the board's sentence is told and kept."""
    folder = build(tmp_path)
    work, _ = steps.prepare(folder, NOW)
    assert work.draft is not None
    assert work.seated is not None
    assert work.holders is not None
    assert work.manifest is not None
    parts = Parts(work.draft, work.manifest.contests, work.seated, work.holders, work.manifest.policy)
    assert compose_manifest(folder, parts, Mistakes()) == work.manifest
    found, bent = Mistakes(), work.draft._replace(least_trustees=2)
    assert compose_manifest(folder, parts._replace(draft=bent), found) is None
    [refused] = found
    assert (refused.kind, refused.file, refused.line) == ("manifest", E, 0)
    told = [refused.tell(language) for language in LANGUAGES]
    assert len(set(told)) == 3
    assert all("2" in sentence or "3" in sentence for sentence in told)


@pytest.mark.parametrize("form", ["pem", "p7b", "chain"])
def test_a_certificate_is_taken_in_the_forms_that_centres_hand_out(tmp_path: Path, form: str) -> None:
    folder = build(tmp_path)
    path = folder.certificates / "central-1.cer"
    own, root = (x509.load_der_x509_certificate(der) for der in (path.read_bytes(), hands().root))
    pem = own.public_bytes(Encoding.PEM)
    forms = {
        "pem": b"Bag Attributes\n" + pem,
        "p7b": pkcs7.serialize_certificates([root, own], Encoding.PEM),
        "chain": pem + root.public_bytes(Encoding.PEM),
    }
    path.write_bytes(forms[form])
    work, stages = steps.prepare(folder, NOW)
    assert not any(stage.mistakes for stage in stages)
    assert work.seated is not None
    assert work.seated.rosters[0].members[0].certificate == hands().certificates["central-1"]
