"""Every check of scim2-tester, as JSON: a title, a status and a reason each."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server


def main(base_url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    with Client(base_url=base_url, headers=headers, timeout=30) as client:
        results: Iterable[Any] = check_server(SyncSCIMClient(client))
    told = [(one.title, one.status.name, str(one.reason)) for one in results]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
