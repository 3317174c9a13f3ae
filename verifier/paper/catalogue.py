"""The clauses of the commissions' papers in order, and the kinds of record that each applies to (verification.md)."""

SAID = ("appeal", "attestation")
FILED = ("paper", "decision", *SAID, "result")

# fmt: off
ASKED_OF_PAPERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("PRT.1 PRT.2", ()), ("PRT.3", (*FILED, "batch", "observation")),
    ("PRT.4", (*FILED, "batch", "observation")), ("PRT.5 PRT.6", ("paper",)), ("PRT.7", (*FILED, "observation")),
    ("PRT.8", (*SAID, "accreditation", "observation")), ("PRT.9", ("paper", "batch", "intake")),
    ("PRT.10 PRT.11 PRT.12 PRT.13 PRT.14 PRT.15 PRT.16 PRT.17 PRT.18 PRT.19 PRT.20 PRT.21 PRT.22 PRT.23 PRT.24", ()),
    ("PRT.25 PRT.26 PRT.27 PRT.28 PRT.29 PRT.30 PRT.31 PRT.32 PRT.33 PRT.34 PRT.35", ()),
    ("DUT.1", ("decision",)), ("DUT.2 DUT.3 DUT.4 DUT.5 DUT.6 DUT.7 DUT.8 DUT.9 DUT.10 DUT.11 DUT.12", ()),
)
# fmt: on
