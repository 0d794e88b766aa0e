"""When what was noted is written up: in a quiet moment, unless none comes."""


class Crowd:
    """Looks now and then how many came, and says whether these should be left in peace.

    Args:
        many: requests between two looks, with which writing up waits.
        looks: that it waits at most.

    >>> crowd = Crowd(many=100, looks=2)
    >>> [crowd.holds_up(met) for met in (100, 180)], [crowd.holds_up(met) for met in (150, 300)]
    ([True, False], [True, True])
    >>> crowd.holds_up(450)
    False
    """

    def __init__(self, many: int, looks: int) -> None:
        self._many = many
        self._looks = looks
        self._looked = 0
        self._met = 0

    def holds_up(self, met: int) -> bool:
        """Whether to wait on.

        Args:
            met: requests that came since it was last written up.
        """
        came, self._met = met - self._met, met
        self._looked += 1
        if came >= self._many and self._looked <= self._looks:
            return True
        self._looked = self._met = 0
        return False
