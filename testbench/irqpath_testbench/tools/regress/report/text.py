"""Numbers as a reader wants them."""

from __future__ import annotations

import time


def seconds(value: float) -> str:
    """0.4 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = round(value / 60)
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def size(value: float) -> str:
    """Bytes, in MiB or GiB."""
    return f"{value / 2**20:,.0f} MiB" if value < 10 * 2**30 else f"{value / 2**30:,.1f} GiB"


def moment(unix: float) -> str:
    """A date and time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(unix))


def percent(part: float, of: float) -> str:
    """Rounded down, so that 100 % is all."""
    return f"{int(1000 * part / of) / 10:g} %" if of else "-"


def count(number: int, what: str) -> str:
    """1 job, 2 jobs."""
    return f"{number:,} {what}{'s' * (number != 1)}"
