"""What the usual libraries call things by which Python code, compiled or not, speaks of itself."""

from __future__ import annotations

import re

TOLD = ("description", "help_text", "verbose_name", "doc", "comment", "title", "label", "help", "info")
"""Arguments that say what a field is."""
ROUTE = re.compile(r"\.?(route|get|post|put|delete|patch|websocket|api_route|add_url_rule|action|endpoint|expose)$")
"""Decorators that make a function an endpoint."""
TYPED = ("field", "mapped_column", "relationship", "attrib", "ib")
"""Calls in small letters that declare a field, as those with a capital do."""
LEARNED = re.compile(
    r"[yY](?:_?(?:train|all|true|raw|data|full|labels?|vec))?|targets?|labels?|train_labels?|labels?_train"
)
"""What holds that which a model is trained to answer."""
