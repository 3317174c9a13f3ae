"""The commissions' desk."""
