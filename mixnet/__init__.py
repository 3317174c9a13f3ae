"""What only key holders do: key ceremony, sealing a ballot, shuffling, decrypting."""
