"""What the main process asks of a worker, and what a worker answers."""

from __future__ import annotations

from msgspec import Struct

from sousveil.model import Construct, Limit
from sousveil.unpack.entry import Marks
from sousveil.unpack.limits import Quotas


class Survey(Struct, frozen=True, tag=True):
    """Look at local files, opening containers: every leaf is matched."""

    displays: tuple[str, ...]
    sizes: tuple[int, ...]
    """As listed; -1 for a file that could not be opened, which is passed over."""
    paths: tuple[bytes, ...]
    """As the operating system names them, which need not be text. Empty in a worker that gets descriptors."""
    quotas: Quotas
    literals: tuple[str, ...] = ()
    """Second pass: search these type names instead of the lexicon."""
    again: tuple[str, ...] = ()
    """Documents that are rendered again for it: their words hold one of the names."""
    listing: bool = False
    spool: int = 0
    """Number of the station in whose spool the one file of this job lies; 0 for local files."""
    offset: int = 0
    shelf: int = 0
    offsets: tuple[int, ...] = ()
    """Of local files that are kept meanwhile: where they lie on the shelf, and its number."""
    skip: tuple[str, ...] = ()
    """Addresses over which a worker died: not to be opened again, but matched; those named twice not even that."""
    everything: bool = False
    """Read every file, whether or not it holds a term."""
    only: str = ""
    """Match nothing but the artifact at this address."""
    ocr: bool = False
    """Whether pictures are to be looked at."""
    originals: bool = False
    """Whether documents with pages that hold a term are kept."""
    share: int = 0
    shares: int = 1
    """Of one large container the files that fall to this job; the first tells whether there is anything to share."""


class Read(Struct, frozen=True, tag=True):
    """Read one artifact that matched: the file, or a part of a spool."""

    display: str
    sha256: str
    size: int
    offset: int = 0
    spool: int = 0
    """Number of the station in whose spool it lies; 0 for a local file."""
    path: bytes = b""
    """Of a local file or, where descriptors cannot be handed over, of the spool."""
    literals: tuple[str, ...] = ()
    origin: str = ""
    marks: Marks = ()
    """Of a rendering: the SHA-256 of what it was made from, and where its parts stand in that."""
    everything: bool = False


class Seek(Struct, frozen=True, tag=True):
    """Say whether a document's words, as they were kept, hold any of the names."""

    display: str
    size: int
    offset: int
    spool: int
    literals: tuple[str, ...] = ()
    path: bytes = b""
    """Of the spool, where descriptors cannot be handed over."""


class Part(Struct, frozen=True):
    """A file that belongs to another: where it lies, in a spool or, with its path, locally."""

    display: str
    size: int
    spool: int = 0
    offset: int = 0
    path: bytes = b""


class Join(Struct, frozen=True, tag=True):
    """Put a program's debug information and the common file's into one file, and survey that."""

    program: Part
    common: Part
    quotas: Quotas
    only: str = ""
    everything: bool = False

    @property
    def display(self) -> str:
        """Return what is looked at."""
        return self.program.display

    @property
    def spool(self) -> int:
        """Return 0: what its parts take in spools others may need."""
        return 0


class Shares(Struct, frozen=True, tag=True):
    """A program whose debug information goes on in a common file, or such a file."""

    part: Part
    name: str
    build: bytes
    common: bool
    index: int = -1
    """Of a local file: which of the job's."""


class Leaf(Struct, frozen=True, tag=True):
    """An artifact that holds a term, or every artifact where a listing was asked for."""

    display: str
    sha256: str
    size: int
    kind: str
    hit: bool = False
    index: int = 0
    """Of a local file: which of the job's."""
    spool: int = 0
    offset: int = 0
    origin: str = ""
    marks: Marks = ()


class Apart(Struct, frozen=True, tag=True):
    """A file inside a container that is to be surveyed in a job of its own: a native library may die over it."""

    display: str
    size: int
    spool: int
    offset: int


class Words(Struct, frozen=True, tag=True):
    """A document's words, kept for the second search."""

    document: str
    size: int
    spool: int
    offset: int


class Named(Struct, frozen=True, tag=True):
    """A document that holds one of the names."""

    document: str


class Spread(Struct, frozen=True, tag=True):
    """The one container of this job is shared: the other jobs, which survey their parts of it, may begin."""


class Picture(Struct, frozen=True, tag=True):
    """A picture that may show words: looked at after everything else, if it is at all."""

    display: str
    sha256: str
    size: int = 0
    """Of what lies in the spool; 0 where pictures are not looked at."""
    spool: int = 0
    offset: int = 0
    place: str = ""
    """Of a page of a document: ``page 3``."""
    number: int = 0
    dots: float = 72.0
    """Of a page: dots an inch."""


class Original(Struct, frozen=True, tag=True):
    """A copy of a document whose pages may be shown, until the scan is over."""

    sha256: str
    size: int
    spool: int
    offset: int


class Seen(Struct, frozen=True, tag=True):
    """How much was surveyed since the last message, and what is being opened now."""

    files: int
    bytes: int
    now: str
    kinds: dict[str, int] = {}
    coverage: dict[str, int] = {}
    """Bytes by how far they are understood."""


class Trouble(Struct, frozen=True, tag=True):
    """Something that could not be opened or read."""

    limit: Limit


class Said(Struct, frozen=True, tag=True):
    """What a package's own small file says that the package is."""

    display: str
    text: str


class Constructs(Struct, frozen=True, tag=True):
    """What was read from one artifact."""

    display: str
    sha256: str
    kind: str
    constructs: tuple[Construct, ...]
    origin: str = ""


Job = Survey | Read | Seek | Join
Message = Leaf | Shares | Picture | Original | Apart | Words | Named | Spread | Said | Seen | Trouble | Constructs
