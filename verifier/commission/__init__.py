"""Commissions: who may sign, and when what they sign takes effect."""
