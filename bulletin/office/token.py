"""A member's key on a smart card or a USB token, through the system's PKCS#11 library (specs/desk.md §2.7).

The key never leaves the token. A wrong PIN is told and not tried again: after a few the token locks itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error, TokenFlag

from bulletin.office.certificates import find_persons, read_blocks
from bulletin.office.keyfile import OpenedKey
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from verifier.commission.certificate import Certificate, PublicKey, Unfit, decode_member, verify_member

LIBRARIES = (  # p11-kit knows every library that a Linux system has; OpenSC most cards
    "/usr/lib/*/p11-kit-proxy.so",
    "/usr/lib*/p11-kit-proxy.so",
    "/usr/lib/*/opensc-pkcs11.so",
    "/usr/lib*/opensc-pkcs11.so",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
    "/opt/homebrew/lib/opensc-pkcs11.so",
    "C:/Program Files/OpenSC Project/OpenSC/pkcs11/opensc-pkcs11.dll",
)
PSS = (Mechanism.SHA256, pkcs11.MGF.SHA256, 32)
WRONG = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
KINDS: dict[type[PKCS11Error], str] = {
    pkcs11.PinLocked: "token-locked",
    pkcs11.UserPinNotInitialized: "token-unset",
    pkcs11.PinExpired: "token-pin-expired",
    pkcs11.DeviceRemoved: "token-gone",
    pkcs11.TokenNotPresent: "token-gone",
    pkcs11.SessionHandleInvalid: "token-gone",
}
V = TypeVar("V", bytes, str, int)
AskPin = Callable[[str, bool], str]  # of the token with this label; whether one more wrong PIN would lock it


class TokenChoice(NamedTuple):
    """Which token, and which key on it by label or hexadecimal id; what is not told is looked for."""

    library: Path | None = None
    token: str = ""
    key: str = ""
    certificate: Path | None = None


class TokenKey:
    """A private key on a token: `key` signs there, `public` is its certificate's."""

    def __init__(self, key: pkcs11.PrivateKey, public: PublicKey, label: str, pin: str | None) -> None:
        self._key, self._public, self._label = key, public, label
        self._pin = pin if _read(key, Attribute.ALWAYS_AUTHENTICATE, int) else None

    def public_key(self) -> PublicKey:
        """The key of the certificate."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """As `specs/certificates.md` §7 has it; a signature that the certificate does not verify is never given."""
        with _explaining(self._key.session.token):
            signature = self._sign(message)
        try:
            verify_member(self._public, signature, message)
        except InvalidSignature as error:
            raise Objection("token-other-key", token=self._label) from error
        return signature

    def _sign(self, message: bytes) -> bytes:
        digest = sha256(message).digest()
        match self._public:
            case rsa.RSAPublicKey():
                if Mechanism.SHA256_RSA_PKCS_PSS in _mechanisms(self._key):
                    return self._ask("RSA-PSS", message, Mechanism.SHA256_RSA_PKCS_PSS, PSS)
                return self._ask("RSA-PSS", digest, Mechanism.RSA_PKCS_PSS, PSS)
            case ec.EllipticCurvePublicKey():
                raw = self._ask("ECDSA", digest, Mechanism.ECDSA)
                half = len(raw) // 2
                return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
            case _:
                return self._ask("Ed25519", message, Mechanism.EDDSA)

    def _ask(self, way: str, data: bytes, mechanism: Mechanism, parameter: object = None) -> bytes:
        if not isinstance(self._key, pkcs11.SignMixin):
            raise Objection("token-mechanism", token=self._label, way=way)
        try:
            return bytes(self._key.sign(data, mechanism=mechanism, mechanism_param=parameter, pin=self._pin))
        except (pkcs11.MechanismInvalid, pkcs11.MechanismParamInvalid) as error:
            raise Objection("token-mechanism", token=self._label, way=way) from error


@contextmanager
def open_token(choice: TokenChoice, is_asked: Callable[[bytes], bool], ask_pin: AskPin) -> Iterator[OpenedKey]:
    """The key that the choice leaves, and of several the one with whose SubjectPublicKeyInfo `is_asked` agrees.

    It signs as long as the context lasts. `Objection` says what is in the way.
    """
    token = find_token(choice)
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        raise Objection("token-locked", token=token.label)
    by_itself = bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)  # a reader with keys of its own
    pin = None if by_itself else ask_pin(token.label, bool(token.flags & TokenFlag.USER_PIN_FINAL_TRY))
    if pin == "":  # some tokens would count it
        raise Objection("token-no-pin")
    with _explaining(token):
        session = token.open(user_pin=pkcs11.PROTECTED_AUTH if pin is None else pin)
    with session:
        with _explaining(token):
            key, certificate = _choose(_pair(session, token.label, choice), is_asked, token.label)
        yield OpenedKey(TokenKey(key, certificate.key, token.label, pin), (certificate.der,))


def find_token(choice: TokenChoice) -> pkcs11.Token:
    """The one token that is there, or the one with the label."""
    library = choice.library or _find_library()
    try:
        slots = pkcs11.lib(str(library)).get_slots(token_present=True)
    except (PKCS11Error, AttributeError) as error:
        raise Objection("token-library", file=str(library), reason=_name(error)) from error
    tokens = []
    for slot in slots:
        with suppress(PKCS11Error):  # a card of another kind, or one that nobody has set up
            tokens.append(slot.get_token())
    tokens = [token for token in tokens if token.flags & TokenFlag.TOKEN_INITIALIZED]
    chosen = [token for token in tokens if choice.token in {"", token.label}]
    labels = ", ".join(f"“{token.label}”" for token in chosen or tokens)
    if not tokens:
        raise Objection("token-none", file=str(library))
    if not chosen:
        raise Objection("token-unknown", token=choice.token, labels=labels)
    if len(chosen) > 1:
        raise Objection("token-several", labels=labels)
    return chosen[0]


def _find_library() -> Path:
    found = next((path for pattern in LIBRARIES for path in sorted(glob(pattern))), None)  # noqa: PTH207  from the root
    if found is None:
        raise Objection("token-no-library")
    return Path(found)


def _pair(session: pkcs11.Session, label: str, choice: TokenChoice) -> list[tuple[pkcs11.PrivateKey, bytes | None]]:
    """The keys that are chosen, each with its certificate in DER: they have the same id."""
    keys = [
        key
        for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        if isinstance(key, pkcs11.PrivateKey) and _is_called(key, choice.key)
    ]
    if not keys:
        raise Objection("token-no-such-key" if choice.key else "token-no-key", token=label, name=choice.key)
    if choice.certificate:
        if len(keys) > 1:
            raise _several(keys, label)
        return [(keys[0], _read_certificate(choice.certificate))]
    certificates = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    held = {_read(each, Attribute.ID, bytes): _read(each, Attribute.VALUE, bytes) for each in certificates}
    if len(keys) == len(certificates) == 1:
        return [(keys[0], next(iter(held.values())))]
    return [(key, held.get(_read(key, Attribute.ID, bytes))) for key in keys]


def _choose(
    pairs: Sequence[tuple[pkcs11.PrivateKey, bytes | None]], is_asked: Callable[[bytes], bool], label: str
) -> tuple[pkcs11.PrivateKey, Certificate]:
    """The key that is asked to sign; if none is, any that could be, so that it is told who is asked."""
    fit, unfit = [], []
    for key, der in pairs:
        try:
            if der is not None:
                fit.append((key, decode_member(der)))
        except Unfit as error:
            unfit.append(error)
    asked = [(key, certificate) for key, certificate in fit if is_asked(certificate.spki)]
    if len(asked) > 1:
        raise _several([key for key, _ in asked], label)
    if fit:
        key, certificate = (asked or fit)[0]
        if _read(key, Attribute.KEY_TYPE, int) != _type(certificate.key):
            raise Objection("token-other-key", token=label)
        return key, certificate
    if not unfit:
        raise Objection("token-no-certificate", token=label)
    if any(error.reason == "gost" for error in unfit):
        raise Objection("token-gost", token=label)
    raise Objection("token-unfit", token=label, reason=unfit[0].said)


def _type(public: PublicKey) -> KeyType:
    match public:
        case rsa.RSAPublicKey():
            return KeyType.RSA
        case ec.EllipticCurvePublicKey():
            return KeyType.EC
        case _:
            return KeyType.EC_EDWARDS


def _mechanisms(key: pkcs11.PrivateKey) -> set[Mechanism]:
    return key.session.token.slot.get_mechanisms()


def _several(keys: Sequence[pkcs11.PrivateKey], label: str) -> Objection:
    return Objection("token-several-keys", token=label, keys=", ".join(sorted(" / ".join(_names(key)) for key in keys)))


def _names(key: pkcs11.PrivateKey) -> list[str]:
    """What a key is called: its label, and its id in hexadecimal."""
    return [name for name in (_read(key, Attribute.LABEL, str), _read(key, Attribute.ID, bytes).hex()) if name]


def _is_called(key: pkcs11.PrivateKey, name: str) -> bool:
    return not name or name.casefold() in [each.casefold() for each in _names(key)]


def _read(held: pkcs11.Object, attribute: Attribute, kind: type[V]) -> V:
    """What the token says of an object; nothing where it does not say it."""
    with suppress(PKCS11Error, ValueError):
        return kind(held[attribute])
    return kind()


def _read_certificate(path: Path) -> bytes:
    persons = find_persons(read_blocks(path, path.name, 0, Mistakes()))
    if len(persons) != 1:
        raise Objection("token-certificate", file=path.name)
    return persons[0]


@contextmanager
def _explaining(token: pkcs11.Token) -> Iterator[None]:
    """What the token says is told in a sentence, with what it says of the tries that are left."""
    try:
        yield
    except WRONG as error:
        flags = token.slot.get_token().flags
        locked, last = flags & TokenFlag.USER_PIN_LOCKED, flags & TokenFlag.USER_PIN_FINAL_TRY
        kind = "token-locked" if locked else "token-last-try" if last else "token-wrong-pin"
        raise Objection(kind, token=token.label) from error
    except PKCS11Error as error:
        kind = KINDS.get(type(error), "token-failed")
        raise Objection(kind, token=token.label, reason=_name(error)) from error


def _name(error: Exception) -> str:
    return str(error) or type(error).__name__
