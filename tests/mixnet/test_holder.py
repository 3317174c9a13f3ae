"""Trustees and mix servers at a board: they replay before they act, act once, and refuse a log that is not right."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import msgspec
import pytest

from mixnet.holder import Conflict, Holder, Role
from mixnet.mixer import Mixer
from mixnet.secrets import Secrets
from mixnet.trustee import Trustee
from mixnet.vault import UnusableVault, Vault, election_key
from tests.support import archives
from tests.support.boards import MemoryBoard, make_vault
from tests.support.elections import Election, contest
from verifier.audit import trust
from verifier.audit.trust import TrustSheet
from verifier.desk.report.language import groups
from verifier.election.ceremony import Ceremony
from verifier.election.decryption import Share
from verifier.election.shuffle import Mix
from verifier.errors import Incomplete, Rejected
from verifier.proof.group import G
from verifier.records import Record
from verifier.rules import CODEC
from verifier.state import State


class Cheat(Trustee):
    """In the first attempt it deals trustee 2 a share that does not hold."""

    def _dealing(self, state: State, held: Ceremony, j: int) -> Record:
        honest = super()._dealing(state, held, j)
        if held.attempt > 1:
            return honest
        shares = bytearray(honest.shares)  # type: ignore[attr-defined]
        shares[32] ^= 1
        return msgspec.structs.replace(honest, shares=bytes(shares))


def sheet_of(election: Election) -> TrustSheet:
    return trust.decode(archives.sheet(election))


def take_turns(holders: list[Holder], election: Election, phase: str) -> None:
    """Let everybody look until the phase is over."""
    for _ in range(40):
        for holder in holders:
            holder.look()
        if election.state.phase != phase:
            return
    raise AssertionError(f"nothing comes of {phase}")


def trustees_of(board: MemoryBoard, root: Path, cheat: int = 0) -> tuple[list[Vault], list[Holder]]:
    election = board.election
    vaults = [make_vault(root / f"vault-{n}", f"trustee-{n}") for n in range(1, len(election.trustees) + 1)]
    roles = [Cheat(vault) if n == cheat else Trustee(vault) for n, vault in enumerate(vaults, 1)]
    return vaults, [Holder(board, sheet_of(election), v, role) for v, role in zip(vaults, roles, strict=True)]


def one(board: MemoryBoard, root: Path, id: str, sheet: TrustSheet | None = None) -> tuple[Vault, Holder]:
    """One key holder with a vault of its own."""
    vault = make_vault(root / f"one-{id}", id)
    role: Role = Mixer(vault) if id.startswith("mixer") else Trustee(vault)
    return vault, Holder(board, sheet or sheet_of(board.election), vault, role)


def test_each_trustee_is_told_the_election_key_once_and_writes_it_down(tmp_path: Path) -> None:
    """MAN.6: in the groups that the verifier's report prints; told again only if the vault has lost it."""
    election = Election().set_up()
    board, told = MemoryBoard(election, tmp_path), list[str]()
    vaults, _ = trustees_of(board, tmp_path)
    holders = [Holder(board, sheet_of(election), vault, Trustee(vault), told.append) for vault in vaults]
    take_turns(holders, election, "ceremony")
    for holder in holders * 2:
        holder.look()
    shown = " ".join(groups(election.state.key.hex()))
    assert [shown in line for line in told].count(True) == len(vaults)
    assert {election_key(vault.directory) for vault in vaults} == {election.state.key}
    (vaults[0].directory / "election-key").unlink()
    Holder(board, sheet_of(election), vaults[0], Trustee(vaults[0]), told.append).look()
    assert shown in told[-1]
    assert election_key(vaults[0].directory) == election.state.key


def test_no_key_is_told_from_a_log_that_does_not_verify(tmp_path: Path) -> None:
    election = Election().set_up().hold_ceremony()
    board, told = MemoryBoard(election, tmp_path, witnesses=(0,)), list[str]()
    vault = make_vault(tmp_path / "vault", "trustee-1")
    with pytest.raises(Incomplete, match="quorum"):
        Holder(board, sheet_of(election), vault, Trustee(vault), told.append).look()
    assert (told, election_key(vault.directory)) == ([], b"")


def test_trustees_hold_a_ceremony(tmp_path: Path) -> None:
    election = Election().set_up()
    vaults, holders = trustees_of(MemoryBoard(election, tmp_path), tmp_path)
    take_turns(holders, election, "ceremony")
    assert election.state.phase == "registration"
    for vault, X in zip(vaults, election.state.share_keys.values(), strict=True):
        kept = vault.load("share-1")
        assert kept is not None
        assert (Secrets.take(kept) * G).points() == X
        assert vault.load("attempt-1") is None


