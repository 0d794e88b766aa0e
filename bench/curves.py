"""The growth curves, as pictures that can be read without colour."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.figures import short
from bench.grouping import JOIN_SIZES, joins
from bench.operations import CREATE, LOOK_UP, PAGE, PATCH_ACTIVE, READ
from bench.results import Measured

Points = list[tuple[float, float]]

_PANELS = (LOOK_UP, READ, PAGE, PATCH_ACTIVE, CREATE, joins(10))
_LOOKS = (
    ("#1b4f8f", "-", "o"),
    ("#4f9bd9", "--", "s"),
    ("#b3541e", "-.", "^"),
    ("#6b6b6b", ":", "D"),
    ("#2e7d4f", (0, (5, 1, 1, 1, 1, 1)), "v"),
)
_COST = "milliseconds per request\n(1,000 / requests per second)"
_APART = 0.062  # of the height, between two labels
_WIDE = 0.42  # of the width, that a label takes at the most


def draw(measured: Measured, connections: int, folder: Path) -> None:
    """Draw `growth` and `members`, each as SVG and PNG."""
    _growth(measured, connections, folder)
    _members(measured, connections, folder)


def _growth(measured: Measured, connections: int, folder: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415  only installed where something is drawn

    figure, grid = plt.subplots(2, 3, figsize=(12, 7.4), sharex=True, sharey=True)
    lines = {name: _by_accounts(measured, name, connections) for name in _PANELS}
    for axes, name in zip(grid.flat, _PANELS, strict=True):
        axes.set_title(name[0].upper() + name[1:], loc="left", fontweight="bold", fontsize=10)
    _scale(grid.flat, list(lines.values()), room=0.6)
    for axes, name in zip(grid.flat, _PANELS, strict=True):
        _plot(axes, lines[name], measured.servers)
    for axes in grid[:, 0]:
        axes.set_ylabel(_COST)
    for axes in grid[1]:
        axes.set_xlabel("accounts")
    figure.suptitle(_title("What a request costs, by the number of accounts", connections))
    save(figure, folder / "growth")


def _members(measured: Measured, connections: int, folder: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415  only installed where something is drawn

    figure, axes = plt.subplots(figsize=(8, 5))
    lines = _by_members(measured, connections)
    _scale([axes], [lines], room=0.35)
    _plot(axes, lines, measured.servers)
    axes.set_ylabel(_COST)
    axes.set_xlabel("members that the group has")
    figure.suptitle(_title("What adding one member costs, by the size of the group", connections))
    save(figure, folder / "members")


def _title(what: str, connections: int) -> str:
    return f"{what}, over {connections} connections"


def _by_accounts(measured: Measured, operation: str, connections: int) -> dict[str, Points]:
    lines: dict[str, Points] = {}
    for one in measured.told(operation, connections):
        lines.setdefault(one.server, []).append((one.accounts, 1e3 / one.rate))
    return lines


def _by_members(measured: Measured, connections: int) -> dict[str, Points]:
    """Each server with the most accounts at which it could be measured, for each size."""
    lines: dict[str, Points] = {}
    for size in JOIN_SIZES:
        found = {one.server: 1e3 / one.rate for one in measured.told(joins(size), connections)}
        for server, cost in found.items():
            lines.setdefault(server, []).append((size, cost))
    return lines


def _scale(panels: Any, lines: Sequence[dict[str, Points]], room: float) -> None:
    """The same logarithmic axes for all panels, with room for the labels on the right."""
    points = [point for one in lines for series in one.values() for point in series]
    across, costs = [x for x, _ in points], [y for _, y in points]
    for axes in panels:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(min(across) / 1.6, max(across) * (max(across) / min(across)) ** room)
        axes.set_ylim(min(costs) / 1.8, max(costs) * 3.5)  # with room above
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.5g}")
        axes.xaxis.set_major_formatter(lambda value, _: short(value))
        axes.set_xticks(sorted(set(across)))
        axes.xaxis.set_minor_locator(_no_ticks())
        axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator  # noqa: PLC0415  only where something is drawn

    return NullLocator()


def _plot(axes: Any, lines: dict[str, Points], servers: Sequence[str]) -> None:
    """Lines that differ in dash and marker, each with its name at its end."""
    for server, points in lines.items():
        colour, dash, marker = _LOOKS[servers.index(server) % len(_LOOKS)]
        across, costs = zip(*points, strict=True)
        axes.plot(across, costs, color=colour, linestyle=dash, marker=marker, markersize=5)
    for server, place in _places(axes, lines).items():
        colour = _LOOKS[servers.index(server) % len(_LOOKS)][0]
        last = lines[server][-1]
        axes.annotate(
            server,
            xy=last,
            xytext=(axes.transLimits.transform(axes.transScale.transform(last))[0] + 0.025, place),
            textcoords="axes fraction",
            color=colour,
            fontsize=8,
            verticalalignment="center",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.8},
        )


def _places(axes: Any, lines: dict[str, Points]) -> dict[str, float]:
    """How high each label stands: near the end of its line, where no other line or label is."""
    drawn = {
        server: [tuple(axes.transLimits.transform(axes.transScale.transform(p))) for p in points]
        for server, points in lines.items()
    }
    places: dict[str, float] = {}
    taken: Points = []
    for server, points in sorted(drawn.items(), key=lambda one: float(one[1][-1][1])):
        across, up = points[-1]
        others = [_between(other) for name, other in drawn.items() if name != server]
        crossing = [point for line in others for point in line]
        near = sorted(range(-20, 21), key=lambda step: (abs(step), -step))
        tried = (up + step * _APART / 2 for step in near)
        places[server] = next((y for y in tried if _is_free(across, y, crossing, taken)), up)
        taken.append((across, places[server]))
    return places


def _between(points: Points) -> Points:
    """Points all along a line."""
    return [
        (x + (to_x - x) * part / 20, y + (to_y - y) * part / 20)
        for (x, y), (to_x, to_y) in pairwise(points)
        for part in range(21)
    ]


def _is_free(across: float, up: float, crossing: Points, taken: Points) -> bool:
    """Whether a label that begins there covers nothing, and nothing covers it."""
    behind = across + 0.01
    lines = any(behind <= x <= behind + _WIDE and abs(y - up) < _APART * 0.7 for x, y in crossing)
    labels = any(abs(x - across) < _WIDE and abs(y - up) < _APART * 0.99 for x, y in taken)
    return 0 < up < 1 and not lines and not labels


def prepare(folder: Path) -> None:
    """Make ready for drawing into a folder."""
    import matplotlib as mpl  # noqa: PLC0415  only installed where something is drawn

    mpl.use("agg")
    mpl.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9, "svg.hashsalt": "bench"})
    folder.mkdir(parents=True, exist_ok=True)


def save(figure: Any, path: Path) -> None:
    """Keep a picture as SVG and PNG, the same bytes for the same figures."""
    figure.tight_layout()
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=130, metadata={"Software": None})
