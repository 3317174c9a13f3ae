"""Trials: elections that somebody makes up to learn the desk, which no page may pass off as real."""

from __future__ import annotations

import re
from collections.abc import Iterable

from verifier.commission.certificate import Certificate
from verifier.records import Text

AUTHORITY = re.compile(r"\b(test|trial|demo|тест|сыноо|проба)\b", re.IGNORECASE)
TITLE = re.compile(r"\s*(test|trial|тест|сыноо|проба)\b\s*[:.–—]", re.IGNORECASE)


def is_trial(roots: Iterable[Certificate], title: Text | None) -> bool:
    """Whether a root calls itself a test, or the election's title begins with that word."""
    titles = (title.ky, title.ru, title.en) if title else ()
    return any(AUTHORITY.search(root.subject) for root in roots) or any(map(TITLE.match, titles))
