"""A member's key on a smart card or a USB token: it signs there, and what is in the way is told in a sentence."""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from contextlib import AbstractContextManager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from bulletin.office.asking import ask
from bulletin.office.docket import Filed, read_signed
from bulletin.office.folder import Folder
from bulletin.office.keyfile import OpenedKey
from bulletin.office.objection import Objection
from bulletin.office.people import Person
from bulletin.office.signatory import OpenRequest
from bulletin.office.signing import PrivateKey
from bulletin.office.steps import clock
from bulletin.office.web.counter import Counter
from tests.support.dockets import run, told
from tests.support.elections import AUTHORITY, Election
from tests.support.house import HOUSE
from verifier.commission.roster import Member, Roster, check_member
from verifier.desk.report.language import LANGUAGES
from verifier.election.shuffle import Skip
from verifier.place import NOWHERE

pkcs11 = pytest.importorskip("pkcs11", reason="tokens are asked by python-pkcs11, an extra")

from bulletin.office import token  # noqa: E402
from bulletin.office.token import TokenChoice, TokenKey, open_token  # noqa: E402
from tests.support import tokens as support  # noqa: E402
from tests.support.tokens import PIN, Tokens  # noqa: E402

pytestmark = pytest.mark.process
tokens = support.tokens
ELECTION = Election()
KEYS: dict[str, PrivateKey] = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "p-256": ec.generate_private_key(ec.SECP256R1()),
    "p-384": ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}
PEOPLE = {
    name: Person(Member(f"central-{number}", "member", AUTHORITY.certify(name, key)), key)
    for number, (name, key) in enumerate(KEYS.items(), 1)
}
ROSTER = Roster("central", tuple(person.member for person in PEOPLE.values()))


@pytest.fixture
def filed(tmp_path: Path) -> Filed:
    """A request to all four of them."""
    return ask(Folder(tmp_path / "desk"), Skip("mixer-1"), ELECTION.manifest, ROSTER)


def keep(tokens: Tokens, name: str, certificate: bytes | None = None, **called: Any) -> None:
    """This person's key on the token `card`, with the person's certificate or another."""
    person = PEOPLE[name]
    tokens.keep("card", person.key, certificate or person.member.certificate, **called)


def sign(filed: Filed, tokens: Tokens, *words: object, code: int = 0, pin: str = PIN, language: str = "en") -> str:
    line = ("sign", filed.path, "--token", "--library", tokens.library, "--yes", "--lang", language, *words)
    return told(run(*line, input=f"{pin}\n"), code)


def refused(kind: str, choice: TokenChoice, pin: str = PIN) -> Objection:
    """Why no key was opened; in three languages."""
    with pytest.raises(Objection) as raised, open_token(choice, lambda _: True, lambda *_: pin):
        pass
    assert raised.value.kind == kind
    said = {raised.value.tell(language) for language in LANGUAGES}
    assert len(said) == 3
    assert all("\n" not in sentence for sentence in said)
    return raised.value


@pytest.mark.parametrize("name", KEYS)
def test_a_key_of_each_kind_signs_what_the_board_takes(filed: Filed, tokens: Tokens, name: str) -> None:
    tokens.plug("card")
    keep(tokens, name)
    said = sign(filed, tokens)
    assert "SKIP" in said
    assert PIN not in said
    member = PEOPLE[name].member.id
    signed = read_signed(filed.signed(member))
    assert signed.member == member
    check_member(ROSTER, ELECTION.digest, signed, NOWHERE)
    assert "Signed before" in sign(filed, tokens)


