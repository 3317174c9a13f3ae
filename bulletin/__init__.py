"""What is public: the log, admission, web pages and API, entrances for commissions and voters, witness, mirror."""
