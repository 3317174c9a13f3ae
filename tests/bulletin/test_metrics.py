"""What a machine watches: read by the parser that Prometheus' own client has, and nobody can be found in it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bulletin.http import api
from bulletin.http.metrics import TEXT, Metric, expose
from bulletin.mirror import follower as mirrors
from bulletin.mirror.follower import Follower
from bulletin.witness import app as witnesses
from tests.support import browsing
from tests.support.asking import direct
from tests.support.browsing import Hall
from tests.support.fronts import DEPLOY
from tests.support.mirrors import LONG, open_mirror, served, staged
from tests.support.serving import running
from tests.support.witnesses import KEY, LOG, NOW, ask, make, sign
from verifier.client import tracking
from verifier.log import policy

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
voting = browsing.voting
METRICS = (*api.METRICS, *mirrors.METRICS, *witnesses.METRICS)
NAMES = {metric.name for metric in METRICS}
UNITS = r"_(seconds|bytes|entries|records|blobs|info|total|quorum|following|writing|fork|evidence)$"
RULES = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
Samples = dict[tuple[str, ...], float]


def read(text: str) -> Samples:
    """Names and labels with their values."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in {"gauge", "counter"}
        for sample in family.samples:
            found[sample.name, *sample.labels.values()] = sample.value
    return found


@pytest.fixture
def told(voting: Hall) -> Samples:
    answer = requests.get(f"{voting.url}/metrics", timeout=10)
    assert answer.headers["Content-Type"] == TEXT
    return read(answer.text)


def test_names_are_well_formed_and_stand_once() -> None:
    assert len(NAMES) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"aikyn_(board|mirror|witness)_[a-z_]+", metric.name)
        assert re.search(UNITS, metric.name), metric.name
        assert metric.help.endswith(".")


def test_a_board_is_watched(voting: Hall, told: Samples) -> None:
    size = voting.run.board.sequencer.log.size
    assert told["aikyn_board_entries",] == told["aikyn_board_published_entries",] == size
    assert told["aikyn_board_placed_records_total",] == size
    assert told["aikyn_board_quorum",] == 1
    assert told["aikyn_board_phase_info", "voting"] == 1
    assert told["aikyn_board_waiting_records",] == 0
    now = time.time()
    moments = [value for (name, *_), value in told.items() if name.endswith("_timestamp_seconds")]
    assert len(moments) == 1 + 3
    assert all(now - 120 < moment <= now for moment in moments)
    assert told["aikyn_board_disk_free_bytes",] > told["aikyn_board_disk_reserve_bytes",] > 0
    key = voting.run.board.app._context.pinned.keys[0]  # type: ignore[attr-defined]
    assert told["aikyn_board_key_info", key.fingerprint.hex()] == 1
    assert {name for name, *_ in told} == {metric.name for metric in api.METRICS}


def test_a_board_without_a_quorum_shows_it(tmp_path: Path) -> None:
    deaf = policy.decode(b"witness w %s http://127.0.0.1:1\nquorum w\n" % witness_line().encode())
    with running(tmp_path, deaf) as run:
        told = read(requests.get(f"{run.client.url}/metrics", timeout=10).text)
    assert told["aikyn_board_quorum",] == 0
    assert ("aikyn_board_published_timestamp_seconds",) not in told


def witness_line() -> str:
    from verifier.log.note import encode_key

    return encode_key(KEY)


def test_a_mirror_is_watched(tmp_path: Path) -> None:
    with staged() as stage:
        made = Follower(open_mirror(stage, tmp_path), 60)
        app = mirrors.create_app(made, tmp_path / "archive")

        def ask_mirror() -> Samples:
            return read(direct(app, "GET", "/metrics").body.decode())

        before = ask_mirror()
        assert (before["aikyn_mirror_following",], before["aikyn_mirror_entries",]) == (0, 0)
        stage.files = served(300)
        made.visit()
        after = ask_mirror()
        assert (after["aikyn_mirror_following",], after["aikyn_mirror_entries",]) == (1, 300)
        assert abs(after["aikyn_mirror_followed_timestamp_seconds",] - time.time()) < 60
        assert {name for name, *_ in after} == {metric.name for metric in mirrors.METRICS}
        stage.files = served(LONG, branch=1)
        made.visit()
        forked = ask_mirror()
    assert (forked["aikyn_mirror_following",], forked["aikyn_mirror_fork",]) == (0, 1)


