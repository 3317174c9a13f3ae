"""`aikyn-mix`: the commands of trustees, of mix operators, and of voters who trust no page."""

from __future__ import annotations

import click

from mixnet.commands import holders, shares, voter
from verifier.desk.start import installed


def start() -> None:
    """`aikyn-mix`."""
    with installed():
        main()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikyn")
def main() -> None:
    """Hold a key of an election: as a trustee, or as the operator of a mix server. Or vote without a page.

    Before every act the whole log is verified against your own trust sheet and the witnesses' quorum. The vault
    remembers what was done. After a crash, start the same command again with the same vault.

    Exit status: 0 done, 1 refused to act (something is proved false), 2 unable to act.
    """


for command in (holders.key, holders.election_key, holders.trustee, holders.mixer, voter.voter, shares.share):
    main.add_command(command)
