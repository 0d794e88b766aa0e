"""The pictures of the console are those that `make images` draws, and somebody sees them."""

import re
import struct
from pathlib import Path

import pytest

from headcount.console.application import ALL_PAGES
from scripts.images.shots import SHOTS, Shot
from tests.docs.pages import PAGES, README, ROOT, Page, page

FOLDER = ROOT / "docs" / "images"
MOST_BYTES = 1_800_000  # of all of them
DRAWN = [
    one.path
    for one in ALL_PAGES
    if one.method == "GET"
    and not one.path.endswith((".csv", "/live"))
    and one.path not in {"", "/", "/oidc/begin", "/oidc/callback"}  # which lead elsewhere
]
NOT_SHOWN = {"/unclaimed/{number:int}"}  # as any request


def file_of(shot: Shot) -> Path:
    return FOLDER / f"console-{shot.name}.png"


def test_each_picture_is_one_that_is_drawn() -> None:
    assert set(FOLDER.glob("console-*.png")) == {file_of(shot) for shot in SHOTS}
    assert sum(file.stat().st_size for file in FOLDER.glob("console-*.png")) < MOST_BYTES


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_has_the_shape_of_its_screen(shot: Shot) -> None:
    width, height = struct.unpack(">II", file_of(shot).read_bytes()[16:24])
    assert width * shot.size[1] == height * shot.size[0]


def test_each_picture_is_shown_to_somebody() -> None:
    linked = {(one.path.parent / link).resolve() for one in PAGES for link in one.links()}
    assert {file_of(shot) for shot in SHOTS} <= linked


@pytest.mark.parametrize("document", [README, page("docs/console.md")], ids=str)
def test_each_picture_is_told_to_whoever_does_not_see_it(document: Page) -> None:
    told = re.findall(r"!\[([^\]]*)\]\([^)]*/console-", document.text)
    assert len(told) >= 4
    assert all(len(one) > 30 for one in told)


@pytest.mark.parametrize("path", DRAWN)
def test_each_page_has_a_picture(path: str) -> None:
    pattern = re.sub(r"\\\{\w+(:\w+)?\\\}", "[^/]+", re.escape(path))
    shown = [shot for shot in SHOTS if re.fullmatch(pattern, shot.path.partition("?")[0])]
    assert shown or path in NOT_SHOWN, path
