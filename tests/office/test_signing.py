"""A member and a request: what is shown, what is refused, and which keys open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from msgspec.structs import replace

from bulletin.office import keyfile, signatory
from bulletin.office.asking import ask
from bulletin.office.docket import Filed, read_signed
from bulletin.office.folder import Folder
from bulletin.office.keyfile import OpenedKey, open_key
from bulletin.office.objection import Objection
from bulletin.office.people import Person
from bulletin.office.policy import compose_policy
from bulletin.office.request import compose, decode_request, encode_request
from bulletin.office.signatory import OpenRequest
from bulletin.office.teller import Known
from bulletin.office.telling import tell
from tests.corpus.apps import make
from tests.support.dockets import PASSWORD, lock, run, told
from tests.support.elections import Election, text, whole
from tests.support.village import hands
from verifier.commission.roster import check_member
from verifier.desk.report.language import LANGUAGES
from verifier.election.ceremony import Restart
from verifier.election.logkey import LogKey
from verifier.election.register import Register
from verifier.election.shuffle import Skip
from verifier.election.timetable import TimeLimit
from verifier.log.note import decode_key
from verifier.paper.papers import Attestation, Observer
from verifier.place import NOWHERE
from verifier.records import Record
from verifier.rules import CODEC, rule

ENDED = whole()
MANIFEST = ENDED.manifest
KNOWN = Known(MANIFEST)


def records() -> dict[str, Record]:
    """One record of each kind that commissions sign."""
    found = {type(record): record for record in map(CODEC.decode, ENDED.records) if rule(record).complete}
    others = (Restart(2, (1,)), LogKey(signature=b"", key=bytes(range(32))), Skip("mixer-1"), make({}))
    return {type(record).__name__: record for record in (*found.values(), *others)}


@pytest.fixture
def filed(tmp_path: Path) -> Filed:
    """A register that the precinct is asked to sign, beside its manifest."""
    folder = Folder(tmp_path)
    record = records()["Register"]
    assert isinstance(record, Register)
    ask(folder, MANIFEST, MANIFEST, ENDED.central.roster)
    return ask(folder, record, MANIFEST, ENDED.precinct.roster, [ENDED.blobs[record.blob.sha256]])


def opened(person: Person) -> OpenedKey:
    return OpenedKey(person.key, (person.member.certificate,))


def refused(kind: str, call: object, *given: object) -> Objection:
    with pytest.raises(Objection) as raised:
        call(*given)  # type: ignore[operator]
    assert raised.value.kind == kind
    assert all(raised.value.tell(language) for language in LANGUAGES)
    return raised.value


class TestWhatIsShown:
    @pytest.mark.parametrize("name", sorted(records()))
    def test_in_three_languages(self, name: str) -> None:
        shown = {tuple(tell(records()[name], ENDED.blobs.get, language, KNOWN)) for language in LANGUAGES}
        assert len(shown) == 3
        assert all(shown)

    def test_every_kind_that_a_commission_signs(self) -> None:
        signed = {
            "Manifest",
            "Roster",
            "Restart",
            "Register",
            "Opening",
            "Override",
            "Close",
            "Freeze",
            "Skip",
            "Tally",
        }
        assert set(records()) == signed | {"LogKey", "Assets"}

    def test_the_election_key_in_the_groups_that_trustees_compare(self) -> None:
        line = tell(records()["Opening"], ENDED.blobs.get, "en", KNOWN)[1]
        assert line.endswith(" ".join(ENDED.state.key.hex()[i : i + 4] for i in range(0, 64, 4)))

    def test_the_time_limits_of_a_manifest_in_both_ways(self) -> None:
        limit = TimeLimit("end", "register", "by", 1_805_911_200, inclusive=True, words=text("till the 24th"))
        last = tell(replace(MANIFEST, timetable=(limit,)), ENDED.blobs.get, "en")[-1]
        assert last.startswith(
            "Register in effect (end): not later than 24 March 2027 inclusive, that is before 25 March"
        )
        assert last.endswith("“till the 24th”")

    @pytest.mark.parametrize("name", ["Register", "Freeze", "Tally"])
    def test_what_cannot_be_shown_is_not_signed(self, name: str) -> None:
        assert "blobs/" in refused("missing-blob", tell, records()[name], {}.get, "en", KNOWN).tell("en")

    def test_figures_that_are_not_those_of_the_ballots(self) -> None:
        tally = records()["Tally"]
        count = tally.contests[0]  # type: ignore[attr-defined]
        votes = tuple(replace(each, count=each.count + 1) for each in count.votes)
        bent = replace(tally, contests=(replace(count, votes=votes), *tally.contests[1:]))  # type: ignore[attr-defined]
        refused("other-count", tell, bent, ENDED.blobs.get, "en", KNOWN)

    def test_ballots_without_a_mark_have_a_line(self) -> None:
        made = Election().set_up().hold_ceremony().register()
        for voter, choice in enumerate(([], [1], [], [2])):
            made.vote(voter, choice)
        made.close().mix().decrypt().tally()
        ended = CODEC.decode(next(raw for raw in made.records if b'"type":"tally"' in raw))
        lines = tell(ended, made.blobs.get, "en", Known(made.manifest))
        told = [int(line.rpartition(" ")[2]) for line in lines if line.startswith("    Blank ballots: ")]
        assert told == [2 for contest in made.manifest.contests if contest.id in lines[1] and not contest.least]
        assert told

    def test_the_witnesses_and_how_many_of_them_sign(self) -> None:
        cards = hands().cards
        keys = [(decode_key(cards[f"witness-{number}"].key), "") for number in (1, 2, 3)]
        policy = compose_policy(decode_key(cards["log"].key), keys, 2)
        lines = tell(replace(MANIFEST, policy=policy), ENDED.blobs.get, "en")
        assert [line for line in lines if line.startswith("Witnesses")] == [
            (
                "Witnesses of the log: witness-1.example, witness-2.example, witness-3.example; any 2 of them must sign"
                " each state of the log"
            )
        ]

    def test_hidden_marks_of_direction_are_written_out(self) -> None:
        record = replace(MANIFEST, telephone="\u202e123")
        assert any("\\u{202e}123" in line for line in tell(record, ENDED.blobs.get, "en"))


class TestARequest:
    def test_a_changed_byte(self, filed: Filed) -> None:
        raw = encode_request(filed.request)
        kept = (filed.request.leaf, filed.request.record, filed.request.blobs, filed.request.format)
        for place in range(len(raw)):
            bent = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            try:
                read = decode_request(bent, "x.request")
            except Objection:
                continue
            assert (read.leaf, read.record, read.blobs, read.format) == kept

    def test_of_another_election(self, filed: Filed, tmp_path: Path) -> None:
        other = replace(filed.request, manifest="00" * 32)
        filed.path.write_bytes(encode_request(other))
        refused("other-election-here", OpenRequest.read, filed.path)
        (filed.path.parent / "01-manifest.request").unlink()
        sheet = tmp_path / "trust.txt"
        sheet.write_bytes(_sheet())
        refused("other-election", OpenRequest.read(filed.path).compare, sheet)

    def test_the_sheet_s(self, filed: Filed, tmp_path: Path) -> None:
        sheet = tmp_path / "trust.txt"
        sheet.write_bytes(_sheet())
        OpenRequest.read(filed.path).compare(sheet)

    @pytest.mark.parametrize(
        ("raw", "kind"),
        [
            (b"", "no-request"),
            (b"[]", "no-request"),
            (b'{"format":"aikyn/2 request"}', "other-format"),
            (b'{"format":"aikyn/1 request"}', "request-form"),
            (b" " * (1 << 21), "no-request"),
        ],
    )
    def test_that_is_none(self, raw: bytes, kind: str) -> None:
        refused(kind, decode_request, raw, "x")

    def test_of_a_record_that_commissions_do_not_sign(self, filed: Filed) -> None:
        ballot = next(raw for raw in ENDED.records if b'"type":"ballot"' in raw)
        from verifier.log.tree import hash_leaf

        bent = replace(filed.request, record=ballot.decode(), leaf=hash_leaf(ballot).hex(), blobs=())
        refused("not-signed-by-commissions", decode_request, encode_request(bent), "x")

    def test_of_what_another_says(self, filed: Filed) -> None:
        """An observer's record is asked of that observer, and of nobody else."""
        watcher = ENDED.precinct.people[0].member.certificate
        said = Attestation("p-1", "B11", 0, (), "", b"", "", "kloop", b"")
        asked = compose(said, ENDED.digest, Observer("kloop", "Kloop", watcher, ()), filed.request.says)
        assert decode_request(encode_request(asked), "x").observer == "kloop"
        for other in ("", "p-1", "observer:school"):
            refused("changed", decode_request, encode_request(replace(asked, commission=other)), "x")

    def test_asked_twice_it_is_the_same(self, filed: Filed, tmp_path: Path) -> None:
        again = ask(
            Folder(tmp_path),
            filed.request.content,
            MANIFEST,
            ENDED.precinct.roster,
            [
                ENDED.blobs[records()["Register"].blob.sha256]  # type: ignore[attr-defined]
            ],
        )
        assert (again.number, len(list(filed.path.parent.glob("*.request")))) == (filed.number, 2)


