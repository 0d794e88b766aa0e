"""Every conversation of every identity provider, played to a running server."""

from pathlib import Path

import pytest

from tests.exchanges.conversation import files, load
from tests.exchanges.player import HttpWire, Site, play


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_server_keeps_up_its_side_of_the_conversation(path: Path, site: Site) -> None:
    with HttpWire(site.base_url) as wire:
        play(load(path), wire, site)
