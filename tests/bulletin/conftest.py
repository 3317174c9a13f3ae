"""The board's suite runs on both stores, as `tests/support/stored.py` says."""

from __future__ import annotations

import pytest

from tests.support.stored import FILES_ONLY, postgresql, store, stores

__all__ = ["postgresql", "store", "stores"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out on servers what says something about files."""
    items[:] = [item for item in items if not (is_on_servers(item) and test_of(item) in FILES_ONLY)]


def test_of(item: pytest.Item) -> str:
    return getattr(item, "originalname", item.name)


def is_on_servers(item: pytest.Item) -> bool:
    return "servers" in item.name.partition("[")[2].rstrip("]").split("-")
