"""What the commission's desk prints: the trust sheet, the ballot to sign off, invitations. No file, no clock."""
