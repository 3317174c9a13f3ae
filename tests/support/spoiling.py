"""One change of a commission's folder, in which nothing was wrong: what people do to files, tables and certificates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7, pkcs12

from bulletin.office.folder import Folder
from bulletin.office.people import Authority
from tests.support.village import card, hands
from verifier.client.card import Card
from verifier.log.note import ML_DSA_44, Key, encode_key

Spoil = Callable[[Folder], object]


class Case(NamedTuple):
    """One change of a good folder, and the one thing that is said of it."""

    kind: str
    file: str
    line: int
    spoil: Spoil


def swap(file: str, old: str, new: str, count: int = 1) -> Spoil:
    """Write something else in a file, which has it."""

    def spoil(folder: Folder) -> None:
        path = folder.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    return spoil


def put(file: str, raw: bytes) -> Spoil:
    """Put other bytes into a file's place."""
    return lambda folder: (folder.path / file).write_bytes(raw)


def append(file: str, text: str) -> Spoil:
    """Add lines to a file."""

    def spoil(folder: Folder) -> None:
        path = folder.path / file
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    return spoil


def swap_line(file: str, number: int, line: str) -> Spoil:
    """Write another line in a line's place, or take it out."""

    def spoil(folder: Folder) -> None:
        path = folder.path / file
        lines = path.read_text(encoding="utf-8").split("\n")
        lines[number - 1 : number] = [line] if line else []
        path.write_text("\n".join(lines), encoding="utf-8")

    return spoil


def field(number: int, column: int, value: str, file: str = "register.csv") -> Spoil:
    """Write another cell in a line of a table."""

    def spoil(folder: Folder) -> None:
        cells = (folder.path / file).read_text(encoding="utf-8").split("\n")[number - 1].split(";")
        cells[column] = value
        swap_line(file, number, ";".join(cells))(folder)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Several changes that are one mistake."""

    def spoil(folder: Folder) -> None:
        for each in spoils:
            each(folder)

    return spoil


def certificate(make: Callable[[], bytes]) -> Spoil:
    """Put another file into the place of the first member's certificate."""
    return lambda folder: (folder.certificates / "central-1.cer").write_bytes(make())


def issued(first: datetime, last: datetime) -> bytes:
    """A certificate of the tests' root with these times; the root is drawn anew, and put in place by `times`."""
    authority, key = AUTHORITY, ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().issuer_name(authority.name).public_key(key.public_key())
    builder = builder.subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "central-1")]))
    builder = builder.serial_number(5).not_valid_before(first).not_valid_after(last)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


AUTHORITY = Authority("Second root")


def times(first: datetime, last: datetime) -> Spoil:
    def spoil(folder: Folder) -> None:
        (folder.roots / "second.cer").write_bytes(AUTHORITY.der)
        (folder.certificates / "central-1.cer").write_bytes(issued(first, last))

    return spoil


def weak() -> bytes:
    return AUTHORITY.certify("weak", rsa.generate_private_key(65537, 1024))


def gost() -> bytes:
    """The certificate says that it is signed by GOST R 34.10-2012, in both places."""
    der, ecdsa = hands().certificates["central-1"], bytes.fromhex("300a06082a8648ce3d040302")
    assert der.count(ecdsa) == 2
    return der.replace(ecdsa, bytes.fromhex("300a06082a85030701010302"))


def key_file() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def bundle() -> bytes:
    """A .p12, which holds the secret key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return pkcs12.serialize_key_and_certificates(b"x", key, None, None, NoEncryption())


def unused() -> bytes:
    """A member's certificate whose key only agrees on keys."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=True,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder().issuer_name(AUTHORITY.name).subject_name(AUTHORITY.name).serial_number(5)
    builder = builder.public_key(key.public_key()).add_extension(usage, critical=True)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2028, 1, 1, tzinfo=UTC)
    )
    return builder.sign(AUTHORITY.key, hashes.SHA256()).public_bytes(Encoding.DER)


def two_persons() -> bytes:
    held = [x509.load_der_x509_certificate(hands().certificates[id]) for id in ("central-1", "central-2")]
    return pkcs7.serialize_certificates(held, Encoding.DER)


