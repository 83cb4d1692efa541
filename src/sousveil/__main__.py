"""Where the program begins, as `sousveil` and `python -m sousveil`: from here on Ctrl-C ends it without a traceback."""

import os

try:
    import signal

    # Until `start.main` has its handlers there is nothing to clean up. Who was told to ignore it goes on ignoring it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))

    from sousveil.cli.start import main
except KeyboardInterrupt:  # before the handler stood
    os._exit(130)

if __name__ == "__main__":
    main()