def test_a_trustee_goes_on_after_a_crash(tmp_path: Path) -> None:
    """Started anew before every look, on the same vaults."""
    election = Election().set_up()
    board = MemoryBoard(election, tmp_path)
    vaults, _ = trustees_of(board, tmp_path)
    for _ in range(6):
        for number, vault in enumerate(vaults):
            vault.close()
            vaults[number] = Vault(vault.directory)
            Holder(board, sheet_of(election), vaults[number], Trustee(vaults[number])).look()
    assert election.state.phase == "registration"


def test_secrets_that_a_crash_left_behind_are_wiped_at_the_next_start(tmp_path: Path) -> None:
    vault = make_vault(tmp_path / "vault", "trustee-1")
    for attempt in (1, 2):
        vault.keep(f"attempt-{attempt}", [b"secret"])
    vault.keep("share-1", [b"x"])
    vault.remember("answer-1", b"{}")
    vault.remember("share-1", b"{}")  # of a contest that is called 1
    Trustee(vault)
    assert vault.secrets() == ["attempt-2", "share-1"]


@pytest.mark.slow
def test_a_cheating_dealer_is_complained_of_and_the_ceremony_starts_again(tmp_path: Path) -> None:
    election = Election().set_up()
    vaults, holders = trustees_of(MemoryBoard(election, tmp_path), tmp_path, cheat=1)
    take_turns(holders, election, "ceremony")
    assert [(finding.id, "trustee 1 dealt" in str(finding.detail)) for finding in election.state.findings] == [
        ("KEY.7", True)
    ]
    assert election.state.ceremony is not None
    assert election.state.ceremony.attempt == 2
    assert [vault.secrets() for vault in vaults] == [["share-2"]] * 3


def test_without_its_secrets_a_trustee_says_what_to_do(tmp_path: Path) -> None:
    election = Election().set_up()
    vaults, holders = trustees_of(MemoryBoard(election, tmp_path), tmp_path)
    for holder in holders:
        holder.look()
    vaults[0].wipe("attempt-1")
    with pytest.raises(UnusableVault, match="restart the ceremony"):
        holders[0].look()


@pytest.mark.parametrize("id", ["trustee-1", "mixer-1"])
def test_nothing_is_done_without_the_witnesses_quorum(tmp_path: Path, id: str) -> None:
    election = Election().set_up()
    if id == "mixer-1":
        election.hold_ceremony().register().close()
    board = MemoryBoard(election, tmp_path, witnesses=(0,))
    with pytest.raises(Incomplete, match="are not the quorum"):
        one(board, tmp_path, id)[1].look()
    assert board.posted == []


def test_nothing_is_done_under_another_manifest(tmp_path: Path) -> None:
    election = Election().set_up()
    board = MemoryBoard(election, tmp_path)
    with pytest.raises(Rejected, match=r"CFG\.10"):
        one(board, tmp_path, "trustee-1", sheet_of(election)._replace(manifest=bytes(32)))[1].look()
    assert board.posted == []


def test_nothing_is_done_on_a_log_with_a_false_record(tmp_path: Path) -> None:
    election = Election().set_up().hold_ceremony().register()
    election.vote(0, [1])
    ballot = CODEC.decode(election.records[-1])
    election.records[-1] = msgspec.json.Encoder(order="sorted").encode(
        msgspec.structs.replace(ballot, signature=bytes(63) + b"\1")
    )
    board = MemoryBoard(election, tmp_path)
    election.state.phase = "frozen"  # as the board says
    with pytest.raises(Rejected):
        one(board, tmp_path, "mixer-1")[1].look(until="voting")
    assert board.posted == []


@pytest.mark.parametrize("missing", ["witnesses", "manifest"])
def test_a_sheet_that_says_too_little_is_not_acted_on(tmp_path: Path, missing: str) -> None:
    election = Election().set_up()
    sheet = sheet_of(election)
    sheet = sheet._replace(witnesses=None) if missing == "witnesses" else sheet._replace(manifest=None)
    with pytest.raises(Incomplete, match="trust sheet"):
        one(MemoryBoard(election, tmp_path), tmp_path, "trustee-1", sheet)


def test_a_stranger_is_told_its_public_key(tmp_path: Path) -> None:
    election = Election().set_up()
    vault, holder = one(MemoryBoard(election, tmp_path), tmp_path, "trustee-9")
    with pytest.raises(UnusableVault, match=vault.public.hex()):
        holder.look()


