"""PRT.1 (to come from its own work)."""

from verifier.election.manifest import Manifest
from verifier.paper.plan import Plan
from verifier.place import Place


def check_plan(plan: Plan, manifest: Manifest, where: Place) -> None:
    """Placeholder until merged."""
