"""Every clause by its number, in order, and the kinds of record that it applies to (verification.md §4)."""

from verifier.paper.catalogue import ASKED_OF_PAPERS

BALLOTS = ("ballot", "challenge")
CEREMONY = ("pledge", "contribution", "dealing", "acknowledgement", "complaint")
EVERY = ("*",)

# fmt: off
_ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("BRD.1 BRD.2 BRD.3 BRD.4 BRD.5", ()),
    ("CFG.1 CFG.2", ("manifest",)), ("CFG.3", ("roster",)), ("CFG.4 CFG.5 CFG.6", EVERY),
    ("CFG.7 CFG.8", ("register",)), ("CFG.9", ("opening",)), ("CFG.10", ()), ("CFG.11 CFG.12", ("manifest",)),
    ("CFG.13", ("log-key",)),
    ("CRT.1 CRT.2", ("signature",)), ("CRT.3", (*CEREMONY, "mix", "share", "close")), ("CRT.4 CRT.5", ("signature",)),
    ("KEY.1", CEREMONY), ("KEY.2 KEY.3 KEY.4 KEY.5", ("contribution",)), ("KEY.6 KEY.7", ("complaint",)),
    ("KEY.8", ("acknowledgement",)), ("KEY.9", ("opening",)), ("KEY.10", ("restart",)),
    ("BAL.1 BAL.2 BAL.3 BAL.4 BAL.5 BAL.6 BAL.7 BAL.8", BALLOTS),
    ("SEL.1", ("override",)), ("SEL.2", ("freeze",)),
    ("MIX.1 MIX.2 MIX.3 MIX.4 MIX.5 MIX.6 MIX.7 MIX.8 MIX.9", ("mix",)), ("MIX.10", ("skip",)),
    ("DEC.1 DEC.2 DEC.3 DEC.4 DEC.5 DEC.6", ("share",)),
    ("TAL.1 TAL.2 TAL.3 TAL.4 TAL.5 TAL.6", ("tally",)),
    ("SPL.1 SPL.2", ("challenge",)),
    ("RCP.1 RCP.2 RCP.3 RCP.4", ()), *ASKED_OF_PAPERS, ("ART.1 ART.2 ART.3", ("assets",)),
)
# fmt: on
CLAUSES = {id: kinds for ids, kinds in _ASKED for id in ids.split()}
OF_PAPERS = {id for ids, _ in ASKED_OF_PAPERS for id in ids.split()} - {"DUT.3", "DUT.4", "DUT.9"}
ORDER = {id: number for number, id in enumerate(CLAUSES)}
BLOCKS = tuple(dict.fromkeys(id.partition(".")[0] for id in CLAUSES))
