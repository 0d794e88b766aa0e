"""A real Synapse on loopback, in a process of its own, from `make peers`."""

import hashlib
import hmac
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import urllib3

SERVER_NAME = "acme.test"
PYTHON = Path(__file__).resolve().parents[2] / ".peers" / "synapse" / "bin" / "python"

_SHARED = "no secret: it registers the first account"
_PATIENCE = 120  # seconds
_LOGGING = """
version: 1
handlers: {file: {class: logging.FileHandler, filename: "%s"}}
root: {level: WARNING, handlers: [file]}
disable_existing_loggers: false
"""


@dataclass(frozen=True)
class Homeserver:
    """A Synapse that answers, with an administrator."""

    site: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers to an administrator."""
        answer = urllib3.request(
            method,
            self.site + path,
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self.token}"},
            retries=False,
        )
        assert answer.status < 300, answer.data
        return answer.json()

    def user(self, local_part: str) -> dict[str, Any]:
        """All that it knows of somebody."""
        name = quote(f"@{local_part}:{SERVER_NAME}", safe="")
        found: dict[str, Any] = self.ask("GET", f"/_synapse/admin/v2/users/{name}")
        return found

    def write(self, local_part: str, **body: Any) -> None:
        """Change somebody, as another administrator would."""
        name = quote(f"@{local_part}:{SERVER_NAME}", safe="")
        self.ask("PUT", f"/_synapse/admin/v2/users/{name}", body)

    def active(self) -> dict[str, str]:
        """Display names of all who are active, by the local part of their names."""
        page = self.ask("GET", "/_synapse/admin/v2/users?limit=1000&deactivated=false")
        return {
            one["name"][1:].partition(":")[0]: one["displayname"]
            for one in page["users"]
            if not one["deactivated"]
        }

    def addresses(self, local_part: str) -> list[str]:
        """The e-mail addresses of somebody."""
        return [one["address"] for one in self.user(local_part)["threepids"]]


@contextmanager
def synapse(folder: Path) -> Iterator[Homeserver]:
    """A new, empty homeserver; its administrator is `root`."""
    assert PYTHON.exists(), "there is no Synapse to test with: run `make peers`"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "homeserver.yaml"
    config.write_text(json.dumps(_configuration(folder, port)), encoding="utf-8")
    (folder / "log.yaml").write_text(_LOGGING % (folder / "log"), encoding="utf-8")
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(config)]
    subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, cwd=folder)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        site = f"http://127.0.0.1:{port}"
        _wait(process, site, folder)
        server = Homeserver(site, _register(site, "root"))
        _settle(server)
        yield server
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _configuration(folder: Path, port: int) -> dict[str, Any]:
    """JSON is YAML as well."""
    return {
        "server_name": SERVER_NAME,
        "report_stats": False,
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "pid"),
        "log_config": str(folder / "log.yaml"),
        "registration_shared_secret": _SHARED,
        "macaroon_secret_key": "no secret",
        "form_secret": "no secret",
        "suppress_key_server_warning": True,
        "trusted_key_servers": [],
        "bcrypt_rounds": 4,
        "background_updates": {"sleep_enabled": False},
        "database": {"name": "sqlite3", "args": {"database": ":memory:"}},
        "listeners": [
            {
                "port": port,
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"]}],
            }
        ],
    }


def _wait(process: "subprocess.Popen[bytes]", site: str, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        assert process.poll() is None, (folder / "output").read_text(errors="replace")
        assert time.monotonic() < end
        try:
            urllib3.request("GET", f"{site}/_matrix/client/versions", retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return


def _register(site: str, name: str) -> str:
    """The access token of a new administrator."""
    path = f"{site}/_synapse/admin/v1/register"
    nonce = urllib3.request("GET", path).json()["nonce"]
    said = f"{nonce}\0{name}\0password\0admin".encode()
    proof = hmac.new(_SHARED.encode(), said, hashlib.sha1).hexdigest()
    made = {"nonce": nonce, "username": name, "password": "password", "admin": True, "mac": proof}
    answer = urllib3.request("POST", path, body=json.dumps(made))
    return str(answer.json()["access_token"])


def _settle(server: Homeserver) -> None:
    """A new one makes its indexes in the background, and fails at some things before."""
    end = time.monotonic() + _PATIENCE
    path = "/_synapse/admin/v1/background_updates/status"
    while server.ask("GET", path)["current_updates"]:
        assert time.monotonic() < end
        time.sleep(0.1)