def test_the_card_may_know_only_the_bare_pss(filed: Filed, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.plug("card")
    keep(tokens, "rsa")
    ways: list[object] = []
    ask_token = TokenKey._ask

    def note(key: TokenKey, *given: Any) -> bytes:
        ways.append(given[2])
        return ask_token(key, *given)

    monkeypatch.setattr(token, "_mechanisms", lambda _: {pkcs11.Mechanism.RSA_PKCS_PSS})
    monkeypatch.setattr(TokenKey, "_ask", note)
    sign(filed, tokens)
    assert ways == [pkcs11.Mechanism.RSA_PKCS_PSS]
    check_member(ROSTER, ELECTION.digest, read_signed(filed.signed("central-1")), NOWHERE)


def test_of_several_keys_the_one_that_is_asked_signs(filed: Filed, tokens: Tokens) -> None:
    tokens.plug("card")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens.keep("card", other, AUTHORITY.certify("login", other), "login", 7)
    keep(tokens, "p-256", id=8)
    sign(filed, tokens)
    assert filed.signed("central-2").exists()
    keep(tokens, "rsa", label="Второй", id=9)
    assert "mine / 08, Второй / 09. Name yours with --token-key" in sign(filed, tokens, code=1)
    sign(filed, tokens, "--token-key", "второй")
    assert filed.signed("central-1").exists()
    assert "Signed before" in sign(filed, tokens, "--token-key", "08")
    assert "no key of the name or id “0a”" in sign(filed, tokens, "--token-key", "0a", code=1)
    assert "central-1, central-2" in sign(filed, tokens, "--token-key", "login", code=1)


def test_of_several_tokens_the_one_that_is_named_signs(filed: Filed, tokens: Tokens) -> None:
    assert "sees no token" in sign(filed, tokens, code=1)
    for label in ("card", "ЭЦП"):
        tokens.plug(label)
    tokens.keep("ЭЦП", KEYS["rsa"], PEOPLE["rsa"].member.certificate)
    said = sign(filed, tokens, code=1)
    assert all(label in said for label in ("“card”", "“ЭЦП”", "--token-label"))
    assert "no token “other”" in sign(filed, tokens, "--token-label", "other", code=1)
    sign(filed, tokens, "--token-label", "ЭЦП")
    assert filed.signed("central-1").exists()


def test_the_certificate_may_be_a_file(filed: Filed, tokens: Tokens, tmp_path: Path) -> None:
    tokens.plug("card")
    tokens.keep("card", KEYS["p-384"], None)
    assert "--certificate" in sign(filed, tokens, code=1)
    own, foreign, none = tmp_path / "own.cer", tmp_path / "foreign.cer", tmp_path / "none.cer"
    own.write_bytes(PEOPLE["p-384"].member.certificate)
    foreign.write_bytes(PEOPLE["rsa"].member.certificate)
    none.write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM) * 2)
    assert "none.cer does not hold one member's certificate" in sign(filed, tokens, "--certificate", none, code=1)
    assert "the certificate is not that of the key" in sign(filed, tokens, "--certificate", foreign, code=1)
    assert not list(filed.path.parent.glob("*.signed"))
    sign(filed, tokens, "--certificate", own)
    assert filed.signed("central-3").exists()


def test_a_signature_that_the_certificate_does_not_verify_is_thrown_away(filed: Filed, tokens: Tokens) -> None:
    tokens.plug("card")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens.keep("card", other, PEOPLE["rsa"].member.certificate)
    assert "the certificate is not that of the key" in sign(filed, tokens, code=1)
    assert not list(filed.path.parent.glob("*.signed"))


def test_nobody_who_is_asked_has_the_key(filed: Filed, tokens: Tokens) -> None:
    tokens.plug("card")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens.keep("card", key, AUTHORITY.certify("stranger", key))
    assert "this key is of nobody who is asked" in sign(filed, tokens, code=1)


def test_a_token_without_a_key(tokens: Tokens) -> None:
    tokens.plug("card")
    refused("token-no-key", TokenChoice(tokens.library))


def test_a_key_of_gost_and_a_certificate_that_is_not_taken(tokens: Tokens) -> None:
    vectors = json.loads((HOUSE / "specs/vectors/certificates.json").read_text())["rejected"]
    of_gost = next(b64decode(v["certificate"]) for v in vectors if v["reason"] == "gost" and v["role"] == "member")
    tokens.plug("card")
    keep(tokens, "p-256", of_gost)
    assert "RSA or ECDSA" in refused("token-gost", TokenChoice(tokens.library)).tell("en")
    tokens.plug("second")
    tokens.keep("second", KEYS["rsa"], AUTHORITY.der)
    assert "authority" in refused("token-unfit", TokenChoice(tokens.library, "second")).tell("en")


