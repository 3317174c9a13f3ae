"""Every command in every language (F8, F9), and what the long ones say while they work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from flask import Response, request

from tests.corpus.twin import Liar, honest, phases
from tests.support.copies import publish
from tests.support.desk import UNWITNESSED, Desk, branch, files
from tests.support.receipts import promise, voted
from tests.support.serving import answering
from verifier.client import tracking
from verifier.desk.commands import visitor
from verifier.desk.commands.main import main
from verifier.desk.report.catalogue import CATALOGUE
from verifier.desk.report.clauses import explain
from verifier.desk.report.language import LANGUAGES, words
from verifier.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from verifier.desk.report.language import Language

OTHERS: tuple[Language, ...] = ("ky", "ru")
# What stays as it is in all languages: names, codes, paths, kinds of arguments.
NEUTRAL = re.compile(
    r"aikyn-verify \w+|--[\w-]+|\S*[/.=]\S*|\[[^]]*\]|\b[A-Z]{3}\b(\.\d+)?|\b[0-9a-fA-F]{6,}\b|\b[A-Z2-7]{20,}\b|zip"
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def english(said: str) -> list[str]:
    """Words of the Latin alphabet that are no names."""
    return re.findall(r"[A-Za-z]{3,}", NEUTRAL.sub(" ", said))


def test_every_command_takes_a_language() -> None:
    """F8: every command takes a language."""
    for name, command in main.commands.items():
        assert "--lang" in {option for parameter in command.params for option in parameter.opts}, name


@pytest.mark.parametrize("language", OTHERS)
def test_checks_are_listed_in_the_language(language: Language) -> None:
    """F8: checks are listed in the language."""
    done = CliRunner().invoke(main, ["checks", "--lang", language])
    assert done.exit_code == 0
    assert all(explain(clause.id, language).text in done.stdout for clause in CATALOGUE)
    assert not english(re.sub(r"\([a-z]+[^)]*\)", "", done.stdout))


@pytest.mark.slow
def test_each_command_speaks_the_language(desk: Desk) -> None:
    """F8: each command speaks the language."""
    whole, part = desk.copy(files(honest())), desk.copy(publish(honest().records[:40], honest().blobs), "part")
    index, record = voted(honest())[-1]
    (desk.place / "mine").write_bytes(promise(honest().records, index))
    code = tracking.encode(record.sealed.tracker(honest().digest))
    lines = {
        "receipt": (str(desk.place / "mine"), "--board", whole),
        "challenge": (whole, "--tracker", code),
        "trace": (whole, "0"),
        "diff": (part, whole),
    }
    for name, line in lines.items():
        said = {
            language: (done := desk.ask(name, *line, "--lang", language)).stdout + done.stderr for language in LANGUAGES
        }
        assert len(set(said.values())) == len(LANGUAGES), name
        for language in OTHERS:
            shown = said[language].replace(str(desk.place), "").replace("amlet", "").replace("Option", "")
            assert set(english(shown)) <= {"mine"}, (name, shown)


def test_what_ends_a_command_is_said_in_the_language(desk: Desk) -> None:
    """F8: what ends a command is said in the language."""
    whole, other = desk.copy(files(honest())), desk.copy(files(branch()), "other")
    said = {language: desk.ask("diff", whole, other, "--lang", language).stderr for language in LANGUAGES}
    assert re.search(r"^REJECTED: BRD.3 A and B, the latest checkpoint: ", said["en"], re.MULTILINE)
    assert re.search(r"^ЧЕТКЕ КАГЫЛДЫ: BRD.3 A жана B, акыркы текшерүү чекити: ", said["ky"], re.MULTILINE)
    assert re.search(r"^ОТВЕРГНУТО: BRD.3 A и B, последняя контрольная точка: ", said["ru"], re.MULTILINE)
    for language in OTHERS:
        missing = desk.ask("trace", str(desk.place / "nowhere"), "0", "--lang", language)
        assert missing.exit_code == 2
        assert not english(missing.stderr.replace(str(desk.place), "")), missing.stderr
    desk.trust(UNWITNESSED)
    (desk.place / "mine").write_bytes(promise(honest().records, 30))
    assert words("ky")["receipts.quorum"] in desk.ask("receipt", str(desk.place / "mine"), "--lang", "ky").stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_asked_wrongly_is_said_in_the_language(desk: Desk, language: Language) -> None:
    """F8: what was asked wrongly is said in the language."""
    w, board = words(language), desk.copy(files(honest()))
    for line, key in (
        (("--keep", "kept"), "asked.keep"),
        (("--watch", "5"), "asked.watch"),
        (("--only", "MIX", "--resume", "mine"), "asked.only"),
    ):
        done = desk.ask("election", board, *line, "--lang", language)
        assert (done.exit_code, w[key] in done.stderr) == (2, True)
    done = CliRunner().invoke(main, ["explain", "mixed", "--lang", language])
    assert (done.exit_code, "MIXED" in done.stderr) == (2, True)


@pytest.mark.process
def test_damage_names_the_command_that_fetches_the_file_again_and_it_does(desk: Desk) -> None:
    """F8: damage names the command that fetches the file again and it does."""
    whole = files(honest())
    bent = next(name for name in whole if name.startswith("tile/0"))
    copy = desk.place / "copy"
    desk.copy({**whole, bent: bytes([whole[bent][0] ^ 1]) + whole[bent][1:]})
    done = desk.ask("election", str(copy))
    assert done.exit_code == 2
    assert bent in done.stdout.splitlines()[1]
    assert "delete it from the copy, then run aikyn-verify election URL_OF_THE_BOARD" in done.stdout.replace("\n", " ")
    (copy / bent).unlink()
    with answering(serving(whole)) as board:
        assert desk.ask("election", board.url, "--keep", str(copy)).exit_code == 0
    assert (copy / bent).read_bytes() == whole[bent]
    assert desk.ask("election", str(copy)).exit_code == 0


def serving(held: Mapping[str, bytes]):  # type: ignore[no-untyped-def]  # noqa: ANN201  a view of Flask's
    return lambda: Response(
        held.get(request.path.removeprefix("/"), b""), 200 if request.path.removeprefix("/") in held else 404
    )


@pytest.mark.process
def test_a_url_may_be_resumed_without_a_kept_copy(desk: Desk) -> None:
    """F8: a url may be resumed without a kept copy."""
    mine = desk.place / "mine"
    with answering(serving(files(honest()))) as board:
        for _ in range(2):
            done = desk.ask("election", board.url, "--resume", str(mine))
            assert (done.exit_code, done.stdout.startswith("ACCEPTED")) == (0, True), done.output
            assert "not passed" not in done.output
            assert mine.exists()


@pytest.mark.process
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_watch_says_what_it_does(desk: Desk, monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    """F8: a watch says what it does."""
    looks = iter([None, None])

    def sleep(_: int) -> None:
        if next(looks, "end") == "end":
            raise KeyboardInterrupt

    monkeypatch.setattr(visitor, "sleep", sleep)
    with answering(serving(files(honest()))) as board:
        done = desk.ask("election", board.url, "--keep", str(desk.place / "kept"), "--watch", "7", "--lang", language)
    assert done.exit_code == 0
    w = words(language)
    assert w.say("watch.every", seconds=7) in done.stderr
    same = re.escape(w.say("watch.same", time="TIME", records=len(honest().records))).replace("TIME", r"\d\d:\d\d:\d\d")
    assert len(re.findall(same, done.stderr)) == 2


def test_an_open_board_is_watched_as_accepted_so_far(desk: Desk) -> None:
    voting = Liar(honest(), phases()["voting"])
    assert desk.ask("election", desk.copy(files(voting))).stdout.startswith("ACCEPTED SO FAR · voting is open\n")


# Tracking codes.


def test_a_tracking_code_has_one_form_and_both_are_read(desk: Desk) -> None:
    """F9: a tracking code has one form and both are read."""
    board = desk.copy(files(honest()))
    index, record = voted(honest())[-1]
    tracker = record.sealed.tracker(honest().digest)
    code = tracking.encode(tracker)
    assert re.fullmatch("[A-Z2-7]{26}", code)
    (desk.place / "mine").write_bytes(promise(honest().records, index))
    assert f"tracking code {code}\n" in desk.ask("receipt", str(desk.place / "mine"), "--board", board).stdout
    for typed in (code, code.lower(), code[:9], f"{code[:13]} {code[13:]}", tracker.hex(), tracker.hex()[:18].upper()):
        done = desk.ask("challenge", board, "--tracker", typed)
        assert (done.exit_code, f"tracking code {code}" in done.stdout) == (0, True), typed
    wrong = desk.ask("challenge", board, "--tracker", "not a code!", "--lang", "ru")
    assert (wrong.exit_code, "код отслеживания — 26 букв и цифр" in wrong.stderr) == (2, True)


def test_what_base32_lacks_is_read_as_what_it_is_taken_for() -> None:
    """F9: what base32 lacks is read as what it is taken for."""
    tracker = bytes.fromhex("00" * 32)
    assert tracking.encode(tracker) == "A" * 26
    made = next(bytes([n]) * 32 for n in range(256) if {"O", "I"} & set(tracking.encode(bytes([n]) * 32)))
    code = tracking.encode(made)
    assert tracking.read(code.translate(str.maketrans("OIBP", "0189"))).fits(made)
    assert not tracking.read(code).fits(tracker)
    with pytest.raises(Malformed, match="26 letters"):
        tracking.read("ö")