def large() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder().issuer_name(AUTHORITY.name).subject_name(AUTHORITY.name).serial_number(5)
    builder = builder.public_key(key.public_key())
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("a" * 60 + f".{n}") for n in range(60)]), critical=False
    )
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2028, 1, 1, tzinfo=UTC)
    )
    return builder.sign(AUTHORITY.key, hashes.SHA256()).public_bytes(Encoding.DER)


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def remove(file: str) -> Spoil:
    return lambda folder: (folder.path / file).unlink()


def write_card(id: str, raw: bytes) -> Spoil:
    return lambda folder: folder.card(id).write_bytes(raw)


def many(contest: str, count: int) -> str:
    return "".join(f"{contest};c{contest}-{n};Т{n};К{n};C{n}\n" for n in range(count))


CONTEST = '\n[[contest]]\nid = "{}"\ntitle.ky = "А"\ntitle.ru = "Б"\ntitle.en = "C"\nleast = 0\nmost = 1\n'
BOARD = '[board]\nserver = "board.example"\norigin = "board.example/village-2027"\n'
DATE = '\n[[date]]\nid = "{}"\nwhat = "{}"\n{}\nwords.ky = "А"\nwords.ru = "Б"\nwords.en = "C"\n'
SECOND = "other;o-1;chair;Асан;test\nother;o-2;member;Асан;test\n"
SEATED = "central;central-4;{};Асан;test\n"
E, CA, CO, ME, HO, RE = (
    "election.toml",
    "candidates.csv",
    "commissions.csv",
    "members.csv",
    "holders.csv",
    "register.csv",
)
DEPUTY = "Айдай Асанова;Айдай Асанова;Aidai Asanova"


def lose(folder: Folder) -> None:
    """Saved as Windows-1251 by a program that writes question marks for Kyrgyz letters."""
    path = folder.path / CA
    path.write_bytes(
        path.read_text(encoding="utf-8").replace("Бек Токтоев;Бек", "Б\u04afк Токтоев;Бек").encode("cp1251", "replace")
    )


def strip(heading: str, count: int = 1) -> Spoil:
    """Take whole tables out of election.toml."""

    def spoil(folder: Folder) -> None:
        for _ in range(count):
            text = folder.election.read_text()
            before, _, after = text.partition(f"\n{heading}\n")
            folder.election.write_text(before + "".join(after.partition("\n\n")[1:]))

    return spoil


def copy_certificate(to: str) -> Spoil:
    """Put the first member's certificate elsewhere too."""
    return lambda folder: (folder.path / to).write_bytes(hands().certificates["central-1"])


def add_holder(role: str, number: int = 9) -> Spoil:
    """One more holder, with a card."""
    id = f"{role}-{number}x"
    return both(append(HO, f"{role};{id};Асан;;\n"), write_card(id, card(role, id).encode()))


def many_witnesses(folder: Folder) -> None:
    """Twenty witnesses more, who sign with ML-DSA-44."""
    for number in range(20):
        key = Key(f"large{number}.example", ML_DSA_44, bytes([number]) * 1312)
        append(HO, f"witness;large-{number};Асан;https://large{number}.example;\n")(folder)
        write_card(f"large-{number}", Card("witness", encode_key(key)).encode())(folder)


def swell(folder: Folder) -> None:
    """Names so long that no record holds them."""
    rows = "".join(f"council;c{n};{n} {'А' * 190};{n} {'Б' * 190};{n} {'C' * 190}\n" for n in range(100))
    append(CA, rows)(folder)


def two_styles(folder: Folder) -> None:
    """Voters whose ballots differ, and nobody says whose is which but for one."""
    append(E, '\n[[style]]\nid = "a"\ncontests = ["council"]\n\n[[style]]\nid = "b"\ncontests = ["council"]\n')(folder)
    for number in (3, 4, 5):
        field(number, 2, "a")(folder)


def same_key(folder: Folder) -> None:
    """Two voters with one key."""
    first = (folder.path / RE).read_text().split("\n")[1].split(";")[3]
    field(3, 3, first)(folder)


def foreign_groups(folder: Folder) -> None:
    """Groups of another voter's key."""
    first = (folder.path / RE).read_text().split("\n")[1].split(";")[4]
    field(3, 4, first)(folder)
