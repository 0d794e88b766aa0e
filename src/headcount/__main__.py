"""`python -m headcount` is the same as `headcount`."""

from headcount.cli import main

main(prog_name="headcount")
