"""What the project is made of: every file that is committed or could be, and what none of them may say."""

from __future__ import annotations

import re
import subprocess

from tests.support.house import HOUSE

LISTING = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
NAMES = sorted(set(subprocess.check_output(LISTING, cwd=HOUSE, text=True).splitlines()))
TEXTS = {name: (HOUSE / name).read_bytes().decode(errors="replace") for name in NAMES if (HOUSE / name).is_file()}
# Written so that this file does not contain what it looks for.
MACHINES = re.compile(
    r"pypi\.org|pythonhosted\.|npmjs\.|crates\.io|proxy\.golang|maven\.org|deb\.debian|registry\+|/(work|root|home)/\w"
)
