"""Behind a pgbouncer that gives a connection to somebody else after each transaction."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from headcount.cli import main
from tests.cluster.crowd import Crowd
from tests.cluster.servers import Server, folder, migrated, new_server, wait_for
from tests.pooling import behind, pooler, pooling
from tests.serving import Office, serving, settle

_OURS = (
    "ignore_startup_parameters = application_name,default_transaction_isolation,plan_cache_mode,"
    "enable_seqscan,jit,client_min_messages,lock_timeout,statement_timeout,"
    "idle_in_transaction_session_timeout"
)
_SETTING = "HEADCOUNT_POSTGRES_PREPARED=off"
_OFF = {"HEADCOUNT_POSTGRES_PREPARED": "off"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if pooler() is None:
        pytest.skip("there is no pgbouncer")
    with folder() as where:
        made = new_server(where)
        try:
            made.sql("CREATE DATABASE headcount")
            migrated(made.address("headcount"))
            yield made
        finally:
            made.end()


@pytest.fixture
def direct(server: Server) -> str:
    return server.address("headcount")


def test_without_prepared_statements_everything_works(server: Server, direct: str) -> None:
    office = Office(direct)
    with (
        pooling(direct) as port,
        serving(behind(port, direct), "--workers", "2", **_OFF) as one,
        serving(behind(port, direct), **_OFF) as other,
    ):
        crowd = Crowd([one, other], settle(one, office).token)
        with crowd.working() as told:
            wait_for(lambda: len(told.created) > 200)
        assert not told.wrong, told.wrong[:5]
        assert set(told.statuses) == {200, 201}
    office.close()


def test_with_prepared_statements_it_is_told_how_to_go_without(direct: str) -> None:
    with pooling(direct) as port:
        done = CliRunner().invoke(main, ["org", "list", "--database", behind(port, direct)])
    assert done.exit_code == 1
    assert _SETTING in done.output
    assert len(done.output.splitlines()) == 1


def test_a_pooler_that_swallows_our_settings_is_told_too(direct: str) -> None:
    office = Office(direct)
    with pooling(direct, _OURS) as port, serving(behind(port, direct)) as base_url:
        crowd = Crowd([base_url], settle(base_url, office).token)
        with crowd.working() as told:
            wait_for(lambda: any(_SETTING in one for one in tuple(told.reasons)))
        assert 500 not in told.statuses
    office.close()


def test_a_commit_that_is_not_on_disk_is_refused(server: Server, direct: str) -> None:
    server.sql("ALTER DATABASE headcount SET synchronous_commit = off")
    try:
        with pooling(direct) as port:
            command = ["org", "list", "--database", behind(port, direct)]
            done = CliRunner().invoke(main, command, env=_OFF)
    finally:
        server.sql("ALTER DATABASE headcount RESET synchronous_commit")
    assert done.exit_code == 1
    assert "synchronous_commit" in done.output
