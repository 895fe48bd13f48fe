"""The command line's way in: the script `pairwright`, and `python -m pairwright`."""

import gc

from pairwright import interrupts


def main() -> None:
    """Import the command line and run it; see `pairwright.cli.main`."""
    interrupts.take_all(interrupts.end_at_once)
    # What is imported stays: looking through it for garbage costs a tenth of the start-up.
    gc.disable()
    from pairwright.cli import main as command_line

    gc.enable()
    gc.freeze()
    command_line.main()


if __name__ == "__main__":
    main()
