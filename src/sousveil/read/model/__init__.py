"""Readers of model files: never unpickled, never run."""
