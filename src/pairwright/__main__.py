"""`python -m pairwright` is the command line."""

from pairwright.cli.main import main

main()
