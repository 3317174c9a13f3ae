"""No module of the board's suite forgets the servers, or it says why."""

import ast
import re
from pathlib import Path

from tests.support.stored import FILES_ONLY

OPENERS = {"behind", "open_board", "running", "start", "tile_log"}
ASKS = re.compile(r"stores: Stores|usefixtures\(\"stores\"\)")


def opens_boards(tree: ast.Module) -> bool:
    """Whether it has what opens a board from `tests.support.serving`."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return any(OPENERS & {one.name for one in each.names} for each in imports if each.module == "tests.support.serving")


def test_whoever_opens_a_board_tries_it_on_both_stores_or_says_why_not() -> None:
    texts = {file.stem: file.read_text() for file in Path(__file__).parent.glob("test_*.py")}
    opening = {name for name, text in texts.items() if opens_boards(ast.parse(text))}
    asking = {name for name, text in texts.items() if ASKS.search(text)} - {Path(__file__).stem}
    tests = re.findall(r"^ *(?:async )?def (test_\w+)", "\n".join(texts.values()), re.MULTILINE)
    assert opening <= asking | FILES_ONLY.keys()
    assert not asking & FILES_ONLY.keys()
    assert FILES_ONLY.keys() <= {*texts, *tests}, "what is named is there"
