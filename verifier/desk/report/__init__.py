"""What an audit has to say, told in one of three languages."""
