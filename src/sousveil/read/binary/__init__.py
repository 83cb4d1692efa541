"""Readers of what is no text: programs and their parts."""
