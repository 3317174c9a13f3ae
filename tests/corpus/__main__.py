"""`python -m tests.corpus`: make specs/vectors/election.json and records.json afresh."""

from tests.corpus import codings, replay, vectors

replay.PATH.write_text(vectors.write(vectors.build()))
codings.PATH.write_text(vectors.write(codings.build()))
