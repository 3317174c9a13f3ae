"""`python -m tests.vectors.certificates` makes `specs/vectors/certificates.json`, the same each time.

Accepted certificates, and twins of them that are refused for one change; `tests/reference/certificates.py` judges each
as it is added.
"""

from __future__ import annotations

import json
from base64 import b64encode

from tests.reference import certificates as reference
from tests.support.house import VECTORS
from tests.vectors import strangers, twins
from tests.vectors.authorities import (
    AUTHORITY,
    BASIC,
    BELOW,
    CERTIFIES,
    ED,
    ED_ROOT,
    MEMBER,
    NO_AUTHORITY,
    P384,
    P384_ROOT,
    ROOT,
    RSA,
    RSA_ROOT,
    SIGNS,
    STRANGER,
    TRUE,
    UNKNOWN,
    USAGE,
    attribute,
    authority,
    bits,
    by_ecdsa,
    by_edwards,
    by_pkcs1,
    by_pss,
    by_root,
    extension,
    extensions,
    generalized,
    integer,
    issue,
    named,
    of_size,
    oid,
    rsa_spki,
    seq,
    spki,
    tlv,
    utc,
)
from tests.vectors.files import File
from tests.vectors.strangers import P256_MEMBER


class Certificates:
    """The file in the making."""

    def __init__(self) -> None:
        self.anchors: dict[str, File] = {}
        self.members: dict[str, File] = {}
        self.rejected: list[File] = []
        self.signatures: list[File] = []

    def anchor(self, name: str, certificate: bytes) -> None:
        says = reference.says(reference.read_anchor(certificate))
        self.anchors[name] = {"name": name, "certificate": shown(certificate), "says": says}

    def member(self, name: str, by: str, certificate: bytes) -> None:
        says = reference.says(reference.read_member(certificate))
        assert reference.issued(certificate, [self.raw(by)]), name
        self.members[name] = {"name": name, "by": by, "certificate": shown(certificate), "says": says}

    def reject(self, of: str, name: str, reason: str, certificate: bytes) -> None:
        role = "anchor" if of in self.anchors else "member"
        found = reference.refusal(certificate, role, [self.raw(anchor) for anchor in self.anchors])
        assert found == reason, (of, name, reason, found)
        self.rejected.append(
            {"of": of, "role": role, "name": name, "certificate": shown(certificate), "reason": reason}
        )

    def sign(self, by: str, name: str, message: bytes, signature: bytes, result: str) -> None:
        found = "accepted" if reference.signed(self.raw(by), message, signature) else "rejected"
        assert found == result, (by, name)
        self.signatures.append(
            {"by": by, "name": name, "message": message.hex(), "signature": signature.hex(), "result": result}
        )

    def raw(self, name: str) -> bytes:
        return reference.unbase64(({**self.anchors, **self.members})[name]["certificate"])

    def file(self) -> File:
        return {
            "spec": "certificates.md",
            "anchors": list(self.anchors.values()),
            "members": list(self.members.values()),
            "rejected": self.rejected,
            "signatures": self.signatures,
        }


def shown(certificate: bytes) -> str:
    return b64encode(certificate).decode()


# --- Accepted ---


def accept_anchors(file: Certificates) -> None:
    root = by_ecdsa(ROOT)
    file.anchor("a root on P-256", authority(root, ROOT))
    file.anchor("a root on P-384", authority(by_ecdsa(P384_ROOT, "SHA-384"), P384_ROOT, "Root 384"))
    file.anchor("a root with RSA", authority(by_pkcs1(RSA_ROOT), RSA_ROOT, "RSA Root"))
    file.anchor("a root with Ed25519", authority(by_edwards(ED_ROOT), ED_ROOT, "Ed25519 Root"))
    below = extensions(extension(BASIC, seq(TRUE, integer(0)), TRUE), CERTIFIES)
    file.anchor("a subordinate", authority(by_ecdsa(STRANGER), BELOW, "Below", issuer=named("Above"), extensions=below))
    file.anchor("a root whose own signature is with SHA-1", authority(by_ecdsa(ROOT, "SHA-1"), ROOT))
    file.anchor("a root whose own signature is false", authority(root, ROOT, string=bits(b"false")))
    file.anchor("a root without a key usage", authority(root, ROOT, extensions=extensions(AUTHORITY)))
    lax = extensions(extension(BASIC, seq(TRUE, integer(300))), extension(USAGE, bits(b"\x86", 1)))
    file.anchor("a root whose extensions are not critical", authority(root, ROOT, extensions=lax))
    gone = seq(utc("010101000000Z"), utc("020101000000Z"))
    file.anchor("a root that has expired", authority(root, ROOT, validity=gone))


