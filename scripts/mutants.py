"""Breaks the code on purpose, one place at a time, and shows which test notices.

usage: make mutants, or python scripts/mutants.py WORD... for those that hold a word

Each break is made in a copy of the tree, and the tests beside it run there. A break that nobody
notices is a hole in the tests: exit status 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
_COPIED = ("src", "tests", "bench", "docs", "examples", "pyproject.toml", "README.md")
_AT_ONCE = 2
_PATIENCE = 300  # seconds


class Mutant(NamedTuple):
    """One break: where, what stands there, what stands there instead, who should notice."""

    file: str
    was: str
    becomes: str
    tests: str
    what: str


_STORE = "store/sqlite"
_POSTGRES = "store/postgres"
_EXCHANGES = "tests/exchanges"
_OIDC = "tests/console/test_oidc_lies.py"
_HOSTILE = "tests/console/test_hostile_data.py"

_MOUNTING = "tests/embedding/test_mounting.py"
_SUBSCRIBING = "tests/embedding/test_subscribing.py"

MUTANTS = (
    Mutant(
        "scim/match.py",
        "return matches(left, resource) or matches(right, resource)",
        "return matches(left, resource) and matches(right, resource)",
        "tests/laws",
        "`or` means `and`, in memory",
    ),
    Mutant(
        "scim/values.py",
        "return value.casefold()",
        "return value.lower()",
        "tests/laws tests/scim/test_values.py",
        "texts compare by lower case, so `ß` is not `ss`",
    ),
    Mutant(
        "scim/filters.py",
        'left = f"({self.left})" if isinstance(self.left, Or) else str(self.left)',
        "left = str(self.left)",
        "tests/laws",
        "brackets get lost when a filter is printed",
    ),
    Mutant(
        f"{_STORE}/filters.py",
        'return Condition(f"instr({text}, ?) > 0", [*given, wanted])',
        'return Condition(f"instr({text}, ?) > 1", [*given, wanted])',
        "tests/laws tests/store/test_agreement.py",
        "`co` does not see the beginning of a text, in SQL",
    ),
    Mutant(
        "scim/patch.py",
        "return {**dict(_terms(operation.target.where)), **given} if given else {}",
        "return {**entry, **given} if given else {}",
        "tests/laws tests/scim/test_patch.py",
        "a replace of an entry leaves parts of the old one",
    ),
    Mutant(
        "scim/patch.py",
        "_set(container, attribute, one_primary(held, keep=newly_primary) or None)",
        "_set(container, attribute, held or None)",
        "tests/laws tests/scim",
        "two entries are primary",
    ),
    Mutant(
        "scim/projection.py",
        "if name not in unwanted or _always(kind, name):",
        "if name not in unwanted:",
        "tests/laws tests/scim/test_projection.py",
        "`excludedAttributes=id` takes the id away",
    ),
    Mutant(
        "scim/resources.py",
        'if value == "":',
        'if value == " ":',
        "tests/scim",
        "an empty text is a value",
    ),
    Mutant(
        "scim/cursors.py",
        "bound = [scope, ",
        'bound = ["", ',
        "tests/scim/test_cursors.py",
        "a cursor opens the list of another organisation",
    ),
    Mutant(
        "scim/bulk.py",
        "if one in waiting and waiting[one] <= done:",
        "if one in waiting:",
        "tests/scim/test_bulk.py",
        "operations of a bulk request do not wait for each other",
    ),
    Mutant(
        "store/order.py",
        'return Condition("r.id > ?", [last])',
        'return Condition("r.id >= ?", [last])',
        "tests/store/test_lists.py",
        "the last of a page is the first of the next",
    ),
    Mutant(
        f"{_STORE}/ledger.py",
        "if effect.owners < 0 and owners == 0:",
        "if effect.owners < 0 and owners < 0:",
        "tests/store/test_contract.py",
        "the last owner may go",
    ),
    Mutant(
        f"{_STORE}/commit.py",
        "if change.expected is not None and change.expected != row.version:",
        "if change.expected is not None and change.expected > row.version:",
        "tests/store/test_contract.py",
        "a change that was decided from an old version is written",
    ),
    Mutant(
        f"{_POSTGRES}/commit.sql",
        "SELECT * INTO t FROM tally WHERE org = the_org FOR NO KEY UPDATE;",
        "SELECT * INTO t FROM tally WHERE org = the_org;",
        "tests/store/test_feed.py",
        "two who write at once are given the same positions",
    ),
    Mutant(
        f"{_POSTGRES}/commit.sql",
        "IF s.version <> c.expected THEN",
        "IF s.version < c.expected THEN",
        "tests/store/test_contract.py",
        "PostgreSQL writes a change that was decided from an old version",
    ),
    Mutant(
        f"{_POSTGRES}/commit.sql",
        "IF owned AND NOT owns AND t.owners = 1 THEN",
        "IF owned AND NOT owns AND t.owners = 0 THEN",
        "tests/store/test_contract.py",
        "the last owner may go on PostgreSQL",
    ),
    Mutant(
        f"{_POSTGRES}/filters.py",
        'return Condition(f"strpos({text}, ?) > 0", [*given, wanted])',
        'return Condition(f"strpos({text}, ?) > 1", [*given, wanted])',
        "tests/store/test_agreement.py",
        "`co` does not see the beginning of a text on PostgreSQL",
    ),
    Mutant(
        f"{_POSTGRES}/store.py",
        "if self._epoch_read is me:  # else something was changed here meanwhile",
        "if self._epoch_read is not None:",
        "tests/store/test_postgres.py",
        "a look at who may come in that is under way hides a change",
    ),
    Mutant(
        f"{_STORE}/transaction.py",
        'self._connection.execute("ROLLBACK TO within")',
        "pass",
        "tests/web/test_bulk.py",
        "half of a refused operation of a bulk request stays",
    ),
    Mutant(
        f"{_STORE}/visitors.py",
        "AND (used IS NULL OR reach = 'set-up')",
        "",
        "tests/store/test_visitors.py",
        "a link of an administrator opens a second session",
    ),
    Mutant(
        f"{_POSTGRES}/visitors.py",
        " AND revoked IS NULL AND",
        " AND",
        "tests/store/test_visitors.py",
        "a revoked link opens a session on PostgreSQL",
    ),
    Mutant(
        f"{_STORE}/activity.py",
        'connection.executemany("DELETE FROM exchange_body WHERE number = ?", numbers)',
        "pass",
        "tests/store/test_activity.py",
        "bodies of forgotten exchanges stay on the disk",
    ),
    Mutant(
        f"{_POSTGRES}/activity.py",
        "await connection.execute(_ONE_AFTER_THE_OTHER)",
        "pass",
        "tests/store/test_activity.py",
        "who reads exchanges on misses some that were written at once",
    ),
    Mutant(
        "store/roles.py",
        "return next((rule for rule in rules if rule.group in groups), None)",
        "return next((rule for rule in reversed(rules) if rule.group in groups), None)",
        "tests/store/test_roles.py",
        "the last rule that reaches somebody gives the role",
    ),
    Mutant(
        f"{_STORE}/commit.py",
        "effect.reached = _reached_by(connection, change)",
        "effect.reached = []",
        "tests/store/test_roles.py",
        "a group that is deleted leaves its role to its members",
    ),
    Mutant(
        f"{_STORE}/roles.py",
        "found.update(dict.fromkeys(_below(connection, org, member) if nested else [member]))",
        "found.update(dict.fromkeys([member]))",
        "tests/store/test_roles.py",
        "a rule does not reach through a group that comes into another",
    ),
    Mutant(
        f"{_STORE}/relations.py",
        "FROM up CROSS JOIN member m",
        "FROM up JOIN member m",
        "tests/store/test_sqlite.py",
        "a look-up reads all memberships of an organisation with groups in groups",
    ),
    Mutant(
        f"{_POSTGRES}/commit.sql",
        "IF more_owners < 0 AND t.owners = 0 THEN",
        "IF more_owners < 0 AND t.owners < 0 THEN",
        "tests/store/test_roles.py",
        "a rule takes the role from the last owner on PostgreSQL",
    ),
    Mutant(
        f"{_POSTGRES}/feed.sql",
        "CASE WHEN g.account IS NULL THEN nullif(r.own_role, '') ELSE g.role END AS role",
        "CASE WHEN g.account IS NULL THEN r.role ELSE g.role END AS role",
        "tests/store/test_roles.py",
        "who leaves a group keeps its role on PostgreSQL",
    ),
    Mutant(
        "directory/accounts.py",
        'after.get("role") or NO_ROLE',
        'before.get("role") or NO_ROLE',
        "tests/store/test_roles.py",
        "what a provider says of a role is lost where a rule gives it",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        'execute("ROLLBACK TO one")',
        'execute("SELECT 1")',
        "tests/store/test_contract.py",
        "half of a refused change stays",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "if connection.total_changes() != written:",
        "if connection.total_changes() < written:",
        "tests/store/test_contract.py",
        "half of a refused change stays among many that are written together",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "if not connection.in_transaction:",
        "if False:",
        "tests/store/test_sqlite.py",
        "what comes behind a change that ended the transaction is written by halves",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "if _identity(self._path) != self._identity:",
        "if self._path is None:",
        "tests/cluster/test_disks.py",
        "a file that was deleted takes writes",
    ),
    Mutant(
        f"{_STORE}/numbers.py",
        "return connection.execute(anywhere, values).fetchone() if row is None else row",
        "return row",
        "tests/store/test_numbers.py",
        "whoever has the number of another cannot be changed",
    ),
    Mutant(
        f"{_STORE}/numbers.py",
        "SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM resource WHERE seq = ?1)",
        "SELECT ?1",
        "tests/store/test_numbers.py",
        "two ids that tell the same number do not go together",
    ),
    Mutant(
        f"{_STORE}/commit.py",
        "effect.names = 1",
        "effect.names = 0",
        "tests/store/test_members.py",
        "an account tells of its group what that was called before",
    ),
    Mutant(
        f"{_STORE}/writer.py",
        "batch.taken.acquire(timeout=_PATIENCE)",
        "pass",
        "tests/store/test_writing.py",
        "a commit waits until the event loop has nothing else to do",
    ),
    Mutant(
        f"{_STORE}/schema.py",
        "AFTER DELETE ON member WHEN OLD.kind = 1",
        "AFTER DELETE ON member WHEN OLD.kind = 9",
        "tests/store/test_sqlite.py",
        "an account says that it is in a group which it left",
    ),
    Mutant(
        f"{_STORE}/commit.py",
        "DELETE FROM member INDEXED BY member_of WHERE",
        "DELETE FROM member WHERE",
        "tests/store/test_sqlite.py",
        "who deletes an account walks through all memberships",
    ),
    Mutant(
        f"{_STORE}/many.py",
        "range(last - len(part) + 1, last + 1)",
        "range(last - len(part), last)",
        "tests/store/test_activity.py",
        "an exchange has the bodies of another",
    ),
    Mutant(
        f"{_STORE}/store.py",
        "while names.are_waiting(self._inline.connection(), org):",
        "while False:",
        "tests/store/test_names.py",
        "who came a moment ago is not found by their family name",
    ),
    Mutant(
        f"{_STORE}/writer.py",
        "self._owed > _MOST_OWED and",
        "False and",
        "tests/store/test_names.py",
        "names never come into their indexes while somebody writes without end",
    ),
    Mutant(
        f"{_STORE}/commit.py",
        "?, ?, NULL)",
        "?, ?, 1)",
        "tests/store/test_names.py",
        "each account that is created touches the indexes of names",
    ),
    Mutant(
        "activity/recorder.py",
        "self._reads -= _weight(size)",
        "self._reads -= 1",
        "tests/activity/test_recording.py",
        "long lists are written up as if they were short",
    ),
    Mutant(
        "directory/identifiers.py",
        "self._process != os.getpid()",
        "False",
        "tests/directory/test_identifiers.py",
        "processes that were forked make the same ids",
    ),
    Mutant(
        f"{_STORE}/writer.py",
        "self._ask()",
        "pass",
        "tests/store/test_writing.py",
        "what came while others were written waits for good",
    ),
    Mutant(
        f"{_STORE}/writer.py",
        "waiting += self._all_gathered()",
        "pass",
        "tests/store/test_writing.py",
        "what was accepted just before the end is never answered",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "self._connection.room = _REACHED",
        "pass",
        "tests/store/test_writing.py",
        "who lets a group into another holds up all readers",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "if self._lock.take(wait=False):",
        "if self._lock.take():",
        "tests/store/test_writing.py",
        "one process that writes holds up all requests of another",
    ),
    Mutant(
        f"{_STORE}/batches.py",
        "self._connection.set_busy_timeout(0)",
        "pass",
        "tests/store/test_writing.py",
        "a program that writes without our lock holds up all requests",
    ),
    Mutant(
        "store/postgres/connections.py",
        "if connection in self._doubtful:",
        "if connection is None:",
        "tests/cluster/test_running.py",
        "a commit that waited for a standby in vain is a success",
    ),
    Mutant(
        "store/postgres/connections.py",
        "if self._refusing():  #",
        "if self is not None:  #",
        "tests/cluster/test_running.py",
        "a look-up on a connection that was ended is not repeated",
    ),
    Mutant(
        "store/postgres/watching.py",
        "if not await _answers(peer):",
        "if not peer:",
        "tests/cluster/test_running.py",
        "whoever waits for a server that says nothing waits on",
    ),
    Mutant(
        "store/postgres/troubles.py",
        "    asyncpg.InternalClientError,",
        "    asyncpg.InterfaceWarning,",
        "tests/cluster/test_running.py",
        "a connection that ended a moment ago is a bug of ours",
    ),
    Mutant(
        "store/postgres/address.py",
        '        return "postgresql://..."',
        "        return url",
        "tests/cluster/test_troubles.py",
        "an address that is not plain is shown whole, with its password",
    ),
    Mutant(
        "store/recent.py",
        "return Moment(org, stored.id, stored.version, stored.created, base)",
        "return Moment(org, stored.id, 1, stored.created, base)",
        "tests/store/test_members.py",
        "a group shows who was in it before",
    ),
    Mutant(
        f"{_STORE}/leases.py",
        'connection.execute("BEGIN")',
        "pass",
        "tests/store/test_members.py",
        "a huge group is of several moments",
    ),
    Mutant(
        "web/scim.py",
        '_LOG.exception("a long answer was cut short")',
        'await send({"type": "http.response.body"})',
        "tests/web/test_long_answers.py",
        "an answer that failed on the way looks complete",
    ),
    Mutant(
        "directory/accounts.py",
        'account.setdefault("active", before.get("active"))',
        'account.setdefault("active", True)',
        f"{_EXCHANGES} tests/directory",
        "PUT without `active` switches a leaver on",
    ),
    Mutant(
        "web/authentication.py",
        "if slug is not None and slug != known.caller.organisation.slug:",
        "if False:",
        "tests/web/test_access.py",
        "a token opens another organisation's address",
    ),
    Mutant(
        "web/wire.py",
        "return asked.about(Compare(path, Op.EQ, _text(name)))",
        "return asked",
        "tests/web/test_wire.py",
        "a look-up finds who was looked up before",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (resolve, _dot_after_urn, _mistyped_urn, _short_name):",
        "for rewrite in (resolve, _mistyped_urn, _short_name):",
        _EXCHANGES,
        "no dot after a URN",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (resolve, _dot_after_urn, _mistyped_urn, _short_name):",
        "for rewrite in (resolve, _dot_after_urn, _short_name):",
        _EXCHANGES,
        "no mistyped URN",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (resolve, _dot_after_urn, _mistyped_urn, _short_name):",
        "for rewrite in (resolve, _dot_after_urn, _mistyped_urn):",
        _EXCHANGES,
        "no short names",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (lower_case_op, empty_path, json_text):",
        "for rewrite in (empty_path, json_text):",
        _EXCHANGES,
        "no `Replace`",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (lower_case_op, empty_path, json_text):",
        "for rewrite in (lower_case_op, json_text):",
        _EXCHANGES,
        "no empty path",
    ),
    Mutant(
        "tolerance.py",
        "for rewrite in (lower_case_op, empty_path, json_text):",
        "for rewrite in (lower_case_op, empty_path):",
        _EXCHANGES,
        "no object as a JSON text",
    ),
    Mutant(
        "tolerance.py",
        '    "boolean": boolean_text,\n',
        "",
        _EXCHANGES,
        "no booleans as texts",
    ),
    Mutant(
        "tolerance.py",
        '    "string": text_number,\n',
        "",
        _EXCHANGES,
        "no numbers for texts",
    ),
    Mutant(
        "tolerance.py",
        '    "complex": complex_text,\n',
        "",
        _EXCHANGES,
        "no text for an object",
    ),
    Mutant(
        "tolerance.py",
        "return not attribute.multi_valued and not acted_on",
        "return False",
        _EXCHANGES,
        "no list of one",
    ),
    Mutant(
        "tolerance.py",
        "mend=mend, listed=listed, bare=bare_text, forgiving=True)",
        "mend=mend, listed=mend, bare=bare_text, forgiving=True)",
        _EXCHANGES,
        "no one object for a list",
    ),
    Mutant(
        "tolerance.py",
        "mend=mend, listed=listed, bare=bare_text, forgiving=True)",
        "mend=mend, listed=listed, bare=bare_text)",
        _EXCHANGES,
        "unknown paths are refused, unmatched filters make nothing",
    ),
    Mutant(
        "tolerance.py",
        "mend=mend, listed=listed, bare=bare_text, forgiving=True)",
        "mend=mend, listed=listed, bare=lambda _, __: None, forgiving=True)",
        _EXCHANGES,
        "no words without quotes",
    ),
    Mutant(
        "tolerance.py",
        "return [display_name(_json_value(entry)) for entry in value]",
        "return [display_name(entry) for entry in value]",
        _EXCHANGES,
        "no JSON texts as entries",
    ),
    Mutant(
        "tolerance.py",
        "return [display_name(_json_value(entry)) for entry in value]",
        "return [_json_value(entry) for entry in value]",
        _EXCHANGES,
        "no `displayName` in an entry",
    ),
    Mutant(
        "tolerance.py",
        'meant["method"] = meant["method"].upper()',
        'meant["method"] = meant["method"]',
        _EXCHANGES,
        "no methods in small letters",
    ),
    Mutant(
        "tolerance.py",
        'meant[key] = email_filter(value) if folded == "filter" else value',
        "meant[key] = value",
        _EXCHANGES,
        "no `email` in a filter",
    ),
    Mutant(
        "tolerance.py",
        'meant[key] = _BRACKETS.sub("", value)',
        "meant[key] = value",
        _EXCHANGES,
        "no filter in `attributes`",
    ),
    Mutant(
        "activity/scribe.py",
        "answer = redaction.answer(noted.answer, about_secrets=hides, kept=said)",
        "answer = redaction.body(noted.answer)",
        "tests/console/test_exchange.py",
        "the answer that is kept quotes a secret of the request",
    ),
    Mutant(
        "console/streams.py",
        "if not await visit.services.visiting.is_signed_in(visit.who):",
        "if False:",
        "tests/console/test_live.py",
        "whoever was signed out goes on to see what comes",
    ),
    Mutant(
        "console/pages/exchange.py",
        "        and _comes_of(found.method, one.type)\n",
        "",
        "tests/console/test_exchange.py",
        "a request is said to have done what the one before it did",
    ),
    Mutant(
        "console/recognition.py",
        '"nonce": begun.nonce,',
        '"nonce": None,',
        _OIDC,
        "an ID token of another sign-in is believed",
    ),
    Mutant(
        "console/recognition.py",
        '"aud": {"essential": True, "value": us},',
        '"aud": {"essential": True},',
        _OIDC,
        "an ID token for another client is not noticed by its audience",
    ),
    Mutant(
        "console/recognition.py",
        'if verified not in (None, True, "true"):',
        'if verified == "never":',
        _OIDC,
        "an e-mail address that is not verified opens the console",
    ),
    Mutant(
        "console/provider.py",
        "if isinstance(url, str) and is_private(url) and",
        "if isinstance(url, str) and",
        "tests/console/test_oidc_provider.py",
        "an OpenID provider leads to an address without TLS",
    ),
    Mutant(
        "console/application.py",
        "if fresh is not None and not signing_in.decided(request, response):",
        "if fresh is not None:",
        _OIDC,
        "whoever signs in anew stays who they were, if their session was just renewed",
    ),
    Mutant(
        "console/rendering.py",
        "autoescape=True",
        "autoescape=False",
        _HOSTILE,
        "what people are called becomes a part of the page",
    ),
    Mutant(
        "console/templates/audited.html",
        '<bdi>{{ "none" if value is none else value | string | truncate(300, true, "…") }}</bdi>',
        '{{ "none" if value is none else value | string | truncate(300, true, "…") }}',
        _HOSTILE,
        "a name turns round what stands beside it",
    ),
    Mutant(
        "console/spreadsheets.py",
        "if text.startswith(_FORMULA) else text",
        "if False else text",
        _HOSTILE,
        "an exported name runs in a spreadsheet",
    ),
    Mutant(
        "console/pages/accounts.py",
        "_PAGE = 50",
        "_PAGE = 5_000",
        "tests/console/test_sizes.py",
        "a page grows with the accounts",
    ),
    Mutant(
        "console/static/console.css",
        "--soft: #a4afc6;",
        "--soft: #5a6478;",
        "tests/console/test_sizes.py",
        "half of the words cannot be read in the dark",
    ),
    Mutant(
        "store/hooks.py",
        "AND e.subject = w.subject AND e.position < w.position)",
        "AND e.subject = w.subject AND e.position < 0)",
        "tests/store/test_webhooks.py -k sqlite",
        "a later event of a subject overtakes one that waits",
    ),
    Mutant(
        "store/hooks.py",
        "    for some in _inserts(follower.org, endpoint, waiting):",
        "    for some in _inserts(follower.org, endpoint, waiting[1:]):",
        "tests/store/test_webhooks.py -k sqlite",
        "an event is passed and does not wait",
    ),
    Mutant(
        "feed/webhooks/planning.py",
        "if one.subject not in under_way]",
        "if one.subject]",
        "tests/feed/test_planning.py",
        "two events of a subject are under way at once",
    ),
    Mutant(
        "feed/webhooks/lane.py",
        "[waiting for waiting in found if waiting.subject not in busy]",
        "list(found)",
        "tests/feed/test_courier.py -k sqlite",
        "what is under way is sent again after it has arrived",
    ),
    Mutant(
        "feed/webhooks/retrying.py",
        "200 <= status < 300",
        "200 <= status < 400",
        "tests/feed/test_retrying.py",
        "a redirect counts as arrived",
    ),
    Mutant(
        "feed/webhooks/signing.py",
        'f"{message}.{timestamp}.".encode()',
        'f"{message}.{timestamp}".encode()',
        "tests/feed/test_signing.py",
        "a point is missing in what is signed",
    ),
    Mutant(
        "feed/webhooks/posting.py",
        "[one for one in addresses if self._private or is_public(one)]",
        "list(addresses)",
        "tests/feed/test_posting.py",
        "a name may lead into networks within",
    ),
    Mutant(
        "directory/destinations.py",
        "    if address in _NAT64:",
        "    if address in _6TO4:",
        "tests/directory/test_destinations.py",
        "an address behind NAT64 counts as public",
    ),
    Mutant(
        "connectors/planning.py",
        "(person is not None and person.id in safe)",
        "False",
        "tests/connectors/test_planning.py",
        "a protected person is deactivated",
    ),
    Mutant(
        "connectors/grouping.py",
        "& ours & set(people.free)",
        "& set(people.free)",
        "tests/connectors/test_planning.py",
        "strangers are taken out of groups",
    ),
    Mutant(
        "connectors/zulip.py",
        "add = [id_ for id_ in joins if id_ not in held]",
        "add = list(joins)",
        "tests/connectors/test_zulip.py",
        "somebody who is in a group already spoils it for the others",
    ),
    Mutant(
        "connectors/synapse.py",
        'if self._ask("GET", _path(name)).is_good:',
        "if False:",
        "tests/connectors/test_synapse.py",
        "somebody else's account is written over",
    ),
    Mutant(
        "web/mounting.py",
        "return Mounted(place + version, path[len(version) :])",
        "return Mounted(version, path[len(version) :])",
        _MOUNTING,
        "addresses do not say where an application put SCIM",
    ),
    Mutant(
        "embedding/recognising.py",
        "if slug is not None and slug != given:",
        "if slug is not None and not given:",
        "tests/embedding/test_recognising.py",
        "the key of one tenant opens the address of another",
    ),
    Mutant(
        "embedding/subscribing.py",
        "raise Failed(recorded.position - 1, detail) from error",
        "raise Failed(recorded.position, detail) from error",
        _SUBSCRIBING,
        "an event that a subscriber failed with is left out",
    ),
    Mutant(
        "feed/subscribers.py",
        "new = since is None or one.created >= since",
        "new = since is None",
        _SUBSCRIBING,
        "the first events of a new organisation reach no subscriber",
    ),
)


def main() -> int:
    """Try every break, print who noticed."""
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, console=console, transient=True) as progress,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        chosen = [one for one in MUTANTS if _is_chosen(one)]
        task = progress.add_task("Breaking", total=len(chosen))

        def tried(mutant: Mutant) -> str | None:
            seen = _noticed(mutant)
            progress.advance(task)
            return seen

        seen = list(pool.map(tried, chosen))
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for heading in ("Where", "What is broken", "Noticed by"):
        table.add_column(heading, overflow="fold")
    for mutant, test in zip(chosen, seen, strict=True):
        table.add_row(mutant.file, mutant.what, escape(test) if test else "[bold red]nobody[/]")
    console.print(table)
    console.print(f"{len(seen) - seen.count(None)} of {len(seen)} breaks were noticed.")
    return 1 if None in seen else 0


def _is_chosen(mutant: Mutant) -> bool:
    words = sys.argv[1:]
    return not words or any(word in f"{mutant.file} {mutant.what}" for word in words)


def _noticed(mutant: Mutant) -> str | None:
    """The first test that fails in a copy with the break, or None."""
    with tempfile.TemporaryDirectory(prefix="headcount-mutant-") as folder:
        copy = Path(folder)
        for name in _COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(ROOT / name, copy / name)
        _break(copy / "src" / "headcount" / mutant.file, mutant)
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider"]
        try:
            done = subprocess.run(
                [*command, *mutant.tests.split()],
                cwd=copy,
                env={**os.environ, "PYTHONPATH": str(copy / "src")},
                capture_output=True,
                text=True,
                check=False,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return "a test that does not end"
    if done.returncode not in {0, 1}:
        raise SystemExit(f"{mutant.what}: the tests cannot be run\n{done.stdout}{done.stderr}")
    failures = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failures[0].split()[1].removeprefix("tests/") if failures else None


def _break(path: Path, mutant: Mutant) -> None:
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.was) != 1:
        raise SystemExit(f"{mutant.file} does not hold exactly once: {mutant.was}")
    path.write_text(text.replace(mutant.was, mutant.becomes), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