def test_a_witness_is_watched(tmp_path: Path) -> None:
    app = witnesses.create_app(make(tmp_path))

    def ask_witness() -> Samples:
        return read(direct(app, "GET", "/metrics").body.decode())

    assert ask_witness()["aikyn_witness_cosigned_entries", LOG.name] == 0
    assert direct(app, "POST", "/add-checkpoint", ask(0, 7)).status == 200
    assert direct(app, "POST", "/add-checkpoint", ask(7, 9, signed=sign(9, bytes(32)))).status == 422
    told = ask_witness()
    assert told["aikyn_witness_cosigned_entries", LOG.name] == 7
    assert told["aikyn_witness_cosigned_timestamp_seconds", LOG.name] == NOW
    assert told["aikyn_witness_evidence", LOG.name] == 1
    assert told["aikyn_witness_key_info", KEY.fingerprint.hex()] == 1
    assert {name for name, *_ in told} == {metric.name for metric in witnesses.METRICS}


def test_whatever_a_label_has_in_it_is_read_back() -> None:
    odd = 'a "b" \\n c\\ \n d{}='
    rows = [Metric("x_total", "Of \\ and \n.", lambda _: {odd: 2.5, "none": None}, "l"), Metric("y_info", "Y.", int)]
    assert read(expose(rows, 7).decode()) == {("x_total", odd): 2.5, ("y_info",): 7}


def test_nobody_can_be_found_in_it(voting: Hall) -> None:
    text = requests.get(f"{voting.url}/metrics", timeout=10).text
    election = voting.election
    for voter in range(4):
        assert voting.code(voter) not in text
        for _, record in voting.records(voter):
            tracker = record.sealed.tracker(election.digest)
            assert tracker.hex() not in text
            assert tracking.encode(tracker) not in text
            assert record.sealed.credential.hex() not in text
    assert "127.0.0.1" not in text


def names(expression: str) -> set[str]:
    return set(re.findall(r"\baikyn_\w+", expression))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert names(rule["expr"]) <= NAMES
    assert names(rule["expr"]) or rule["expr"].startswith("up{job=")
    assert re.fullmatch(r"\d+[ms]", rule.get("for", "0m"))
    assert rule["labels"] == {"severity": "page"}
    told = rule["annotations"]
    assert told.keys() == {"summary", "do", "do_ru", "do_ky"}
    assert all(re.search("[а-я]", told[name]) for name in ("do_ru", "do_ky"))
    assert not re.search("[а-яА-Я]", told["summary"] + told["do"])
    assert all(name in NAMES for text in told.values() for name in names(text))
    for text in told.values():
        for command in re.findall(r"aikyn-verify (\w+)", text):
            from verifier.desk.commands.main import main

            assert command in main.commands


def test_alerts_are_there_for_what_may_befall_each() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    asked = set().union(*(names(rule["expr"]) for rule in RULES))
    assert {f"aikyn_{each}" for each in (
        "board_published_timestamp_seconds", "board_quorum", "board_disk_free_bytes", "board_key_info",
        "mirror_following", "mirror_fork", "witness_evidence", "witness_key_info",
    )} <= asked  # fmt: skip
    jobs = set(re.findall(r'job="([\w-]+)"', " ".join(rule["expr"] for rule in RULES)))
    assert jobs == {"aikyn-board", "aikyn-mirror", "aikyn-witness"}


def test_the_pages_name_what_there_is() -> None:
    from tests.support.house import read_page

    page = read_page("operation")
    assert set(re.findall(r"`(aikyn_\w+)`", page)) == NAMES
    assert "`alerts.yml`" in (DEPLOY / "README.md").read_text()
