"""Rates of users, and the quotas that limit them: records per second at each node."""

from __future__ import annotations

import attrs


@attrs.define
class Rate:
    """What a user did in the present second and in the one before."""

    second: int = 0
    """Seconds since 2010."""
    now: int = 0
    """Records in the present second."""
    before: int = 0
    """Records in the second before."""
    limited: int = 0
    """Records per second that queries asked for in the present second."""
    limitless: int = 0
    """Queries in the present second that asked for no limit."""

    def at(self, second: int) -> None:
        """Move on to a second."""
        if second != self.second:
            self.before = self.now if second == self.second + 1 else 0
            self.second, self.now, self.limited, self.limitless = second, 0, 0, 0

    def single(self, second: int, quota: int) -> bool:
        """Count one record; False if the quota is used up. A quota of 0 limits nothing."""
        self.at(second)
        if quota and self.now + self.limited >= quota:
            return False
        self.now += 1
        return True

    def query(self, second: int, quota: int, records_per_second: int) -> bool:
        """Count a query; False if the quota has no room for it.

        Under a quota a query must say how many records per second it is content with.
        """
        self.at(second)
        if quota and (not records_per_second or self.now + self.limited + records_per_second > quota):
            return False
        if records_per_second:
            self.limited += records_per_second
        else:
            self.limitless += 1
        return True

    def told(self, second: int, quota: int) -> tuple[int, int, int, int]:
        """Quota, records per second, those of limited queries, and how many queries are without limit."""
        self.at(second)
        return quota, max(self.now, self.before), self.limited, self.limitless