def test_a_wrong_pin_is_tried_once_and_told(filed: Filed, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.plug("card")
    keep(tokens, "rsa")
    held = pkcs11.lib(str(tokens.library)).get_token(token_label="card")
    tried: list[object] = []
    monkeypatch.setattr(pkcs11, "lib", lambda _: Watched(held, tried))
    for language, word in (("en", "wrong"), ("ru", "неверный"), ("ky", "туура эмес")):
        tried.clear()
        assert word in sign(filed, tokens, code=1, pin="1111", language=language)
        assert tried == ["1111"]
    assert "wrong" in sign(filed, tokens, code=1, pin="1" * 300)
    tried.clear()
    assert "no PIN was typed" in sign(filed, tokens, code=1, pin="")
    assert tried == []
    assert not list(filed.path.parent.glob("*.signed"))


class Watched:
    """A library with one token, which writes down the PINs that are tried and says of itself what it is told to."""

    def __init__(
        self, token: Any, tried: list[object], flags: Any = None, error: type[Exception] | None = None
    ) -> None:
        self._token, self._tried, self._flags, self._error = token, tried, flags, error
        self.label, self.slot = token.label, self

    @property
    def flags(self) -> Any:
        said = self._token.flags
        return said | self._flags[min(len(self._tried), len(self._flags) - 1)] if self._flags else said

    def get_slots(self, *, token_present: bool) -> list[Watched]:
        assert token_present
        return [self]

    def get_token(self) -> Watched:
        return self

    def open(self, user_pin: str) -> Any:
        self._tried.append(user_pin)
        if self._error:
            raise self._error
        return self._token.open(user_pin=user_pin)


@pytest.mark.parametrize(
    ("before", "after", "error", "kind"),
    [
        ("", "USER_PIN_FINAL_TRY", "PinIncorrect", "token-last-try"),
        ("USER_PIN_FINAL_TRY", "USER_PIN_LOCKED", "PinIncorrect", "token-locked"),
        ("", "", "PinLocked", "token-locked"),
        ("", "", "UserPinNotInitialized", "token-unset"),
        ("", "", "PinExpired", "token-pin-expired"),
        ("", "", "DeviceRemoved", "token-gone"),
        ("", "", "DeviceError", "token-failed"),
    ],
)
def test_what_a_token_says_of_itself_is_told(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch, before: str, after: str, error: str, kind: str
) -> None:
    tokens.plug("card")
    held, tried = pkcs11.lib(str(tokens.library)).get_token(token_label="card"), list[object]()
    flags = [pkcs11.TokenFlag[name] if name else pkcs11.TokenFlag(0) for name in (before, after)]
    monkeypatch.setattr(pkcs11, "lib", lambda _: Watched(held, tried, flags, getattr(pkcs11, error)))
    refused(kind, TokenChoice(tokens.library))
    assert tried == [PIN]


def test_a_locked_token_is_asked_for_nothing(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.plug("card")
    held, tried = pkcs11.lib(str(tokens.library)).get_token(token_label="card"), list[object]()
    locked = Watched(held, tried, [pkcs11.TokenFlag.USER_PIN_LOCKED])
    monkeypatch.setattr(pkcs11, "lib", lambda _: locked)
    refused("token-locked", TokenChoice(tokens.library))
    assert tried == []


def test_before_the_last_try_it_is_said(filed: Filed, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.plug("card")
    keep(tokens, "rsa")
    held = pkcs11.lib(str(tokens.library)).get_token(token_label="card")
    monkeypatch.setattr(pkcs11, "lib", lambda _: Watched(held, [], [pkcs11.TokenFlag.USER_PIN_FINAL_TRY]))
    assert "one more wrong PIN locks this token" in sign(filed, tokens)


def test_a_reader_with_keys_of_its_own_asks_for_the_pin(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.plug("card")
    held, tried = pkcs11.lib(str(tokens.library)).get_token(token_label="card"), list[object]()
    flags = [pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH]
    monkeypatch.setattr(pkcs11, "lib", lambda _: Watched(held, tried, flags, pkcs11.FunctionCancelled))
    refused("token-failed", TokenChoice(tokens.library))
    assert tried == [pkcs11.PROTECTED_AUTH]


@pytest.mark.parametrize("file", ["none.so", "text.so", "libc.so.6"])
def test_a_library_that_is_none(tmp_path: Path, file: str) -> None:
    (tmp_path / "text.so").write_text("no library")
    path = Path(file) if file.startswith("libc") else tmp_path / file
    assert "--library" in refused("token-library", TokenChoice(path)).tell("ky")


def test_a_system_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "LIBRARIES", ("/nowhere/*.so",))
    assert "sudo apt install opensc" in refused("token-no-library", TokenChoice()).tell("en")


def test_the_library_of_the_system_is_taken_unless_told(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token, "LIBRARIES", ("/nowhere/*.so", f"{tokens.library.parent}/lib*softhsm2.so"))
    assert str(tokens.library) in refused("token-none", TokenChoice()).tell("en")


def test_a_page_asks_for_the_pin(filed: Filed, tokens: Tokens) -> None:
    tokens.plug("card")
    keep(tokens, "p-384")
    paper = OpenRequest.read(filed.path)
    choice, asked = TokenChoice(tokens.library), paper.request.member

    def open_on_page(pin: str) -> AbstractContextManager[OpenedKey]:
        return open_token(choice, lambda spki: asked(spki) is not None, lambda *_: pin)

    counter, links = Counter(paper, None, str, clock, "en", open_on_page), Queue[str]()
    serving = Thread(target=counter.serve, args=(links.put,))
    serving.start()
    member = requests.Session()
    try:
        member.get(links.get(timeout=30), timeout=10)
        member.headers["Origin"] = counter.door.origin
        answers = []
        for pin in ("", "1111", PIN):
            form = {"form": counter.door.form, "read": "yes", "pin": pin}
            answers.append(member.post(f"{counter.door.origin}/en/", form, timeout=30))
    finally:
        counter.door.ended.set()
        serving.join(20)
    assert [answer.status_code for answer in answers] == [422, 422, 200]
    assert "nothing was tried" in answers[0].text
    assert "It was not tried again" in answers[1].text
    check_member(ROSTER, ELECTION.digest, read_signed(filed.signed("central-3")), NOWHERE)


def test_without_the_extra_it_is_said_what_to_install(filed: Filed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "bulletin.office.token")
    monkeypatch.delattr("bulletin.office.token")
    said = told(run("sign", filed.path, "--token", "--lang", "en"), 1)
    assert said == "keys on tokens need pkcs11, which is not installed: pip install 'aikyn[token]'\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--token", "--key", __file__), "either --key, or --token or --web"),
        ((), "either --key, or --token or --web"),
        (("--token-label", "card", "--key", __file__), "give --token, too"),
        (("--token", "--password-file", __file__), "a PIN is typed"),
    ],
)
def test_options_that_do_not_go_together(filed: Filed, words: tuple[str, ...], said: str) -> None:
    assert said in told(run("sign", filed.path, *words), 2)
