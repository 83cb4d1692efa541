"""``python -m sousveil``."""

from sousveil.cli.start import main

if __name__ == "__main__":
    main()
