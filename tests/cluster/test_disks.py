"""A disk that is full or read only, and a file that somebody deletes, on both stores."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner

from headcount.cli import main
from headcount.store.model import Policy
from tests.cluster.servers import filled, folder, migrated, new_server, small_disk
from tests.databases import POSTGRES, SQLITE, STORES
from tests.serving import Office, Site, serving, settle

_LONG = "x" * 3_000
_MANY = 2_000  # accounts that fit nowhere


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk(48) as found:
        if found is None:
            pytest.skip("this user may not mount a disk")
        yield found


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest, disk: Path) -> Iterator[str]:
    if request.param == SQLITE:
        yield f"sqlite:///{disk / 'headcount.db'}"
        return
    assert request.param == POSTGRES
    with folder() as where:
        server = new_server(where)
        (disk / "tables").mkdir()
        server.give(disk / "tables")
        try:
            server.sql(f"CREATE TABLESPACE small LOCATION '{disk / 'tables'}'")
            server.sql("CREATE DATABASE headcount TABLESPACE small")
            yield migrated(server.address("headcount"))
        finally:
            server.end()


def ask(site: Site, method: str, path: str, name: str = "") -> urllib3.BaseHTTPResponse:
    return urllib3.request(
        method,
        site.base_url + path,
        headers={"Authorization": f"Bearer {site.token}"},
        body=json.dumps({"userName": name, "title": _LONG}) if name else None,
        retries=False,
        timeout=30,
    )


def test_a_full_disk_takes_no_writes_until_there_is_room(database: str, disk: Path) -> None:
    with serving(database) as base_url:
        office = Office(database)
        site = settle(base_url, office, Policy())
        made = 0
        with filled(disk):
            for made in range(_MANY):
                answer = ask(site, "POST", "/Users", f"person-{made}")
                if answer.status != 201:
                    break
            assert answer.status == 503, answer.data
            assert "disk" in answer.json()["detail"]
            assert "full" in answer.json()["detail"]
            assert answer.headers["retry-after"].isdecimal()
            assert ask(site, "GET", "/Users?count=0").json()["totalResults"] == made
        assert ask(site, "POST", "/Users", f"person-{made}").status == 201
        assert site.organisation.counts.users == made + 1
        office.close()


def test_a_file_on_a_disk_that_is_read_only_is_told(disk: Path) -> None:
    database = f"sqlite:///{disk / 'headcount.db'}"
    migrated(database)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = CliRunner().invoke(main, ["org", "list", "--database", database])
    assert done.exit_code == 1
    assert "may this user write there" in done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_nothing_is_written_to_a_file_that_is_gone(tmp_path: Path, what: str) -> None:
    path = tmp_path / "headcount.db"
    database = f"sqlite:///{path}"
    with serving(database) as base_url:
        office = Office(database)
        site = settle(base_url, office, Policy())
        assert ask(site, "POST", "/Users", "ada").status == 201
        office.close()
        path.rename(tmp_path / "elsewhere.db")
        if what == "replaced":
            path.write_bytes((tmp_path / "elsewhere.db").read_bytes())
        answer = ask(site, "POST", "/Users", "bob")
        assert answer.status == 503, answer.data
        assert "deleted or replaced" in answer.json()["detail"]
