"""What bench/run was asked for, as suites see it."""
import dataclasses
import math
import time
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Options:
    """mode: smoke (seconds: does it still run), short (minutes), long (the whole matrix)."""

    mode: str = "short"
    wants: Callable[[str], bool] = lambda _name: True  # a cell's name; asked by suites whose rigs are slow to start

    def pick(self, smoke, short, long=None):
        """One of three by mode; long is as short where it is not given."""
        return {"smoke": smoke, "short": short, "long": short if long is None else long}[self.mode]

    @property
    def rounds(self):
        """Rounds of a comparison: medians of five."""
        return self.pick(1, 5, 5)

    def until(self, suite):
        """When the suite has had its SECONDS of the short bench, on the monotonic clock: then each cell runs once."""
        return time.monotonic() + getattr(suite, "SECONDS", 60) if self.mode == "short" else math.inf

    @property
    def smoke(self):
        return self.mode == "smoke"

    @property
    def long(self):
        return self.mode == "long"
