"""Who posts too often waits, and nobody else: quotas by credential and by address, which is kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bulletin.board import limits
from bulletin.board.admission import Refusal
from bulletin.board.limits import Quota, Senders
from bulletin.settings import Settings, Unusable
from tests.support.serving import cast, elect, hand_in, running, seal, set_up
from verifier.election.ballot import FIRST
from verifier.log import refusal
from verifier.records import encode

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
JSON = {"Content-Type": "application/json"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_quota_is_for_each_key_and_comes_back() -> None:
    clock = Clock()
    quota = Quota(3, 60.0, clock)
    for _ in range(3):
        assert quota.wait(b"a") == 0
        quota.spend(b"a")
    assert quota.wait(b"a") == pytest.approx(20)
    assert quota.wait(b"b") == 0
    clock.now += 20
    assert quota.wait(b"a") == 0
    quota.spend(b"a")
    assert quota.wait(b"a") == pytest.approx(20)
    clock.now += 10_000
    for _ in range(3):
        assert quota.wait(b"a") == 0
        quota.spend(b"a")
    assert quota.wait(b"a") > 0, "a pause does not gather more than one quota"


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=200))
def test_no_more_than_twice_the_quota_in_its_time(amount: int, pauses: list[float]) -> None:
    clock, taken = Clock(), 0
    quota = Quota(amount, 60.0, clock)
    begun = clock.now
    for pause in pauses:
        clock.now += pause
        if not quota.wait(b"a"):
            quota.spend(b"a")
            taken += 1
        assert taken <= amount * (1 + (clock.now - begun) / 60.0) + 1e-6


def test_a_bounded_number_of_buckets_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 10)
    quota = Quota(1, 60.0, Clock())
    for number in range(100):
        quota.spend(b"%d" % number)
        quota.spend(b"often")
    assert len(quota._full) == 10
    assert quota.wait(b"often") > 0


def takes(senders: Senders, peer: str, forwarded: str = "") -> bool:
    try:
        senders.take(peer, forwarded)
    except Refusal as refused:
        said = refused
    else:
        return True
    assert (said.status, said.code, said.clause) == (429, "busy", "")
    assert said.retry is not None
    assert said.retry > 0
    return False


def test_addresses_have_quotas_of_their_own() -> None:
    senders = Senders(Settings(sender_rate=2))
    assert [takes(senders, "192.0.2.1") for _ in range(4)] == [True, True, False, False]
    assert takes(senders, "192.0.2.2")
    assert [takes(senders, f"2001:db8::{n}") for n in range(1, 4)] == [True, True, False], "one /64 is one sender"
    assert takes(senders, "2001:db8:0:1::1")
    assert not takes(senders, "::ffff:192.0.2.1")
    assert all(takes(senders, "127.0.0.1") and takes(senders, "::1") for _ in range(9)), "this machine is everybody"
    assert all(takes(senders, "/run/socket") for _ in range(9))


def test_only_the_named_proxy_is_believed() -> None:
    named, alone = Senders(Settings(sender_rate=1, proxy="127.0.0.1")), Senders(Settings(sender_rate=1))
    assert [takes(named, "127.0.0.1", "192.0.2.1") for _ in range(2)] == [True, False]
    assert [takes(named, "127.0.0.1", f"198.51.100.{n}, 192.0.2.1") for n in range(2)] == [False, False]
    assert takes(named, "127.0.0.1", "192.0.2.1, 192.0.2.9")
    assert [takes(named, "192.0.2.7", f"203.0.113.{n}") for n in range(2)] == [True, False], "a stranger's header"
    assert all(takes(alone, "127.0.0.1", "192.0.2.1") for _ in range(9))
    assert all(takes(named, "127.0.0.1", "no address") for _ in range(9))
    with pytest.raises(Unusable, match="proxy"):
        Senders(Settings(proxy="proxy.example"))


def test_no_address_is_kept() -> None:
    senders, other = Senders(Settings()), Senders(Settings())
    for each in (senders, other):
        each.take("203.0.113.77", "")
    [key] = senders._quota._full
    assert len(key) == 16
    assert b"\xcb\x00\x71\x4d" not in key
    assert other._quota._full.keys() != {key}, "another process has another secret"


def flood(post: Callable[[bytes], Any], election: Any, times: int) -> list[Any]:
    prev, answers = FIRST, []
    for _ in range(times):
        prepared = seal(election, 0, [1])
        answers.append(post(encode(cast(election, 0, prepared, prev))))
        prev = prepared.tracker
    return answers


@pytest.mark.process
@pytest.mark.usefixtures("stores")
def test_a_voter_who_floods_waits_and_no_other_does(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with running(tmp_path, ballot_rate=3) as run:
        hand_in(run.client, election)

        def post(raw: Any) -> requests.Response:
            return requests.post(f"{run.client.url}/records", raw, headers=JSON, timeout=10)

        size = run.board.sequencer.log.size
        answers = flood(post, election, 5)
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
        said = refusal.decode(answers[-1].content)
        assert (said.code, said.clause, said.refused[:7]) == ("busy", "", "record ")
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 1200
        assert run.board.sequencer.log.size == size + 3
        assert post(answers[0].request.body).status_code == 202, "a retry of what is there is answered"
        assert post(encode(cast(election, 1))).status_code == 202


@pytest.mark.process
@pytest.mark.usefixtures("stores")
def test_false_ballots_cost_their_voter_nothing(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with running(tmp_path, ballot_rate=1) as run:
        hand_in(run.client, election)
        true = encode(cast(election, 0))
        for _ in range(4):
            ballot = cast(election, 0)
            false = encode(msgspec.structs.replace(ballot, signature=ballot.signature[:32] + bytes(32)))
            assert requests.post(f"{run.client.url}/records", false, headers=JSON, timeout=10).status_code == 403
        run.client.post(true)


@pytest.mark.process
@pytest.mark.usefixtures("stores")
def test_a_sender_who_floods_waits_and_reading_is_free(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    settings: dict[str, Any] = {"sender_rate": 2, "proxy": "127.0.0.1"}

    def ask(url: str, sender: str) -> requests.Response:
        headers = JSON | {"X-Forwarded-For": sender}
        return requests.post(f"{url}/records", election.records[0], headers=headers, timeout=10)

    with running(tmp_path, **settings) as run:
        url = run.client.url
        run.client.receipt(run.client.post(election.records[0]))
        assert [ask(url, "192.0.2.1").status_code for _ in range(3)] == [202, 202, 429]
        answer = ask(url, "192.0.2.1")
        said = refusal.decode(answer.content)
        assert (said.status, said.code, said.refused) == (429, "busy", "")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert ask(url, "192.0.2.2").status_code == 202
        headers = {"X-Forwarded-For": "192.0.2.1"}
        codes = [requests.get(f"{url}/checkpoint", headers=headers, timeout=10).status_code for _ in range(5)]
        assert codes == [200] * 5
        upload = requests.put(f"{url}/blobs/{'0' * 64}", b"x", headers=headers, timeout=10)
        assert upload.status_code == 429