class TestASignature:
    def test_is_one_that_the_board_takes(self, filed: Filed) -> None:
        for person in ENDED.precinct.people:
            done = signatory.sign(OpenRequest.read(filed.path), opened(person))
            assert done.path.name == f"02-register.{person.member.id}.signed"
            check_member(ENDED.precinct.roster, ENDED.digest, read_signed(done.path), NOWHERE)

    def test_twice(self, filed: Filed) -> None:
        person = ENDED.precinct.people[0]
        first = signatory.sign(OpenRequest.read(filed.path), opened(person))
        raw = first.path.read_bytes()
        assert signatory.sign(OpenRequest.read(filed.path), opened(person)).again
        assert first.path.read_bytes() == raw
        first.path.write_bytes(b"torn")
        assert not signatory.sign(OpenRequest.read(filed.path), opened(person)).again
        check_member(ENDED.precinct.roster, ENDED.digest, read_signed(first.path), NOWHERE)

    def test_elsewhere(self, filed: Filed, tmp_path: Path) -> None:
        done = signatory.sign(OpenRequest.read(filed.path), opened(ENDED.precinct.people[0]), tmp_path / "stick")
        assert done.path.parent == tmp_path / "stick"

    def test_by_nobody_who_is_asked(self, filed: Filed) -> None:
        refused("not-asked", signatory.sign, OpenRequest.read(filed.path), opened(ENDED.central.people[0]))

    def test_with_an_expired_certificate_is_told(self) -> None:
        key = opened(ENDED.precinct.people[0])
        assert signatory.expired(key, datetime(2024, 1, 1, tzinfo=UTC)) is None
        ended = signatory.expired(key, datetime(2050, 1, 1, tzinfo=UTC))
        assert ended is not None
        assert ended.year == 2032

    def test_by_command(self, filed: Filed, tmp_path: Path) -> None:
        key, word = tmp_path / "my.p12", tmp_path / "word"
        lock(ENDED.precinct.people[0], key)
        word.write_text(PASSWORD + "\n", encoding="utf-8")
        line = ("sign", filed.path, "--key", key, "--password-file", word)
        said = told(run(*line, "--lang", "all", "--yes"))
        assert all(word in said for word in ("РЕЕСТР", "REGISTER", "ключей избирателей", "шайлоочулардын ачкычтары"))
        assert "Мурда кол коюлган" in told(run(*line, "--yes"))
        word.write_text("no", encoding="utf-8")
        assert "the password is wrong" in told(run(*line, "--yes", "--lang", "en"), 1)

    def test_not_without_a_yes(self, filed: Filed, tmp_path: Path) -> None:
        key, word = tmp_path / "my.p12", tmp_path / "word"
        lock(ENDED.precinct.people[0], key)
        word.write_text(PASSWORD, encoding="utf-8")
        told(run("sign", filed.path, "--key", key, "--password-file", word, "--lang", "en"), 1)
        assert not list(filed.path.parent.glob("*.signed"))

    def test_of_several_at_once(self, filed: Filed, tmp_path: Path) -> None:
        key, word = tmp_path / "my.p12", tmp_path / "word"
        lock(ENDED.precinct.people[0], key)
        word.write_text(PASSWORD, encoding="utf-8")
        ask(Folder(tmp_path), records()["Override"], MANIFEST, ENDED.precinct.roster)
        files = sorted(filed.path.parent.glob("*.request"))
        line = ("sign", *files, "--key", key, "--password-file", word, "--lang", "en")
        declined = run(*line, input="n\ny\n")
        assert declined.exit_code == 1
        for said in ("does not ask you: 01-manifest", "REGISTER", "Not signed: 02-register", "VOTED ON PAPER"):
            assert said in declined.output
        assert [path.name for path in filed.path.parent.glob("*.signed")] == ["03-override.precinct-1.signed"]
        again = told(run(*line, "--yes"))
        assert "VOTED ON PAPER" not in again
        assert len(list(filed.path.parent.glob("*.signed"))) == 2
        assert "nobody who is asked" in told(run("sign", files[0], *line[4:]), 1)