def frozen_election(votes: int = 4) -> Election:
    """The same manifest each time, with ballots of its own."""
    election = Election(trustees=3, threshold=2, mixers=1).set_up().hold_ceremony().register()
    for voter in range(votes):
        election.vote(voter, [1])
    return election.close()


def test_mix_servers_mix_in_turn(tmp_path: Path) -> None:
    election = Election(mixers=2).set_up().hold_ceremony().register()
    election.vote(0, [1])
    board = MemoryBoard(election.close(), tmp_path)
    holders = [one(board, tmp_path, id)[1] for id in ("mixer-2", "mixer-1")]
    take_turns(holders, election, "frozen")
    take_turns(holders, election, "mixing")
    assert election.state.phase == "decrypting"
    assert all(holder.look() for holder in holders[:1])
    assert [kind.mixer for raw in board.posted if isinstance(kind := CODEC.decode(raw), Mix)].count("mixer-1") == 2


def test_a_mix_server_mixes_once(tmp_path: Path) -> None:
    first, second = frozen_election(4), frozen_election(3)
    vault, holder = one(MemoryBoard(first, tmp_path), tmp_path, "mixer-1")
    holder.look()
    assert first.state.phase == "decrypting"
    board = MemoryBoard(second, tmp_path)
    with pytest.raises(Conflict, match="mix-north was done once"):
        Holder(board, sheet_of(second), vault, Mixer(vault)).look()
    assert board.posted == []


def decrypting(tmp_path: Path) -> tuple[Election, Vault]:
    """An election that waits for shares, and trustee 1's vault as its ceremony left it."""
    election = frozen_election().mix()
    vault = make_vault(tmp_path / "vault", "trustee-1")
    vault.keep("share-1", [election.x[1].expose()])
    return election, vault


def test_a_trustee_decrypts_a_contest_once(tmp_path: Path) -> None:
    election, vault = decrypting(tmp_path)
    board = MemoryBoard(election, tmp_path)
    assert Holder(board, sheet_of(election), vault, Trustee(vault)).look() is False
    assert [type(CODEC.decode(raw)) for raw in board.posted] == [Share]
    other = frozen_election().mix()
    again = MemoryBoard(other, tmp_path)
    vault.keep("share-1", [other.x[1].expose()])
    rmtree(vault.directory / "board")
    with pytest.raises(Conflict, match="share-north was done once"):
        Holder(again, sheet_of(other), vault, Trustee(vault)).look()
    assert again.posted == []


def test_a_share_that_the_board_has_lost_is_posted_again_byte_for_byte(tmp_path: Path) -> None:
    election, vault = decrypting(tmp_path)
    before, lost = list(election.records), MemoryBoard(election, tmp_path)
    Holder(lost, sheet_of(election), vault, Trustee(vault)).look()
    restored = Election(trustees=3, threshold=2, mixers=1)
    restored.blobs = election.blobs
    for raw in before:
        restored.post(CODEC.decode(raw))
    board = MemoryBoard(restored, tmp_path)
    Holder(board, sheet_of(restored), vault, Trustee(vault)).look()
    assert board.posted == lost.posted


def test_a_trustee_does_not_decrypt_with_another_ceremonys_share(tmp_path: Path) -> None:
    election, vault = decrypting(tmp_path)
    vault.keep("share-1", [election.x[2].expose()])
    board = MemoryBoard(election, tmp_path)
    with pytest.raises(Conflict, match="not that of the log's ceremony"):
        Holder(board, sheet_of(election), vault, Trustee(vault)).look()
    assert board.posted == []


def test_contests_below_the_minimum_are_neither_mixed_nor_decrypted(tmp_path: Path) -> None:
    election = Election([contest("north"), contest("south")], mixers=1, minimum=2).set_up().hold_ceremony().register()
    for voter in (0, 1, 4):
        election.vote(voter, [1])
    board = MemoryBoard(election.close(), tmp_path)
    assert one(board, tmp_path, "mixer-1")[1].look() is False
    vault, _ = one(board, tmp_path, "trustee-1")
    vault.keep("share-1", [election.x[1].expose()])
    Holder(board, sheet_of(election), vault, Trustee(vault)).look()
    assert {CODEC.decode(raw).contest for raw in board.posted} == {"north"}  # type: ignore[attr-defined]


def test_only_the_part_that_is_asked_for(tmp_path: Path) -> None:
    election, vault = decrypting(tmp_path)
    board = MemoryBoard(election, tmp_path)
    assert Holder(board, sheet_of(election), vault, Trustee(vault, "ceremony")).look()
    assert board.posted == []
