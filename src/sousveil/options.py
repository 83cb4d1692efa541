"""How to scan, and how far a scan is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from sousveil.unpack import Quotas


class Options(Struct, frozen=True):
    """How to scan. Sizes in bytes, times in seconds."""

    jobs: int = 0
    """Worker processes; 0 for one a core."""
    rules: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    """Acts, traits or rule ids; empty for all."""
    skip: tuple[str, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)
    timeout: float = 60.0
    """How long one file may take before it is given up and reported."""
    all_files: bool = False
    listing: bool = False
    """Keep every artifact in the report, not only the counts."""
    everything: bool = False
    """Read every file, whether or not it holds a term: slow, for whoever asks what is seen of a product."""
    only_artifact: str = ""
    """Match nothing but the artifact at this address: for whoever wants its bytes."""
    ocr: bool | None = None
    """Whether pictures are looked at for words; None for where the extra ``ocr`` is installed."""
    pictures: bool = False
    """Whether the report gets cut-outs of the pages and pictures that findings rest on."""
    cache: Path | None = None
    offline: bool = False
    sandbox: Literal["used", "required", "off"] = "used"
    """Whether readers are locked down: as far as this machine can, or not at all (for measuring); ``required``
    refuses to scan where a layer is missing."""


class SandboxError(Exception):
    """A layer of the lock-down was required and is not to be had on this machine."""


class Progress(Struct, frozen=True):
    """How far a scan is."""

    stage: str
    files: int
    bytes: int
    now: str