class TestAKeyFile:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @pytest.mark.parametrize("way", [pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, pkcs12.PBES.PBESv2SHA256AndAES256CBC])
    @pytest.mark.parametrize("password", ["secret", "сырсөз өүң"])
    def test_of_each_kind(self, tmp_path: Path, way: pkcs12.PBES, password: str) -> None:
        builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(way).hmac_hash(hashes.SHA1())
        file = self.pfx(tmp_path, builder.build(password.encode()))
        found = open_key(file, password)
        assert found.spki == OpenedKey(self.key, ()).spki
        assert len(found.certificates) == 2
        refused("wrong-password", open_key, file, password + " ")
        refused("wrong-password", open_key, file, "")

    def test_without_a_password(self, tmp_path: Path) -> None:
        assert open_key(self.pfx(tmp_path, NoEncryption()), "").spki == OpenedKey(self.key, ()).spki

    @pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
    def test_pem(self, tmp_path: Path, kind: PrivateFormat) -> None:
        file = tmp_path / "key.pem"
        file.write_bytes(self.certificate() + self.key.private_bytes(Encoding.PEM, kind, BestAvailableEncryption(b"x")))
        assert open_key(file, "x").spki == OpenedKey(self.key, ()).spki
        refused("wrong-password", open_key, file, "y")
        refused("wrong-password", open_key, file, "")

    @pytest.mark.parametrize(
        ("raw", "kind"),
        [
            (b"", "no-key-file"),
            (b"hello", "no-key-file"),
            (bytes.fromhex("308201000201033006") + keyfile.GOST[0], "gost-key"),
            (bytes.fromhex("3082010002010330060609"), "strange-key"),
        ],
    )
    def test_that_is_none(self, tmp_path: Path, raw: bytes, kind: str) -> None:
        file = tmp_path / "key"
        file.write_bytes(raw)
        refused(kind, open_key, file, "x")

    def test_of_another_kind(self, tmp_path: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ed448

        file = tmp_path / "key.pem"
        file.write_bytes(
            ed448.Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        refused("strange-key", open_key, file, "")

    def test_that_only_another_program_opens(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def give_up(*_: object) -> None:
            raise ValueError("unsupported")

        monkeypatch.setattr(pkcs12, "load_key_and_certificates", give_up)
        file = tmp_path / "old.p12"
        file.write_bytes(bytes.fromhex("308201000201033006") + keyfile.RC2[0])
        assert "openssl pkcs12 -legacy" in refused("old-key-file", open_key, file, "x").tell("ky")

    def pfx(self, place: Path, lock: object) -> Path:
        own = x509.load_pem_x509_certificate(self.certificate())
        other = x509.load_der_x509_certificate(ENDED.central.people[0].member.certificate)
        file = place / "key.p12"
        file.write_bytes(pkcs12.serialize_key_and_certificates(b"me", self.key, own, [other], lock))  # type: ignore[arg-type]
        return file

    def certificate(self) -> bytes:
        from tests.support.elections import AUTHORITY

        return x509.load_der_x509_certificate(AUTHORITY.certify("me", self.key)).public_bytes(Encoding.PEM)


def _sheet() -> bytes:
    from tests.support.copies import sheet
    from tests.support.elections import AUTHORITY

    return sheet(ENDED.records[0], [AUTHORITY.der])
