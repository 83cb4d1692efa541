"""Evidence: a case folder with objects, a signed ledger and time stamps, that a sceptic can check without sousveil."""

import re

DIGEST = re.compile("[0-9a-f]{8,64}")
"""What an object of a case may be named by: its SHA-256 or how that begins."""
