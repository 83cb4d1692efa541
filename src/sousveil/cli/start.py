"""Where the program begins and ends: its version at once, its signals, its last words."""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import io
import math
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

FOUND, TROUBLE = 1, 2
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""A disk that is full, closed or broken: nothing that we could mend."""
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
"""Files, processes or memory that a limit of the user's or the machine's refuses."""
_GRACE = 5.0
"""Seconds that cleaning up after a signal may take."""
_TICK = 0.5
_OPEN = 8192
_code: int | None = None
"""With what the process ends, once that is certain."""


class Interrupted(BaseException):
    """The user or the system asked to stop. Not an Exception: nobody may take it for a failure and go on."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Refused(Exception):
    """What was asked cannot be done. The message says what and why, for the user."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 (found), 2 (could not), or 128 + a signal's number."""
    args = sys.argv[1:] if args is None else list(args)
    _open_as_many_as_allowed()
    atexit.register(_vanish)  # the first, so that it runs last
    _open_what_is_closed()
    _make_streams_forgiving()
    gc.set_threshold(50_000, 20, 20)  # little here is cyclic, and much of it lives to the end
    try:
        _catch_signals()
        code = _written(_run(args))
        _heed_no_more()
    except Interrupted as stop:
        _heed_no_more()
        _stop_children()
        say("stopped." if stop.number == signal.SIGINT else f"stopped by {signal.Signals(stop.number).name}.")
        code = 128 + stop.number
        _write_if_taken()
    global _code
    _code = code
    sys.exit(code)


def _run(args: Sequence[str]) -> int:
    try:
        if list(args) == ["--version"]:
            from sousveil import __version__

            print(f"sousveil {__version__}")
            return 0
        from sousveil.cli.app import app

        app(args=list(args), prog_name="sousveil")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else TROUBLE
    except BrokenPipeError:
        forget_stdout()
        return 128 + 13
    except Exception as error:  # noqa: BLE001 - the outermost place: nothing may end in a bare traceback
        return _report(error, args)
    return 0


def _report(error: Exception, args: Sequence[str]) -> int:
    """Say what went wrong: one line for what a user can mend, a way to tell us for what only we can."""
    from sousveil.acquire.wording import AcquireError, shown

    if isinstance(error, Refused | AcquireError) or type(error).__name__ in ("RuleError", "CaseError", "SandboxError"):
        say(str(error))
        return TROUBLE
    if isinstance(error, OSError) and error.errno in _FULL:
        if error.filename is None and _written(0):  # which says so
            return TROUBLE
        say(f"{error.filename + ': ' if isinstance(error.filename, str) else ''}{error.strerror}; it was not done")
        return TROUBLE
    if isinstance(error, OSError) and error.errno in _SCARCE:
        say(
            f"{error.strerror}: the system gives this process no more, and it was not done. ulimit -a shows its limits."
        )
        return TROUBLE
    if isinstance(error, FileNotFoundError) and _nowhere():
        say("the current folder is no more; go to one that is there (cd), and try again")
        return TROUBLE
    if os.environ.get("SOUSVEIL_DEBUG") == "1" or "-vv" in args:
        import traceback

        traceback.print_exception(error)
    say(
        f"this is a mistake in sousveil, not in what you asked: {type(error).__name__}: {shown(str(error))}. "
        "Please report it with the command and this line; SOUSVEIL_DEBUG=1 shows where it happened."
    )
    return TROUBLE


def _nowhere() -> bool:
    """Return whether the folder that this was started in is gone."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return True
    return False


def _catch_signals() -> None:
    main_process = os.getpid()
    # Handlers in Python throughout, none SIG_IGN or SIG_DFL: exchanging those while a signal is on its way makes the
    # interpreter complain.
    last_moment = math.inf

    def tick(number: int, frame: FrameType | None) -> None:
        if time.monotonic() > last_moment:
            os._exit(TROUBLE)

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal last_moment
        if os.getpid() != main_process:  # a worker that was just forked: its parent cleans up
            os._exit(128 + number)
        if last_moment < math.inf:
            return
        last_moment = time.monotonic() + _GRACE  # cleaning up must not hang either
        raise Interrupted(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup and background jobs of a script have some of them ignored: leave that so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    # A signal that comes just before a read that waits (for standard input, for a registry) is only seen when that read
    # ends. A tick interrupts it; Python then sees both.
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, tick)
        signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)


def _stop_children() -> None:
    """End workers that the interruption kept their pool from ending."""
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for child in multiprocessing.active_children():
            child.kill()
            child.join(1)


def _open_what_is_closed() -> None:
    """Fill the places of standard streams that the caller closed: a file opened later would take one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # What is written vanishes, as was wished; reading fails, for nothing was given.
            os.open(os.devnull, os.O_WRONLY)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - as long as the program
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _open_as_many_as_allowed() -> None:
    """Have as many files open as the user may: each worker needs a few, and the usual limit is far below the real."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN if hard == resource.RLIM_INFINITY else min(_OPEN, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _make_streams_forgiving() -> None:
    """A character the terminal's encoding lacks is shown escaped; it is no reason to fail.

    Nor is anything lost under PYTHONUNBUFFERED: there a write that a signal interrupts, as our tick does where a reader
    is slow, ends early, and nobody asks how much was written.
    """
    raw = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=sys.stdout.encoding, line_buffering=True, write_through=True
        )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Tell the user one thing on standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(f"sousveil: {text}", file=sys.stderr, flush=True)


def forget_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter's own flush at exit says nothing."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _written(code: int) -> int:
    """Write what is still buffered; return the exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()
    except OSError as error:
        say(f"standard output: {error.strerror}")
        forget_stdout()
        return TROUBLE
    return code


def _write_if_taken() -> None:
    """Write what is still buffered, unless nobody reads it."""
    import threading

    def write() -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(_TICK)


def _heed_no_more() -> None:
    """Let no signal come between: all is done, but for what lies about."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _vanish() -> None:
    """End at once: taking the lexicon apart object by object takes longer than many a scan's judgement."""
    if _code is not None:
        os._exit(_code)
