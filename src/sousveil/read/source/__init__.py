"""Readers of one group of formats."""
