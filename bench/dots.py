"""How long each page of the console takes, as a picture that can be read without colour."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.console import LIMIT
from bench.curves import save
from bench.figures import short
from bench.results import Measured, Result, unique
from bench.telling import by_page

_LOOKS = (("^", "white"), ("o", "white"), ("s", "#9dbfe3"), ("D", "#1b4f8f"))  # the last: the most
_EDGE = "#1b4f8f"
_ROW = 0.19  # inches that a page takes
_BESIDE = 1.9  # for title, legend and axis
_WIDE = (3.0, 3.4)  # for the names, and for each server
_ROOM = 1.6  # times what is longest, that the axis goes on

Pages = dict[str, list[Result]]


def draw_pages(measured: Measured, folder: Path) -> None:
    """Draw `pages` as SVG and PNG: a row for each page, a mark for each number of accounts."""
    from matplotlib import pyplot as plt  # noqa: PLC0415  only installed where something is drawn

    servers = {name: by_page(measured, name) for name in unique(o.server for o in measured.pages)}
    names = list(next(iter(servers.values())))
    width, height = _WIDE[0] + _WIDE[1] * len(servers), _BESIDE + _ROW * len(names)
    figure, grid = plt.subplots(
        1, len(servers), figsize=(width, height), sharex=True, sharey=True, squeeze=False
    )
    sizes = sorted({one.accounts for one in measured.pages})
    for axes, (server, pages) in zip(grid[0], servers.items(), strict=True):
        _plot(axes, names, pages, sizes)
        axes.set_title(server, loc="left", fontweight="bold", fontsize=10)
    _scale(grid[0][0], names, [one for one in measured.pages if one.is_told])
    title = f"How long the pages of the console take, by the number of accounts\n{_legend(sizes)}"
    figure.suptitle(title, x=0.02, horizontalalignment="left", fontsize=11)
    save(figure, folder / "pages")


def _legend(sizes: Sequence[int]) -> str:
    words = {"^": "triangle", "o": "circle", "s": "square", "D": "diamond"}
    return ", ".join(f"{words[_look(sizes, size)[0]]}: {short(size)}" for size in sizes)


def _look(sizes: Sequence[int], size: int) -> tuple[str, str]:
    """Mark and filling of a number of accounts, the same for every server."""
    return _LOOKS[max(0, len(_LOOKS) - len(sizes) + sizes.index(size))]


def _plot(axes: Any, names: Sequence[str], pages: Pages, sizes: Sequence[int]) -> None:
    """The medians as marks; with the most accounts a line from there to 99 of 100."""
    for place, name in enumerate(names):
        series = pages.get(name, [])
        for one in series:
            mark, colour = _look(sizes, one.accounts)
            looks = {"marker": mark, "c": colour, "edgecolors": _EDGE, "s": 22, "zorder": 3}
            axes.scatter([one.percentile(0.5)], [place], **looks)
        for one in series[-1:]:
            ends = (one.percentile(0.5), one.percentile(0.99))
            axes.plot(ends, (place, place), color=_EDGE, linewidth=1, zorder=2)
    axes.set_xlabel("milliseconds: median, and as a line\nup to 99 of 100 with most accounts")
    axes.axvline(LIMIT, color="#b3541e", linestyle="--", linewidth=1)
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _scale(axes: Any, names: Sequence[str], results: Sequence[Result]) -> None:
    """The scale, which all servers share."""
    shortest = min(one.percentile(0.5) for one in results)
    longest = max(LIMIT, *(one.percentile(0.99) for one in results))
    axes.set_xscale("log")
    axes.set_xlim(shortest / 1.4, longest * _ROOM)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.5g}")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
