"""sousveil finds code inside surveillance products that sorts people by a protected trait, and says why.

It reads products, never people.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # typing itself takes longer to load than all that runs before signals are heeded
if TYPE_CHECKING:
    from typing import Any

    from sousveil.model import Act, Basis, Finding, Report, Trait, Verdict
    from sousveil.options import Options
    from sousveil.pipeline import scan

__all__ = ["Act", "Basis", "Finding", "Options", "Report", "Trait", "Verdict", "__version__", "scan"]


def __getattr__(name: str) -> Any:
    """Load the public names on first use, so that importing the package costs nothing."""
    if name in ("scan", "Options"):
        from importlib import import_module

        value = getattr(import_module("sousveil.pipeline"), name)
        globals()[name] = value
        return value
    if name in __all__:
        from sousveil import model

        return getattr(model, name)
    raise AttributeError(f"module 'sousveil' has no attribute {name!r}")
