"""Plans that are ready, and what they are made of (specs/plan.md §10)."""

from typing import Literal, get_args

Ready = Literal["village-2023", "president-2017", "parliament-2025"]
READY: tuple[Ready, ...] = get_args(Ready)
