"""`headcount check`: our own conformance checks, at any SCIM server."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from headcount.cli.printing import console
from headcount.simulate import DOMAIN
from headcount.simulate.address import ConversationError
from headcount.simulate.checks import CHECKS, Outcome, Result, run_checks
from headcount.simulate.checks.report import as_html, as_json, as_table, summary

_FORMATS = ("text", "json", "html")


@click.command()
@click.option("--base-url", required=True, help="The base address, ending in /scim/v2.")
@click.option(
    "--token", required=True, envvar="HEADCOUNT_TOKEN", show_envvar=True, help="The token."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="A table to read, JSON for programs, or one page of HTML.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write JSON or HTML into; the terminal without it.",
)
@click.option(
    "--domain",
    default=DOMAIN,
    show_default=True,
    help="The domain of the userNames that are made: not a real one.",
)
def check(base_url: str, token: str, form: str, output: Path | None, domain: str) -> None:
    """Check any SCIM server against the RFCs, and against what identity providers need.

    Accounts and groups are made for it and taken away again; nobody else is touched. What the
    server says that it does not offer is not held against it. The exit status is 1 if a check
    fails.
    """
    results = _checked(base_url, token, domain)
    if form == "text":
        console().print(as_table(results))
        console().print(f"\n{summary(results)}.", highlight=False)
    else:
        told = as_json(results) if form == "json" else as_html(results, base_url)
        if output is None:
            click.echo(told)
        else:
            output.write_text(told, encoding="utf-8")
            click.echo(f"{summary(results)}; the report is in {output}.", err=True)
    raise SystemExit(any(result.outcome is Outcome.FAILED for result in results))


def _checked(base_url: str, token: str, domain: str) -> list[Result]:
    screen = console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(
            *columns, console=screen, transient=True, disable=not screen.is_terminal
        ) as progress:
            task = progress.add_task("Checking", total=len(CHECKS))
            return run_checks(base_url, token, lambda _: progress.advance(task), domain=domain)
    except ConversationError as error:
        raise click.ClickException(str(error)) from None
