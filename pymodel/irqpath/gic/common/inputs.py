"""What an input of a block can be, as data: for each type of transaction the limits of its fields.

A transaction beyond them cannot have come over its link: no wire has the level 2, no access of 4 bytes carries 33 bits. It is the
caller's mistake, so it raises `InputError`; what software may do wrong is another matter, and is a finding (`errors`). Wires and
registers have limits of their block besides: `wires`, `accesses`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from irqpath.core import transactions as t
from irqpath.core.errors import InputError

Fits: TypeAlias = Callable[[Any], object]

_SIZES: Final = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Limit:
    """`condition`: Python over the transaction `t`, true of a value that can be; `says`: what it must be."""

    field: str
    condition: str
    says: str


def bits(width: int, *names: str) -> tuple[Limit, ...]:
    """Fields of so many bits, without sign."""
    return tuple(Limit(name, f"not t.{name} >> {width}", f"{width} bit{'s' * (width > 1)}") for name in names)


def _all(*parts: Sequence[Limit]) -> tuple[Limit, ...]:
    return tuple(limit for part in parts for limit in part)


_SIZE: Final = (Limit("size", f"t.size in {_SIZES}", "1, 2, 4 or 8 bytes"),)
_VALUE: Final = (Limit("value", "not t.value >> 8 * t.size", "as wide as the access at most, and not negative"),)
_ALIGNED: Final = (Limit("address", "not t.address & t.size - 1", "aligned to the size"),)
_LEVEL: Final = (Limit("level", "not t.level >> 1", "0 or 1"),)
#: 8 bits, and -1 for superpriority
_PRIORITY: Final = (Limit("priority", "t.priority == -1 or not t.priority >> 8", "8 bits, or -1 for superpriority"),)
_GROUP: Final = (Limit("group", "not t.group >> 2 and t.group != 3", "0, 1 or 2"),)
_KIND: Final = (Limit("kind", "not t.kind >> 3 and t.kind & 3 != 3", "of `SgiKind`, or that and 4 for Non-secure software"),)
_INTID: Final = bits(24, "intid")
_CANDIDATE: Final = _all(_INTID, _PRIORITY, _GROUP)
_SGI: Final = _all(_KIND, bits(4, "intid", "rs"), bits(1, "irm"), bits(24, "aff"), bits(16, "targets"))
_VPE: Final = bits(16, "vpe")
#: an ITS takes them from its tables as they stand there
_ITS_INTID: Final = bits(32, "intid")
_VPT: Final = _all(_VPE, bits(52, "vpt"))
_VLPI: Final = _all(_VPT, _ITS_INTID)

#: The limits that hold wherever the transaction enters; those that are missing here have no fields.
LIMITS: Final[dict[type, tuple[Limit, ...]]] = {
    t.RegRead: _all(bits(52, "offset"), _SIZE, bits(16, "pe"), bits(1, "secure")),
    t.RegWrite: _all(bits(52, "offset"), _SIZE, _VALUE, bits(16, "pe"), bits(1, "secure")),
    t.Msi: _all(
        bits(32, "device"),
        (Limit("size", "t.size in (2, 4)", "2 or 4 bytes"), Limit("event", "not t.event >> 8 * t.size", "as wide as the access")),
    ),
    t.SysRead: bits(16, "reg"),
    t.SysWrite: _all(bits(16, "reg"), bits(64, "value")),
    t.PeState: _all(bits(2, "el"), bits(64, "hcr", "scr")),
    t.LineChange: _all((Limit("line", "not t.line >> 24", "24 bits"),), _LEVEL),
    t.Set: _CANDIDATE,
    t.VSet: _all(_ITS_INTID, bits(8, "priority"), bits(1, "group")),
    t.DownstreamControl: _all(bits(8, "identifier"), bits(16, "value")),
    t.GenerateSgi: _SGI,
    t.UpstreamControl: bits(3, "enables"),
    t.SpiOffer: _CANDIDATE,
    t.SgiDeliver: _all(_KIND, bits(4, "intid")),
    t.Control: bits(3, "enables"),
    t.SgiMode: bits(1, "no_active_state"),
    t.SgiRequest: _SGI,
    t.PeStatus: _all(bits(3, "enables", "dpg"), bits(1, "awake")),
    t.VlpiSet: _all(_VLPI, bits(32, "doorbell")),
    t.VlpiInvall: _VPT,
    t.VpeSync: _VPT,
    t.VpeInvdb: _VPT,
    t.VpeMove: _VPE,
    t.VpeArrive: _all(_VPE, bits(2, "groups")),
    t.VpeMapping: _all(
        _VPT, bits(1, "valid", "alloc"), bits(16, "pe"), bits(6, "bits"), bits(32, "doorbell"), bits(16, "its"), bits(52, "vconf")
    ),
    t.VsgiConfig: _all(_VPT, bits(4, "intid", "priority"), bits(1, "enable", "group", "clear")),
    t.VsgiSet: _all(_VPT, bits(4, "intid")),
    t.VsgiQuery: _VPE,
    t.VpeMoved: _all(_VPE, bits(16, "pe"), bits(1, "db"), bits(32, "doorbell")),
    t.VpeMovedAck: _VPE,
    t.VmovpReached: _all(bits(4, "its"), bits(16, "sequence", "itslist")),
    t.MemRead: _all(_SIZE, bits(52, "address"), _ALIGNED),
    t.MemWrite: _all(_SIZE, bits(52, "address"), _ALIGNED, _VALUE),
    **dict.fromkeys((t.VlpiClear, t.VlpiInv, t.VlpiTake), _VLPI),
    **dict.fromkeys(
        (t.LpiSet, t.LpiClear, t.LpiInv, t.LpiTake, t.VClear, t.VActivateAck, t.VActivate, t.VRelease, t.VClearAck), _ITS_INTID
    ),
    **dict.fromkeys(
        (t.Clear, t.ActivateAck, t.DeactivateAck, t.Activate, t.Release, t.Deactivate, t.DeactivateNs, t.ClearAck), _INTID
    ),
    **dict.fromkeys((t.SpiRecall, t.SpiActivateAck, t.SpiDeactivateAck, t.SpiActivate, t.SpiRelease, t.SpiRecallAck), _INTID),
    **dict.fromkeys((t.SpiDeactivate, t.SpiDeactivateNs), _INTID),
}


@lru_cache(maxsize=256)
def accesses(pes: int, kind: type) -> tuple[Limit, ...]:
    """Limits of `RegRead` or `RegWrite` by the PEs below `pes`. What is not aligned or lies outside the frame is none of them:
    software can ask for it, and gets the Policy's response."""
    return (*LIMITS[kind], there("pe", pes))


