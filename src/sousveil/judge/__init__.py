"""From constructs to findings: a pure engine and its rules."""
