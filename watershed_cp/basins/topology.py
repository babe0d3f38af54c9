"""Which basin drains into which, from a ``next_down`` column: ordered once, then summed or walked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Topology"]


@dataclass(frozen=True)
class Topology:
    """A forest of basins, each draining to at most one other.

    Parameters
    ----------
    next_down : mapping of str to str
        Each basin's next one downstream; empty text at an outlet.
    file : str, optional
        Name for messages.

    Raises
    ------
    InputError
        If a basin drains to one that is not in the table, or basins drain in a circle; all ids are named.

    Examples
    --------
    >>> confluence = Topology({"a": "c", "b": "c", "c": ""})
    >>> confluence.accumulate({"a": 1.0, "b": 2.0, "c": 4.0})
    {'a': 1.0, 'b': 2.0, 'c': 7.0}
    >>> confluence.upstream_of("c"), confluence.downstream_of("a")
    (('a', 'b', 'c'), ('a', 'c'))
    """

    next_down: Mapping[str, str]
    file: str | None = None

    def __post_init__(self) -> None:
        unknown = [
            fault("next_down_unknown", file=self.file, value=basin, next_down=below)
            for basin, below in sorted(self.next_down.items())
            if below and below not in self.next_down
        ]
        if unknown:
            raise InputError(*unknown)
        circling = sorted(set(self.next_down) - set(self.order))
        if circling:
            raise InputError(
                fault("next_down_loop", file=self.file, ids=", ".join(self._circle(circling[0])))
            )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every basin after all that drain into it; those upstream of a circle only come first."""
        waiting = dict.fromkeys(self.next_down, 0)
        for below in self.next_down.values():
            if below:
                waiting[below] += 1
        ready = sorted(basin for basin, count in waiting.items() if count == 0)
        for basin in ready:  # grows while it is walked
            below = self.next_down[basin]
            if below:
                waiting[below] -= 1
                if waiting[below] == 0:
                    ready.append(below)
        return tuple(ready)

    def _circle(self, start: str) -> list[str]:
        walked = [start]
        while self.next_down[walked[-1]] not in walked:
            walked.append(self.next_down[walked[-1]])
        return walked[walked.index(self.next_down[walked[-1]]) :]

    def accumulate(self, values: Mapping[str, float]) -> dict[str, float]:
        """Add to each basin's value those of all basins upstream of it.

        Parameters
        ----------
        values : mapping of str to float
            An extensive quantity, for example km2 or kg/yr; a basin that is not named counts 0.
        """
        total = {basin: values.get(basin, 0.0) for basin in self.next_down}
        for basin in self.order:
            below = self.next_down[basin]
            if below:
                total[below] += total[basin]
        return total

    def downstream_of(self, basin: str) -> tuple[str, ...]:
        """List the basins that the water of one passes, itself first."""
        passed = [basin]
        while self.next_down[passed[-1]]:
            passed.append(self.next_down[passed[-1]])
        return tuple(passed)

    def upstream_of(self, basin: str) -> tuple[str, ...]:
        """List the basins whose water passes one, itself included, in text order."""
        passes = {basin}
        for other in reversed(self.order):
            if self.next_down[other] in passes:
                passes.add(other)
        return tuple(sorted(passes))
