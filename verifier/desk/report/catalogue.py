"""Every clause by its number, in blocks, and what people compare; the text is that of specs/verification.md §1, §4, §5."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Clause(NamedTuple):
    """A clause in one sentence, and the page of the specs that has it in full."""

    id: str
    category: str
    text: str
    spec: str


class Block(NamedTuple):
    """What the clauses of a block are about, and who checks them (§4)."""

    id: str
    title: str
    about: str
    by: Literal["verifier", "people"]


class Item(NamedTuple):
    """What no log shows: a person compares it and ticks it (§5), or an address is asked for it (§4.5)."""

    id: str
    category: str
    text: str


# fmt: off
BLOCKS = (
    Block("BRD", "Board", "The log as a whole: its checkpoints, its files, its witnesses.", "verifier"),
    Block("CFG", "Manifest", "What is elected and by whom; the form and order of the records.", "verifier"),
    Block("CRT", "Certificates", "Who signed a record, and whether they may.", "verifier"),
    Block("KEY", "Key ceremony", "How the trustees made the election key.", "verifier"),
    Block("BAL", "Ballots", "Each sealed ballot: its voter, its form, its proof.", "verifier"),
    Block("SEL", "Counted set", "Which ballots are counted.", "verifier"),
    Block("MIX", "Mixing", "Each mix server's shuffle and its proof.", "verifier"),
    Block("DEC", "Decryption", "Each trustee's shares and their proof.", "verifier"),
    Block("TAL", "Tally", "The plaintexts and their count.", "verifier"),
    Block("SPL", "Challenged ballots", "What voters opened to test their devices.", "verifier"),
    Block("RCP", "Receipts", "What a voter keeps; checked with each receipt, not with the log.", "verifier"),
    Block("PRT", "Protocols", "The commissions' papers: who signs them, what they say, and their sums.", "verifier"),
    Block("DUT", "Duties", "What was due, by whom, and by when.", "verifier"),
    Block("ART", "Served assets", "The pages and programs that voters are given: what was signed, and what an address serves.", "verifier"),
    Block("MAN", "Manual sheet", "What people compare, tick and sign; no program passes these lines.", "people"),
)
CATALOGUE = (
    Clause("BRD.1", "authenticity", "Every checkpoint is of this log and signed by its key.", "log"),
    Clause("BRD.2", "integrity", "Entries and tiles lead to the root that the latest checkpoint signs.", "log"),
    Clause("BRD.3", "consistency", "Every checkpoint ever published is a prefix of this log.", "log"),
    Clause("BRD.4", "evidence", "The quorum of witnesses cosigned the latest checkpoint.", "log"),
    Clause("BRD.5", "authenticity", "Every cosignature by a known witness is right (finding).", "log"),
    Clause("CFG.1", "completeness", "The first record, and no other, is the manifest.", "election §5"),
    Clause("CFG.2", "consistency", "The manifest is consistent in itself.", "election §5"),
    Clause("CFG.3", "consistency", "A roster has the members that the manifest says; a key sits in one seat only.", "election §6"),
    Clause("CFG.4", "integrity", "Every leaf is the canonical coding of a known record; its proofs and lists are well formed.", "records §1"),
    Clause("CFG.5", "integrity", "No leaf occurs twice.", "records §1"),
    Clause("CFG.6", "consistency", "Every record is of a kind that its phase admits.", "election §4"),
    Clause("CFG.7", "consistency", "A register's codes are new in its commission, ordered and counted, its styles known; keys listed twice (finding).", "election §7"),
    Clause("CFG.8", "integrity", "The registers' keys decode.", "election §7"),
    Clause("CFG.9", "consistency", "The opening counts all credentials.", "election §8"),
    Clause("CFG.10", "authenticity", "The manifest is the one on the trust sheet.", "verification"),
    Clause("CFG.11", "consistency", "The manifest names this log: its origin and its key.", "verification"),
    Clause("CFG.12", "consistency", "The manifest's policy is well formed, its quorum is safe, and it is the one on the trust sheet.", "election §5"),
    Clause("CFG.13", "consistency", "The log's next key has another key id than its former ones.", "records §4"),
    Clause("CRT.1", "authenticity", "A member's signature verifies under the certificate on its roster.", "records §3"),
    Clause("CRT.2", "authenticity", "Who signs is on the roster in force of the commission that owns the record, and signs once.", "records §3"),
    Clause("CRT.3", "authenticity", "A key holder's record is signed by the key that the manifest gives.", "records §4"),
    Clause("CRT.4", "authenticity", "What took effect has a quorum of members whose certificates chain to a root on the trust sheet.", "certificates §6"),
    Clause("CRT.5", "authenticity", "What took effect has a quorum of signatures that witnesses saw while the certificates were valid.", "records §3"),
    Clause("KEY.1", "completeness", "Pledges, contributions, dealings and acknowledgements stand in their order, one a trustee and attempt.", "ceremony §1–5"),
    Clause("KEY.2", "consistency", "A contribution is the one that was pledged.", "ceremony §2"),
    Clause("KEY.3", "integrity", "A contribution has exactly t coefficients.", "ceremony §2"),
    Clause("KEY.4", "integrity", "The ceremony's points decode and are not the identity.", "ceremony §3"),
    Clause("KEY.5", "evidence", "A trustee knows its contribution's secret.", "ceremony §2"),
    Clause("KEY.6", "evidence", "A complaint reveals the true shared secret.", "ceremony §6"),
    Clause("KEY.7", "evidence", "Complaints, and who lied (finding).", "ceremony §6"),
    Clause("KEY.8", "consistency", "The acknowledged key is the sum of the contributions.", "ceremony §5"),
    Clause("KEY.9", "consistency", "The opening names the key of the ceremony that all acknowledged.", "ceremony §8"),
    Clause("KEY.10", "consistency", "A restart begins the next attempt, and leaves enough trustees; whom it leaves out (finding).", "ceremony §7"),
    Clause("BAL.1", "authenticity", "The credential is on the register, with this style and contest.", "ballot §12"),
    Clause("BAL.2", "integrity", "The ballot has the width of its contest.", "ballot §12"),
    Clause("BAL.3", "integrity", "No first component occurs twice.", "ballot §6"),
    Clause("BAL.4", "integrity", "The ballot's points decode.", "ballot §6"),
    Clause("BAL.5", "integrity", "None of the ballot's points is the identity.", "ballot §6"),
    Clause("BAL.6", "evidence", "The voter's client knows the ballot's randomness.", "ballot §5"),
    Clause("BAL.7", "authenticity", "The credential signed what becomes of the ballot.", "ballot §8"),
    Clause("BAL.8", "consistency", "The ballot follows the credential's latest.", "ballot §9"),
    Clause("SEL.1", "authenticity", "Overrides name credentials of their own commission's registers, each once.", "election §9"),
    Clause("SEL.2", "completeness", "The frozen set is the counted set.", "election §10"),
    Clause("MIX.1", "completeness", "Each contest that is to be mixed is mixed by each server that is not skipped, once, in order.", "election §12"),
    Clause("MIX.2", "consistency", "A mix takes the counted set, or the previous output.", "election §12"),
    Clause("MIX.3", "integrity", "Output and proof have the length that N and the width give.", "shuffle §4"),
    Clause("MIX.4", "integrity", "The points of output and proof decode.", "shuffle §5"),
    Clause("MIX.5", "evidence", "The permutation commitment's sum is right.", "shuffle §6"),
    Clause("MIX.6", "evidence", "The chain ends in the product of the challenges.", "shuffle §6"),
    Clause("MIX.7", "evidence", "The permuted challenges are those committed to.", "shuffle §6"),
    Clause("MIX.8", "evidence", "The output re-encrypts the permuted input.", "shuffle §6"),
    Clause("MIX.9", "evidence", "Each link of the chain is right.", "shuffle §6"),
    Clause("MIX.10", "consistency", "A skip leaves out a mix server of the manifest, and enough mixes; who is skipped (finding).", "election §13"),
    Clause("DEC.1", "completeness", "A share is of the last mix of its contest, one a trustee.", "decryption §7"),
    Clause("DEC.2", "integrity", "The shares have the length that N and the width give.", "decryption §1"),
    Clause("DEC.3", "integrity", "The points of shares and proof decode.", "decryption §3"),
    Clause("DEC.4", "evidence", "The trustee knows the secret of its public share key.", "decryption §4"),
    Clause("DEC.5", "evidence", "The shares are made with that same secret.", "decryption §4"),
    Clause("DEC.6", "consistency", "No contest below the minimum is decrypted.", "election §11"),
    Clause("TAL.1", "completeness", "There are enough shares for every contest in the tally.", "tally §1"),
    Clause("TAL.2", "consistency", "The tally names the contests and options of the manifest, in its order.", "tally §2"),
    Clause("TAL.3", "integrity", "The plaintexts have the right length, and decode.", "tally §3"),
    Clause("TAL.4", "evidence", "The plaintexts are what the shares decrypt to.", "tally §4"),
    Clause("TAL.5", "evidence", "The counts are the recount of the plaintexts.", "tally §5"),
    Clause("TAL.6", "completeness", "Exactly the contests below the minimum are withheld.", "tally §6"),
    Clause("SPL.1", "consistency", "A challenged ballot's opened choice is one that the contest allows.", "ballot §11"),
    Clause("SPL.2", "evidence", "The opened choice and randomness give the challenged ballot.", "ballot §11"),
    Clause("RCP.1", "authenticity", "The receipt's checkpoint is of this log and signed by its key.", "receipt"),
    Clause("RCP.2", "evidence", "The receipt's path leads from the record to the signed root.", "receipt"),
    Clause("RCP.3", "evidence", "The quorum of witnesses cosigned the receipt's checkpoint.", "receipt"),
    Clause("RCP.4", "authenticity", "Every cosignature on the receipt by a known witness is right.", "receipt"),
    Clause("PRT.1", "consistency", "The plan is consistent in itself and with the manifest.", "plan §1"),
    Clause("PRT.2", "authenticity", "No certificate on a unit's roster shows a personal number.", "papers §2"),
    Clause("PRT.3", "consistency", "A paper is of a form and a contest of its unit; a decision is one that its level may take.", "papers §3"),
    Clause("PRT.4", "integrity", "Lines and votes are exactly those of the form and the contest.", "papers §3"),
    Clause("PRT.5", "consistency", "A paper supersedes the version in force, with a reason; the first one nothing.", "papers §3"),
    Clause("PRT.6", "authenticity", "Who is named in a paper sits in its unit.", "papers §3"),
    Clause("PRT.7", "consistency", "What a record refers to is in effect before it, of its own unit, of one beneath or of one above.", "papers §3"),
    Clause("PRT.8", "authenticity", "An observer's record is signed by a key that is accredited for the unit.", "papers §6"),
    Clause("PRT.9", "integrity", "Tables and batches decode, each unit beneath once, in the plan's order.", "papers §4"),
    Clause("PRT.10", "consistency", "Every control ratio of the form holds (finding).", "figures §2"),
    Clause("PRT.11", "consistency", "Papers of one unit agree (finding).", "figures §3"),
    Clause("PRT.12", "consistency", "Scanner and hand count agree, in total and by option (finding).", "figures §3"),
    Clause("PRT.13", "consistency", "What a later version changed, and whether a sum above was signed before (finding).", "figures §4"),
    Clause("PRT.14", "authenticity", "All who were present have signed, with the roles that the form needs (finding).", "figures §5"),
    Clause("PRT.15", "evidence", "The figures were typed by two people (finding).", "figures §5"),
    Clause("PRT.16", "completeness", "No paper is left without its signatures (finding).", "figures §5"),
    Clause("PRT.17", "completeness", "Every unit has its return, or a decision says why not (finding).", "figures §6"),
    Clause("PRT.18", "consistency", "A sum is the sum of its table's rows (finding).", "figures §9"),
    Clause("PRT.19", "consistency", "A sum of sums is that of the papers at the bottom (finding).", "figures §12"),
    Clause("PRT.20", "consistency", "Each row of a table is the paper beneath, in the version then in force (finding).", "figures §10"),
    Clause("PRT.21", "completeness", "Every unit is summed, annulled by a decision, or missing (finding).", "figures §11"),
    Clause("PRT.22", "consistency", "The electronic unit's paper says what the verified tally says (finding).", "figures §13"),
    Clause("PRT.23", "consistency", "As many credentials are overridden as e-voters signed on paper (finding).", "figures §14"),
    Clause("PRT.24", "consistency", "The papers of several contests of one unit agree on how many took part (finding).", "figures §15"),
    Clause("PRT.25", "consistency", "The rule gives the declared result (finding).", "results §6"),
    Clause("PRT.26", "consistency", "Shares are of the denominator that the rule names (finding).", "results §7"),
    Clause("PRT.27", "consistency", "Since the result nothing under it has changed (finding).", "results §8"),
    Clause("PRT.28", "consistency", "An observer's copy is what the unit signed first, and what is in force (finding).", "copies §3"),
    Clause("PRT.29", "consistency", "Two observers of one unit agree (finding).", "copies §4"),
    Clause("PRT.30", "consistency", "The copies register and the observers agree on who was refused a copy (finding).", "copies §5"),
    Clause("PRT.31", "completeness", "What was handed in without a key is shown, or withheld with a reason (finding).", "copies §6"),
    Clause("PRT.32", "completeness", "Every complaint is decided before the paper that it is about (finding).", "copies §7"),
    Clause("PRT.33", "completeness", "What a decision ordered was done (finding).", "copies §8"),
    Clause("PRT.34", "consistency", "The list of participants counts as many as took part (finding).", "figures §16"),
    Clause("PRT.35", "evidence", "Figures that people should look at (finding).", "figures §7"),
    Clause("DUT.1", "authenticity", "An amendment of the calendar is by the unit above all others, and names a duty with a date.", "papers §6"),
    Clause("DUT.2", "completeness", "What a duty asks for is there (finding).", "timetable §11"),
    Clause("DUT.3", "consistency", "Nothing took effect later than the timetable allows, by the witnesses' times (finding).", "timetable §4"),
    Clause("DUT.4", "consistency", "Nothing took effect earlier than the timetable allows, by the witnesses' times (finding).", "timetable §5"),
    Clause("DUT.5", "consistency", "Duties were done in the order of the law (finding).", "timetable §14"),
    Clause("DUT.6", "evidence", 'How long "at once" took (finding).', "timetable §15"),
    Clause("DUT.7", "evidence", "What hangs on a stand is attested, never verified (finding).", "timetable §11"),
    Clause("DUT.8", "evidence", "A publication elsewhere names its address and digest (finding).", "timetable §16"),
    Clause("DUT.9", "consistency", "What has to take effect by a day that was read as included did so before that day (finding).", "timetable §6"),
    Clause("DUT.10", "consistency", "No paper says that it was made after witnesses had seen it, or before it could be (finding).", "timetable §17"),
    Clause("DUT.11", "evidence", "How long a paper was under way (finding).", "timetable §18"),
    Clause("DUT.12", "evidence", "Witnesses saw the board around each date (finding).", "timetable §13"),
    Clause("ART.1", "integrity", "The list of the app is well formed, its policies are safe, and its digest is right.", "assets §1"),
    Clause("ART.2", "consistency", "An app replaces the one in effect.", "assets §1"),
    Clause("ART.3", "consistency", "What of the app was changed while people voted (finding).", "assets §1"),
)
SERVED = (
    Item("ART.4", "consistency", "Every listed path is served with the listed bytes and type, whoever asks."),
    Item("ART.5", "integrity", "Every answer has exactly the headers that the record and the release give."),
    Item("ART.6", "completeness", "Nothing else at the address is a page, a script, a style, WebAssembly or a worker."),
    Item("ART.7", "authenticity", "The app is what the release's source gives, and the one on the trust sheet."),
    Item("ART.8", "authenticity", "The app's trust sheet is the auditor's, its manifest the one on it, its files for browsers of its list."),
)
_SHEET = (
    ("authenticity", "The log's origin and key are those that the commission prints and reads out by telephone."),
    ("authenticity", "The manifest's digest is the one that the central commission announces."),
    ("authenticity", "The root certificates have the fingerprints that the certification centre publishes."),
    ("authenticity", "Each witness confirms its key by a way of its own, not through the board."),
    ("authenticity", "Each register's digest is the one that its commission announced before the opening."),
    ("authenticity", "The election key is the one that the trustees wrote down at their ceremony."),
    ("authenticity", "The tally's digest is the one in the central commission's signed protocol."),
    ("integrity", "The verifier has the digest that the trust sheet gives, and was not fetched from the board."),
    ("consistency", "Title and date are those of the election that was called."),
    ("consistency", "The numbers of contests, options and commissions are the official ones."),
    ("consistency", "The number of credentials is that of the signed lists of e-voters."),
    ("consistency", "The numbers of counted and overridden ballots are those in the commissions' papers."),
    ("completeness", "Every check that was expected was made: none is skipped, and none is missing from the report."),
    ("completeness", "The log has reached the phase that the calendar demands."),
    ("evidence", "A copy of the log that was taken elsewhere has the same size and root."),
    ("evidence", "Contests drawn by lot have the same figures in the report and in the official publication."),
    ("evidence", "Every finding was read, and the commission's explanation is kept with the report."),
    ("authenticity", "The auditors signed the sheet, with place, date and the report's digest."),
    ("authenticity", "The members of each commission, and their offices, are those of the decisions that appointed them."),
)
# fmt: on
MANUAL = tuple(Item(f"MAN.{number}", *line) for number, line in enumerate(_SHEET, 1))
# What a rejection leaves to compare: that it is of the right log, rules and copy, by the right program (§5.4).
REJECTION = ("MAN.1", "MAN.2", "MAN.8", "MAN.15", "MAN.18")
SENTENCES = {clause.id: clause for clause in CATALOGUE}
