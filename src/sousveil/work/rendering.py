"""Rendering one file in a worker: where it fails, that is a limit, and what lies beside the file is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil import unpack
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget

if TYPE_CHECKING:
    from sousveil.unpack.render import Renderer


def rendered(renderer: Renderer, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield what a renderer gives, and whatever ended it as a limit. Raise nothing."""
    try:
        yield from unpack.render(renderer, data, display, budget)
    except unpack.Stop as stop:
        yield Limit(display, stop.reason, stop.detail)
    except RecursionError:
        yield Limit(display, "depth", f"{renderer.module}: nested too deep")
    except MemoryError:
        yield Limit(display, "memory", f"{renderer.module}: not enough memory to go on")
    except Exception as error:  # noqa: BLE001 - hostile bytes cost one file, and that is said
        yield Limit(display, "broken", f"{renderer.module}: {type(error).__name__}: {error}"[:200])
