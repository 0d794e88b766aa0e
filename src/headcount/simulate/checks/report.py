"""The outcome of the checks: as a table, as JSON, or as one page that needs nothing else."""

from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

import orjson
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from headcount.simulate.checks.ground import Outcome, Result
from headcount.simulate.telling import printable

_STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_OFFERED: "dim"}
_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_OFFERED: "-"}


def summary(results: Iterable[Result]) -> str:
    """How many of each, in one line."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)


def as_table(results: list[Result]) -> Table:
    """What failed stands in full; of the rest a line each."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    table.add_column("Rule", ratio=1, overflow="fold")
    table.add_column("Section", no_wrap=True)
    for result in results:
        mark = Text(_MARKS[result.outcome], style=_STYLES[result.outcome])
        rule = Text(result.check.rule)
        if result.outcome is Outcome.FAILED:
            rule.append("\n").append_text(printable(result.came)).append("\n")
            rule.append(result.check.remedy, style="italic")
        table.add_row(mark, rule, result.check.section)
    return table


def as_json(results: list[Result]) -> str:
    """Everything, for a program."""
    body = {
        "summary": {outcome.value: _count(results, outcome) for outcome in Outcome},
        "checks": [_object(result) for result in results],
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()


def _count(results: list[Result], outcome: Outcome) -> int:
    return sum(result.outcome is outcome for result in results)


def _object(result: Result) -> dict[str, Any]:
    return {
        "section": result.check.section,
        "rule": result.check.rule,
        "outcome": result.outcome,
        "came": result.came or None,
        "remedy": result.check.remedy if result.outcome is Outcome.FAILED else None,
    }


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SCIM checks of {server}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }}
h1 {{ font-size: 1.5rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-bottom: 1px solid #ddd; }}
td:nth-child(3) {{ white-space: nowrap; color: #555; }}
.passed {{ color: #1b6e3c; }}
.failed {{ color: #a4161a; font-weight: bold; }}
.not {{ color: #666; }}
p.came {{ margin: .25rem 0; }}
p.remedy {{ margin: .25rem 0; font-style: italic; }}
</style>
</head>
<body>
<h1>SCIM checks of {server}</h1>
<p>{summary}</p>
<table>
<thead>
<tr><th scope="col">Outcome</th><th scope="col">Rule</th><th scope="col">Section</th></tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def as_html(results: list[Result], server: str) -> str:
    """One page without scripts; everything that a server said is escaped."""
    rows = "\n".join(_row(result) for result in results)
    return _PAGE.format(server=escape(server), summary=escape(summary(results)), rows=rows)


def _row(result: Result) -> str:
    told = escape(result.check.rule)
    if result.outcome is Outcome.FAILED:
        told += f'<p class="came">{escape(result.came)}</p>'
        told += f'<p class="remedy">{escape(result.check.remedy)}</p>'
    kind = result.outcome.value.partition(" ")[0]
    mark = f"{_MARKS[result.outcome]} {result.outcome}"
    return (
        f'<tr><td class="{kind}">{mark}</td><td>{told}</td>'
        f"<td>{escape(result.check.section)}</td></tr>"
    )
