"""How a picture of each page is taken."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from headcount.bootstrap import Runtime
from headcount.directory.visiting import SET_UP_LIFETIME
from headcount.simulate.conversation import Conversation
from headcount.store.activity import Sought
from headcount.store.visitors import Reach
from scripts.images.company import BY_ROOT, GRACE, ROOT, Played, founded
from scripts.images.shots import SHOTS, Shot
from scripts.images.stage import Stage, settle_times, staged

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-font-subpixel-positioning",  # letters between dots come out otherwise at times
    "--font-render-hinting=none",
)
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
_COLOURS = 128
_DOTS = 1.5  # of the picture for one of the page: most screens have so many


def draw(database: str, folder: Path) -> None:
    """Draw all of them into `folder`."""
    with studio(database) as open_studio:
        for shot in SHOTS:
            open_studio.take(shot, folder / f"console-{shot.name}.png")


@dataclass(slots=True)
class Studio:
    """A browser in front of a server on which everything has happened."""

    database: str
    stage: Stage
    ids: dict[str, str]
    contexts: dict[Reach | None, BrowserContext]

    def take(self, shot: Shot, file: Path) -> None:
        """One picture. A file whose picture looks the same is left alone."""
        page = self.open(shot)
        picture = compressed(page.screenshot(animations="disabled"))
        page.close()
        if not file.exists() or file.read_bytes() != picture:
            file.write_bytes(picture)

    def open(self, shot: Shot) -> Page:
        """The page of a picture."""
        page = self.contexts[shot.reach].new_page()
        width, height = shot.size
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")
        page.clock.set_fixed_time(self.stage.calendar.clock())
        page.goto(f"{self.stage.address}/console{shot.path.format(**self.ids)}")
        if shot.reach is Reach.SET_UP and "provider=" in shot.path:
            self._connect(page)
        if shot.path.endswith("/roles"):
            page.get_by_label("Members of the group").fill("Finance")
            page.get_by_role("button", name="Add the rule").click()
        page.evaluate("document.activeElement?.blur()")
        return page

    def _connect(self, page: Page) -> None:
        """Issue a token in place, and let the provider arrive with it."""
        page.get_by_role("button", name="Issue").first.click()
        token = page.locator("#token ~ dl code").nth(1).inner_text()
        base = f"{self.stage.address}/scim/v2"
        with Conversation.begin(base, token.removeprefix("Bearer ")) as server:
            server.get("/Users", startIndex=1, count=2).expect(200)
        page.locator(".told .good").wait_for()
        settle_times(self.database)


@contextmanager
def studio(database: str) -> Iterator[Studio]:
    """Everything that a picture needs, for as long as the block runs."""
    calendar, played = founded(database)
    with staged(database, calendar) as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        links = {reach: stage.do(partial(_link, reach)) for reach in Reach}
        contexts: dict[Reach | None, BrowserContext] = {
            reach: _come_in(stage, browser, link) for reach, link in links.items()
        }
        contexts[None] = _come_in(stage, browser, None)
        ids = {**_ids(stage, played), "link": links[Reach.SET_UP]}
        yield Studio(database, stage, ids, contexts)
        browser.close()


def _come_in(stage: Stage, browser: Browser, link: str | None) -> BrowserContext:
    """A window, in which somebody is signed in who has a link."""
    context = browser.new_context(user_agent=_FIREFOX, locale="en-GB", device_scale_factor=_DOTS)
    if link is not None:
        page = context.new_page()
        page.goto(f"{stage.address}/console/enter/{link}")
        page.get_by_role("button").last.click()
        page.wait_for_load_state()
        page.close()
    return context


async def _link(reach: Reach, runtime: Runtime) -> str:
    acme, visiting = await runtime.store.organisation("acme"), runtime.visiting
    if reach is Reach.SET_UP:
        return (await visiting.set_up_link(acme, SET_UP_LIFETIME, f"administrator:{GRACE}"))[0]
    if reach is Reach.SERVER:
        return (await visiting.invite(ROOT, None, BY_ROOT))[0]
    return (await visiting.invite(GRACE, acme, BY_ROOT))[0]


def _ids(stage: Stage, played: Played) -> dict[str, str]:
    """Of what stands in the addresses of pages."""

    async def refused(runtime: Runtime) -> int:
        acme = await runtime.store.organisation("acme")
        newest = await runtime.store.exchanges(acme.id, Sought(failures=True), 1)
        return newest[0].number

    return {**played.ids, "refused": str(stage.do(refused))}


def compressed(picture: bytes) -> bytes:
    """The same picture with as many colours as anybody can tell apart on a page.

    Of colours that become one, the most frequent stays: no two pictures differ in their ground.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = image.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    places = Image.frombytes("L", small.size, small.tobytes())
    both = Image.merge("RGBA", (*image.split(), places))
    counted: Any = both.getcolors(image.width * image.height)
    palette = {place: colour for _, (*colour, place) in sorted(counted)}
    small.putpalette([part for place in range(len(palette)) for part in palette[place]])
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()
