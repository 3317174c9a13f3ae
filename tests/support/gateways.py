"""A board behind its gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bulletin.http import server
from bulletin.settings import Settings
from tests.support.serving import ALONE, QUICK, set_up
from verifier.client.board import Board

gateway = pytest.importorskip("bulletin.http.gateway", reason="granian is not installed")


@contextmanager
def behind(place: Path, **settings: Any) -> Iterator[tuple[server.Board, Any, str]]:
    """A board, its gateway, and the URL."""
    set_up(place)
    given = Settings(**(QUICK | {"port": 0} | settings))
    board = server.open_board(place, given, ALONE)
    board.sequencer.start()
    endpoint = server.make_endpoint(board, given)
    assert isinstance(endpoint, gateway.Gateway)
    thread = Thread(target=endpoint.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{endpoint.port}"
    Board(url).health()
    try:
        yield board, endpoint, url
    finally:
        board.sequencer.stop()
        endpoint.shutdown()
        thread.join()
