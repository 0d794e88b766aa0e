"""How figures are written."""


def number(value: float) -> str:
    """A figure with as many digits as mean something.

    >>> [number(one) for one in (31_415.9, 314.159, 3.14159, 0.314159, 0.00314159, 0)]
    ['31,416', '314', '3.1', '0.31', '0.0031', '0']
    """
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2g}" if value >= 0.0001 else f"{value:.1e}"


def short(count: float) -> str:
    """A round number in little room.

    >>> [short(count) for count in (10, 1_000, 100_000, 1_000_000)]
    ['10', '1k', '100k', '1M']
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:g}{letter}"
    return f"{count:g}"
