"""The last events of a recording, to be shown beside a deviation: those that concern the interrupts in question."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

import orjson

from irqpath.trace.reader import Event

_KEPT: Final = 4000
_SHOWN: Final = 8
#: System registers whose value is an INTID.
_INTID_REGISTERS: Final = re.compile(r"IC[CV]_(IAR|EOIR|DIR|HPPIR)\d?_EL1")
#: Registers with one bit an interrupt; the number is the word.
_BIT_REGISTERS: Final = re.compile(r"GIC[DR]_(?:IGROUPR|I[SC]ENABLER|I[SC]PENDR|I[SC]ACTIVER)(\d+)")
_PRIORITY_REGISTERS: Final = re.compile(r"GIC[DR]_IPRIORITYR(\d+)")


class History:
    """A window over the events that were fed."""

    def __init__(self) -> None:
        self._events: deque[tuple[int, Event]] = deque(maxlen=_KEPT)

    def add(self, number: int, event: Event) -> None:
        """Remember event `number`."""
        self._events.append((number, event))

    def about(self, intids: tuple[int, ...], cpu: int) -> tuple[str, ...]:
        """The last few events that name one of `intids`; without INTIDs, the last few of that CPU (of any, if -1)."""
        found: list[str] = []
        for number, event in reversed(self._events):
            if _names(event, intids) if intids else cpu in (-1, event.get("c", -1)):
                found.append(f"{number}: {orjson.dumps({k: v for k, v in event.items() if k != 'd'}).decode()}")
                if len(found) == _SHOWN:
                    break
        return tuple(reversed(found))

    @staticmethod
    def intids_of(register: str, expected: int, seen: int) -> tuple[int, ...]:
        """INTIDs that a differing read of `register` is about."""
        if _INTID_REGISTERS.fullmatch(register):
            return tuple(v for v in (expected, seen) if v != 1023)
        differing = expected ^ seen
        word = _BIT_REGISTERS.fullmatch(register)
        if word:
            return tuple(32 * int(word[1]) + n for n in range(32) if differing >> n & 1)
        word = _PRIORITY_REGISTERS.fullmatch(register)
        if word:
            return tuple(4 * int(word[1]) + n for n in range(4) if differing >> 8 * n & 0xFF)
        return ()


def _names(event: Event, intids: tuple[int, ...]) -> bool:
    """Whether `event` is about one of `intids`."""
    kind = event["e"]
    if kind in ("sr", "sw"):
        if _INTID_REGISTERS.fullmatch(event["g"]):
            return event["v"] in intids
        return event["g"].startswith("ICC_SGI") and (event["v"] >> 24 & 0xF) in intids
    if kind in ("spi", "ppi", "hppi", "sgi", "ack"):
        return event.get("i") in intids
    if kind == "cmd":
        return any(operand in intids for operand in event.get("a", ()) if operand > 31)
    return False
