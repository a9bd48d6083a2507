"""`python -m pawvit`: the command line where no script is on the path."""

from pawvit.cli.main import main

main()