def accept_members(file: Certificates) -> None:
    root, parts = "a root on P-256", {"key": spki(MEMBER)}
    file.member("a key on P-256", root, by_root())
    file.member("a key on P-384", root, by_root(key=spki(P384)))
    file.member("a key of Ed25519", root, by_root(key=spki(ED)))
    file.member("a key of RSA", root, by_root(key=spki(RSA)))
    longest = rsa_spki(integer(2**8192 - 1), integer(2**31 - 1))
    file.member("a key of RSA with 8,192 bits and the largest exponent", root, by_root(key=longest))
    file.member("the same key in another certificate", root, by_root(serial=integer(8), subject=named("Айзада")))
    file.member("by a root on P-384", "a root on P-384", issue(by_ecdsa(P384_ROOT, "SHA-384"), **parts))
    file.member("by a root with Ed25519", "a root with Ed25519", issue(by_edwards(ED_ROOT), **parts))
    file.member("by a subordinate", "a subordinate", issue(by_ecdsa(BELOW), issuer=named("Below"), **parts))
    for digest in ("SHA-256", "SHA-384", "SHA-512"):
        file.member(f"signed with PKCS #1 and {digest}", "a root with RSA", issue(by_pkcs1(RSA_ROOT, digest), **parts))
        file.member(f"signed with RSA-PSS and {digest}", "a root with RSA", issue(by_pss(RSA_ROOT, digest), **parts))
        file.member(f"signed with ECDSA and {digest}", root, issue(by_ecdsa(ROOT, digest), **parts))
    file.member("8,192 bytes", root, of_size(8192))
    for name, given in members_parts().items():
        file.member(name, root, by_root(**given))


def members_parts() -> dict[str, dict[str, bytes]]:
    """What may be otherwise in a member's certificate, part by part."""
    types: list[tuple[int, str | bytes]] = [
        (0x0C, "Айгүл Ө"),
        (0x13, "a@b_*"),
        (0x14, "é".encode("latin-1")),
        (0x16, "a@b.kg"),
        (0x1A, "A\x07\x1b"),
    ]
    types += [(0x1C, "Ө".encode("utf-32-be")), (0x1E, "Айгүл".encode("utf-16-be")), (0x12, "0")]
    strings = [tlv(0x31, attribute(f"2.5.4.{65 + k}", text, tag)) for k, (tag, text) in enumerate(types)]
    broken = [tlv(0x31, attribute("2.5.4.3", b"\xff", tag)) for tag in (0x0C, 0x12, 0x1C, 0x1E)]
    pair = tlv(0x31, attribute("2.5.4.3", "A"), attribute("2.5.4.10", "B"))
    unread = extension(UNKNOWN, b"\xff\xff no DER")
    usages = {
        "content commitment alone": extension(USAGE, bits(b"\x40", 6), TRUE),
        "every usage, nine bits": extension(USAGE, bits(b"\xff\x80", 7), TRUE),
    }
    return {
        "no extensions": {"extensions": b""},
        "no key usage": {"extensions": extensions(NO_AUTHORITY)},
        "no basic constraints": {"extensions": extensions(SIGNS)},
        "extensions that are not critical": {"extensions": extensions(extension(BASIC, seq()), unread, SIGNS)},
        "an extended key usage": {"extensions": extensions(SIGNS, extension("2.5.29.37", seq(oid(UNKNOWN))))},
        "a serial number of 20 bytes": {"serial": integer(2**159 - 1)},
        "an issuer's name in another string type": {"issuer": named("Root", 0x13)},
        "an issuer of another name": {"issuer": named("Somebody")},
        "strings of every type": {"subject": seq(*strings)},
        "strings that cannot be read": {"subject": seq(*broken)},
        "two attributes in one part of a name": {"subject": seq(pair)},
        "valid from 1950 on": {"validity": seq(utc("500101000000Z"), utc("491231235959Z"))},
        "valid until the last second of 9999": {"validity": seq(utc("491231235959Z"), generalized("99991231235959Z"))},
        "valid from 2050 on": {"validity": seq(generalized("20500101000000Z"), generalized("20500228235959Z"))},
        "valid for a second": {"validity": seq(utc("240229000000Z"), utc("240229000000Z"))},
        **{name: {"extensions": extensions(NO_AUTHORITY, usage)} for name, usage in usages.items()},
    }


def reject(file: Certificates) -> None:
    for name, raw in twins.whole(file.raw(P256_MEMBER)).items():
        file.reject(P256_MEMBER, name, "encoding", raw)
    for changed in (twins.fields, twins.names, twins.times, twins.listed, twins.uses, twins.algorithms):
        for name, reason, parts in changed():
            file.reject(P256_MEMBER, name, reason, by_root(**parts))
    for of, name, reason, key in strangers.other_keys():
        file.reject(of, name, reason, by_root(key=key))
    for name, reason, parts in strangers.anchors():
        file.reject("a root on P-256", name, reason, authority(by_ecdsa(ROOT), ROOT, **parts))
    for of, name, raw in strangers.strangers(file.raw(P256_MEMBER)):
        file.reject(of, name, "issuer", raw)
    file.reject("8,192 bytes", "8,193 bytes", "size", of_size(8193))


def build() -> File:
    file = Certificates()
    accept_anchors(file)
    accept_members(file)
    reject(file)
    strangers.sign(file)
    return file.file()


if __name__ == "__main__":
    made = build()
    text = json.dumps(made, indent=1, ensure_ascii=False)
    (VECTORS / "certificates.json").write_text(text + "\n")
    print({name: len(part) for name, part in made.items()}, len(text))
