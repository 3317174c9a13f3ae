"""`aikyn-verify`: its commands."""
