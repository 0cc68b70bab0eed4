"""The program `outdial`."""

import signal
import sys

from outdial.cli import execute


def main() -> None:
    """Run one command and end the process with its exit code (`outdial.cli.output.ExitCode`)."""
    # To be asked to stop unwinds like Ctrl-C, so that a database that was started is stopped as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
