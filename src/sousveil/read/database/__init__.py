"""Readers of databases and of data in tables and trees of bytes."""
