"""The app on the log: lies about it are refused at their place, what may be signed is accepted (specs/assets.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.corpus import apps, replay
from tests.support.folding import admit
from verifier.audit.clauses import ORDER
from verifier.election.assets import is_safe, leaf_of, list_changes
from verifier.state import State

FILE = replay.load("assets")


@pytest.mark.parametrize("vector", FILE["rejected"], ids=lambda vector: f"{vector['expect']} {vector['name']}")
def test_a_lie_about_the_app_is_rejected(vector: dict[str, Any]) -> None:
    replay.check_rejected(FILE, vector)


@pytest.mark.parametrize("vector", FILE["accepted"], ids=lambda vector: vector["name"])
def test_what_may_be_signed_is_accepted(vector: dict[str, Any]) -> None:
    """No copy here has a blob of the app: an audit needs none (§1.7)."""
    assert not {one.blob.sha256.hex() for one in apps.make().files} & FILE["honest"]["blobs"].keys()
    assert vector["blobs"] == {}
    replay.check_accepted(FILE, vector)


def test_the_file_holds_every_lie_and_every_oddity() -> None:
    told = sorted(apps.APP_LIES, key=lambda lie: (ORDER[lie.expect], lie.name))
    assert [(v["name"], v["expect"]) for v in FILE["rejected"]] == [(lie.name, lie.expect) for lie in told]
    found = {v["name"]: {clause for clause, _ in v["findings"]} for v in FILE["accepted"]}
    assert found == {entered.name: {entered.expect} - {""} for entered in apps.ODD_APPS}


def test_a_change_is_told_by_its_paths() -> None:
    liar = apps.hold(next(one for one in apps.ODD_APPS if one.name == "an app that is changed while people vote"))
    (found,) = liar.state.findings
    assert (found.id, found.severity, found.where.order) == ("ART.3", "warning", len(liar.records) - 1)
    assert str(found.detail) == "the app was changed: added /ru/vote.html; removed /group.wasm; changed /vote.js"


def test_a_changed_policy_is_told_by_its_prefix() -> None:
    liar = apps.hold(next(one for one in apps.ODD_APPS if one.expect and "policy" in one.name))
    assert [str(found.detail) for found in liar.state.findings] == [
        "the app was changed: added –; removed –; changed /"
    ]


def test_nothing_has_changed_between_a_list_and_itself() -> None:
    assert list_changes(apps.make(), apps.make()) == ([], [], [])


def test_the_app_of_the_state_is_the_one_in_effect() -> None:
    """A record that is not signed yet, and one that is refused, leave the former app in effect."""
    first, state = apps.make(), State()
    for index, raw in enumerate(apps.twin().records):
        admit(state, index, raw, apps.twin().blobs.get)
    assert state.assets == first
    liar = apps.hold(next(one for one in apps.APP_LIES if one.name == "two apps for one place"))
    assert liar.state.assets == apps.changed(first)
    assert leaf_of(None) == bytes(32)


def test_the_policy_of_the_corpus_is_safe() -> None:
    assert is_safe(apps.CSP)