def there(field: str, pes: int) -> Limit:
    """The field names a PE that there is."""
    return Limit(field, f"0 <= t.{field} < {pes}", f"a PE that there is, 0 to {pes - 1}")


@lru_cache(maxsize=64)
def wires(intids: int) -> tuple[Limit, ...]:
    """Limits of `LineChange` on a link with the wires of the bit vector `intids`."""
    return (Limit("line", f"{intids:#x} >> t.line & 1", f"the INTID of a wire of this link: {as_text(intids)}"), *_LEVEL)


@lru_cache(maxsize=64)
def of(intids: int, kind: type) -> tuple[Limit, ...]:
    """Limits of a message about one of the interrupts of the bit vector `intids`."""
    there_is = Limit("intid", f"{intids:#x} >> t.intid & 1", f"an interrupt that there is: {as_text(intids)}")
    return (there_is, *(limit for limit in LIMITS[kind] if limit.field != "intid"))


def as_text(intids: int) -> str:
    """The runs of a bit vector: "32 to 63, 4096 to 4127"; "none"."""
    runs = []
    first = 0
    while intids >> first:
        rest = intids >> first
        first += (rest & -rest).bit_length() - 1
        rest = ~(intids >> first)
        last = first + (rest & -rest).bit_length() - 2
        runs.append(f"{first} to {last}" if last > first else str(first))
        first = last + 1
    return ", ".join(runs) or "none"


@lru_cache(maxsize=512)
def compiled(limits: tuple[Limit, ...]) -> Fits | None:
    """One function that says whether a transaction keeps all of them; None where there is none to keep."""
    if not limits:
        return None
    together: Fits = eval(f"lambda t: {' and '.join(f'({limit.condition})' for limit in limits)}")
    return together


def refuse(link: str, transaction: object, limits: Sequence[Limit]) -> InputError:
    """The error of a transaction that does not keep the limits; says which field, and what it must be."""
    for limit in limits:
        value = getattr(transaction, limit.field)
        try:
            held = isinstance(value, int) and eval(limit.condition, {"t": transaction})
        except (TypeError, ValueError):
            held = False
        if not held:
            shown = f"{value:#x}" if isinstance(value, int) and value > 9 else repr(value)
            return InputError(f"{link}: {type(transaction).__name__} with {limit.field}={shown}: it must be {limit.says}")
    return InputError(f"{link}: {transaction!r} can't be")
