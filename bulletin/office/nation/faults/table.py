"""All faults by number: what each is called, does, breaks, and needs for itself (specs/rehearsal.md §5)."""

from __future__ import annotations

from bulletin.office.nation.faults import counting, refusals, summing, timing, versions, watching
from bulletin.office.nation.faults.fault import PaperFault

FAULTS = (
    PaperFault(1, "broken-ratio", "PRT.10", counting.break_ratio, "figures"),
    PaperFault(2, "lost-votes", "PRT.10 PRT.12", counting.lose_votes, "figures"),
    PaperFault(3, "overfull-portable-box", "PRT.10", counting.overfill, "figures act"),
    PaperFault(4, "swapped-options", "PRT.12", counting.swap_options, "figures"),
    PaperFault(5, "swapped-options-watched", "PRT.12 PRT.28", counting.swap_watched, "figures", watched=True),
    PaperFault(6, "invalid-counted-as-valid", "PRT.12", counting.revalue, "figures"),
    PaperFault(7, "act-differs", "PRT.11", counting.misstate_act, "act"),
    PaperFault(8, "signature-missing-on-list", "PRT.11", counting.miss_signature, "list"),
    PaperFault(9, "honest-correction", "PRT.13", versions.correct, "figures version"),
    PaperFault(10, "rewritten-after-copies", "PRT.12 PRT.13 PRT.28", versions.rewrite_watched, "figures", watched=True),
    PaperFault(
        11, "rewritten-after-sums", "PRT.12 PRT.13 PRT.19 PRT.27 DUT.5", versions.rewrite_late, "figures version"
    ),
    PaperFault(12, "version-without-quorum", "PRT.16", versions.fall_short, "figures version"),
    PaperFault(13, "present-and-not-signed", "PRT.14", versions.refuse_to_sign, "version"),
    PaperFault(14, "typed-by-one", "PRT.15", versions.type_alone, "version"),
    PaperFault(15, "missing-protocol", "PRT.17 PRT.21", summing.lose_protocol, "* return"),
    PaperFault(16, "annulled", "", summing.annul, "*"),
    PaperFault(17, "annulled-and-summed", "PRT.19 PRT.21", summing.sum_annulled, "*"),
    PaperFault(18, "altered-sum", "PRT.18 PRT.19", summing.alter_sum),
    PaperFault(19, "altered-top-sum", "PRT.18 PRT.19 PRT.25 PRT.26", summing.alter_top),
    PaperFault(20, "altered-row", "PRT.19 PRT.20", summing.alter_row, "row"),
    PaperFault(21, "wrong-outcome", "PRT.25", summing.misdeclare),
    PaperFault(22, "misnamed-shares", "PRT.26", summing.misname_shares),
    PaperFault(23, "copies-disagree", "PRT.28 PRT.29", watching.disagree, "figures", watched=True),
    PaperFault(24, "copy-refused", "PRT.30", watching.refuse_copy, "copies"),
    PaperFault(25, "complaint-undecided", "PRT.32", watching.leave_undecided, "appeal"),
    PaperFault(26, "recount-not-made", "PRT.33", watching.leave_uncounted, "recount"),
    PaperFault(27, "late-report", "DUT.3", timing.report_late, "scanner"),
    PaperFault(28, "late-handover", "DUT.3", timing.hand_over_late, "handover"),
    PaperFault(29, "witnesses-blind", "DUT.3 DUT.12", timing.blind, "handover"),
    PaperFault(30, "protocol-before-close", "DUT.4", timing.hurry, "*"),
    PaperFault(31, "dated-ahead", "DUT.10", timing.date_ahead, "date version"),
    PaperFault(32, "offline", "DUT.11", timing.stay_offline, "date time version"),
    PaperFault(33, "protocol-before-meeting", "DUT.5", timing.disorder, "act time"),
    PaperFault(34, "no-register-of-copies", "DUT.2", timing.lose_register, "copies"),
    PaperFault(35, "stand-not-attested", "DUT.7", timing.leave_stand, "stand"),
    PaperFault(36, "annulled-after-result", "PRT.19 PRT.21 PRT.27", summing.annul_late, "*"),
    PaperFault(37, "member-of-another-commission", "", refusals.sign_for_others),
    PaperFault(38, "removed-member", "", refusals.sign_removed, "roster"),
    PaperFault(39, "one-key-two-seats", "", refusals.share_key),
    PaperFault(40, "roster-not-signed-from-above", "", refusals.seat_themselves),
    PaperFault(41, "line-too-many", "", refusals.add_line),
    PaperFault(42, "second-first-version", "", refusals.begin_again),
    PaperFault(43, "forged-signature", "", refusals.forge),
    PaperFault(44, "observation-elsewhere", "", refusals.observe_elsewhere),
    PaperFault(45, "protocol-not-tally", "PRT.22", counting.misstate_tally, electronic=True),
    PaperFault(46, "voter-not-overridden", "PRT.23", counting.sign_twice, "list"),
    PaperFault(48, "altered-page", "", watching.alter_page),
)
NAMED = {fault.name: fault for fault in FAULTS}
BESIDE = ("protocol-not-tally", "voter-not-overridden")  # of an electronic vote: done in a village if a plan has none
