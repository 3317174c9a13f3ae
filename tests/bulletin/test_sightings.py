"""When witnesses saw a record, found among thousands of kept checkpoints by reading a few of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulletin.log import disk, sightings
from bulletin.log.sightings import Sighting, Sightings
from tests.support.copies import NOW, body, sheet, sign
from verifier.audit import trust
from verifier.log import checkpoint
from verifier.log.policy import Policy
from verifier.log.reading import Kept

ENTRIES = [b"entry %d" % index for index in range(50)]
TRUST = trust.decode(sheet(b"", [])).witnesses
assert TRUST is not None
POLICY: Policy = TRUST
KEPT = [  # size, witnesses, by how many seconds their clocks are after NOW
    (3, (0, 1), (10, 11, 0)),
    (7, (0, 1, 2), (20, 21, 22)),
    (7, (0, 1), (30, 31, 0)),
    (12, (1, 2), (0, 41, 43)),
    (40, (0, 1), (50, 52, 0)),
]


def keep(archive: Path, number: int, size: int, witnesses: tuple[int, ...], late: tuple[int, ...]) -> bytes:
    raw = sign(body(ENTRIES[:size]), witnesses, times=[NOW + each for each in late])
    disk.write(archive / f"checkpoints/{number}", raw)
    return raw


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for number, (size, witnesses, late) in enumerate(KEPT):
        keep(tmp_path, number, size, witnesses, late)
    return tmp_path


def test_a_record_stands_between_two_checkpoints(archive: Path) -> None:
    seen = Sightings(archive, POLICY)
    assert seen.bounds(0) == (None, NOW + 11)
    assert seen.bounds(2) == (None, NOW + 11)
    assert seen.bounds(3) == (NOW + 10, NOW + 21)
    assert seen.bounds(7) == (NOW + 30, NOW + 43)
    assert seen.bounds(39) == (NOW + 41, NOW + 52)
    assert seen.bounds(40) == (NOW + 50, None)
    assert seen.latest() == (40, NOW + 52)


def test_the_bounds_are_those_of_the_audit(archive: Path) -> None:
    from verifier.audit.timeline import Witnessed

    kept = []
    for number in range(len(KEPT)):
        signed = checkpoint.decode((archive / f"checkpoints/{number}").read_bytes())
        lines = checkpoint.check_cosignatures("BRD.5", "", signed, POLICY.witness_keys)
        kept.append(Kept("", signed, lines))
    witnessed = Witnessed.of(POLICY, kept)
    for record in range(41):
        shown = [None if abs(time) == float("inf") else time for time in witnessed.bounds(record)]
        assert list(Sightings(archive, POLICY).bounds(record)) == shown, record


def test_a_record_is_dated_once_a_checkpoint_covers_it(archive: Path) -> None:
    seen = Sightings(archive, POLICY)
    assert seen.bounds(45) == (NOW + 50, None)
    keep(archive, 5, 50, (0, 2), (60, 0, 61))
    assert seen.bounds(45) == (NOW + 50, NOW + 61)
    assert seen.latest() == (50, NOW + 61)


def test_what_each_witness_signed_last(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = [Sighting("w1", 40, NOW + 50, is_current=True), Sighting("w2", 40, NOW + 52, is_current=True)]
    assert list(Sightings(archive, POLICY).witnesses()) == [*current, Sighting("w3", 12, NOW + 43)]
    monkeypatch.setattr(sightings, "LOOK_BACK", 1)
    assert list(Sightings(archive, POLICY).witnesses()) == [*current, Sighting("w3")]


def test_it_follows_what_is_published(tmp_path: Path) -> None:
    seen = Sightings(tmp_path, POLICY)
    assert seen.latest() == (0, None)
    assert seen.bounds(0) == (None, None)
    assert seen.witnesses() == (Sighting("w1"), Sighting("w2"), Sighting("w3"))
    for number, (size, witnesses, late) in enumerate(KEPT):
        keep(tmp_path, number, size, witnesses, late)
        assert seen.latest()[0] == size
    assert [each.size for each in seen.witnesses()] == [40, 40, 12]


def test_a_line_that_is_false_and_a_file_that_is_damaged_say_nothing(archive: Path) -> None:
    raw = bytearray((archive / "checkpoints/4").read_bytes())
    raw[-40] = ord("A" if raw[-40] != ord("A") else "B")
    (archive / "checkpoints/4").write_bytes(raw)
    (archive / "checkpoints/1").write_bytes(b"?")
    seen = Sightings(archive, POLICY)
    assert seen.latest() == (40, None)
    assert seen.bounds(3)[1] in {NOW + 31, NOW + 43}  # later than it was, and never earlier
    assert [each.time for each in seen.witnesses()] == [NOW + 50, NOW + 41, NOW + 43]


def test_thousands_are_kept_and_few_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {number: sign(body(ENTRIES[: 1 + number // 100])) for number in range(0, 3000, 100)}
    for number in range(3000):
        disk.write(tmp_path / f"checkpoints/{number}", kept[number - number % 100])
    asked: list[str] = []
    read = disk.read

    def noting(root: Path, name: str) -> bytes | None:
        asked.append(name)
        return read(root, name)

    monkeypatch.setattr(disk, "read", noting)
    seen = Sightings(tmp_path, POLICY)
    assert seen.latest()[0] == 30
    seen.bounds(10)
    seen.witnesses()
    assert len(asked) <= sightings.LOOK_BACK + 2 * 12 + 8
    asked.clear()
    seen.bounds(10)
    seen.witnesses()
    assert asked == []
