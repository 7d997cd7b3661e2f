"""Links by name: the one place that parses the names of links and blocks, and that builds them.

A `Link` is an object that has at hand what its name says, so that who handles a message looks at attributes and goes by the
object. It is its name too, a `str` that equals the plain one: outputs are compared with names in scripts, and what is written
to files (traces, recordings, reports) has the name. There is one `Link` for a name in a process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn, SupportsIndex

from irqpath.core.errors import LinkError

_FRAME: Final = ("reg", "rsp", "probe")
_MASTER: Final = ("mem", "mem_rsp")
#: The links of a GIC: what the name of each begins with, and its ends. `<n>` stands for a number from 0.
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "gicd": (*_FRAME, "spi", "ppi<n>", "reset"),
    "gicr<n>": (*_FRAME, *_MASTER, "ppi", "wake", "scan", "reset"),
    "gicc<n>": ("sys", "sys_rsp", "irq", "reset", "probe"),
    "its<n>": (*_FRAME, *_MASTER, "msi", "msi_rsp", "step", "reset"),
    "its<n>.gicr<n>": ("cmd", "ack"),
    "its<n>.its<n>": ("peer",),
    "stream<n>": ("down", "up"),
    "dist<n>": ("down", "up"),
    "mem": ("reset", "probe"),
    "sw": _MASTER,
    "gicv2": ("probe",),
    "gicc": _FRAME,
    "gich": _FRAME,
    "gicv": _FRAME,
    "v2m": _FRAME,
}
#: The ends of a device's links. A device has any name that is not like one of a GIC's.
DEVICE_ENDS: Final = (*_FRAME, *_MASTER, "irq", "intx", "msi", "config", "common", "isr", "device", "notify", "msix", "reset")
#: `Link.unit` of a device's link.
DEVICE: Final = "device"

#: On which end a request is answered.
_RESPONSES: Final = {
    "reg": "rsp",
    "sys": "sys_rsp",
    "msi": "msi_rsp",
    "mem": "mem_rsp",
    "cmd": "ack",
    **{region: "rsp" for region in ("config", "common", "isr", "device", "notify", "msix")},
}
#: Whose number is that of a PE.
_OF_PE: Final = frozenset(("gicr", "gicc", "stream", "dist"))
_NUMBER: Final = "(?:0|[1-9][0-9]*)"
_BLOCK: Final = re.compile(f"(?P<kind>gicv2|v2m|[a-z]+)(?P<number>{_NUMBER}?)")
_LIKE_A_GIC: Final = re.compile(r"gic|v2m\.|(its|stream|dist)[0-9.]|(mem|sw)\.")
_DEVICE_NAME: Final = re.compile(f"(.+)[.]({'|'.join(DEVICE_ENDS)})")


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every family: its unit, and what its names match."""
    for family, ends in FAMILIES.items():
        head = family.replace(".", "[.]").replace("<n>", f"(?P<number>{_NUMBER})", 1).replace("<n>", f"(?P<peer>{_NUMBER})", 1)
        for counted, number in ((False, ""), (True, f"(?P<peer>{_NUMBER})")):
            names = [end.removesuffix("<n>") for end in ends if end.endswith("<n>") == counted]
            if names:
                yield family.partition("<")[0], re.compile(f"{head}[.](?P<end>{'|'.join(names)}){number}")


_PATTERNS: Final = tuple(_patterns())


class Link(str):
    """A link, made from its name: `Link("gicr3.reg")`. Frozen, and one object a name.

    `unit`: what the name begins with, without its number ("gicr", "stream"; `DEVICE` of a device); `number`: that number;
    `block`: both ("gicr3"); `peer`: number of the other block, or of the end (2 of "its0.gicr2.cmd" and "gicd.ppi2"); `end`:
    "reg", "up", "cmd"; `kind`: all links that are alike ("stream_down", "gicc_irq", "its_cmd"); `pe`: the PE whose link it is;
    `response`: the link on which a request is answered, None where there is none. Numbers that the name does not have are -1.

    Raises `LinkError` for a name that no link has.
    """

    __slots__ = ("block", "end", "kind", "number", "pe", "peer", "response", "unit")

    unit: str
    number: int
    block: str
    peer: int
    end: str
    kind: str
    pe: int
    response: Link | None

    def __new__(cls, name: str) -> Link:
        """The link of this name."""
        if isinstance(name, Link):
            return name
        known = _INTERNED.get(name)
        if known is None:
            known = _INTERNED[name] = _parsed(name)
        return known

    @classmethod
    def of(cls, block: str, end: str) -> Link:
        """The link `end` of the block or device of that name."""
        return cls(f"{block}.{end}")

    @classmethod
    def gicr(cls, pe: int, end: str) -> Link:
        """The link `end` of the Redistributor of `pe`."""
        return cls(f"gicr{pe}.{end}")

    @classmethod
    def gicc(cls, pe: int, end: str) -> Link:
        """The link `end` of the CPU interface of `pe`."""
        return cls(f"gicc{pe}.{end}")

    @classmethod
    def its(cls, number: int, end: str) -> Link:
        """The link `end` of an ITS."""
        return cls(f"its{number}.{end}")

    @classmethod
    def stream(cls, pe: int, end: str) -> Link:
        """The stream between the Redistributor and the CPU interface of `pe`: "down" to the CPU interface, or "up"."""
        return cls(f"stream{pe}.{end}")

    @classmethod
    def dist(cls, pe: int, end: str) -> Link:
        """The link between the Distributor and the Redistributor of `pe`: "down" to the Redistributor, or "up"."""
        return cls(f"dist{pe}.{end}")

    @classmethod
    def its_gicr(cls, number: int, pe: int, end: str) -> Link:
        """The link of an ITS and the Redistributor of `pe`: "cmd" to the Redistributor, or "ack"."""
        return cls(f"its{number}.gicr{pe}.{end}")

    @classmethod
    def its_its(cls, number: int, other: int) -> Link:
        """The link from an ITS to another."""
        return cls(f"its{number}.its{other}.peer")

    @classmethod
    def gicv2_ppi(cls, pe: int) -> Link:
        """The PPIs of `pe` at a GICv2."""
        return cls(f"gicd.ppi{pe}")

    def sibling(self, end: str) -> Link:
        """The link `end` of the same block. Raises `LinkError` where it has none."""
        return Link(f"{self.block}.{end}")

    def identifier(self) -> str:
        """The name where only identifiers may stand: "gicr3_reg"."""
        return self.replace(".", "_")

    def pattern(self) -> str:
        """The name with `<n>` for each number."""
        return re.sub(_NUMBER, "<n>", self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a link does not change: {name} of {str(self)!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a link does not change: {name} of {str(self)!r}")

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return Link, (str(self),)

    def __copy__(self) -> Link:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Link:
        return self


_INTERNED: Final[dict[str, Link]] = {}


def _parsed(name: str) -> Link:
    """A new link."""
    for unit, pattern in _PATTERNS:
        match = pattern.fullmatch(name)
        if match is not None:
            found = match.groupdict()
            return _made(name, unit, found.get("number"), found.get("peer"), found["end"])
    device = _DEVICE_NAME.fullmatch(name)
    if device is None or _LIKE_A_GIC.match(name):
        raise LinkError(f"{name!r} is no link's name; there are {families_text()}")
    return _made(name, DEVICE, None, None, device[2], device[1])


def _made(name: str, unit: str, number: str | None, peer: str | None, end: str, block: str = "") -> Link:
    link = str.__new__(Link, name)
    of_pe = number if unit in _OF_PE else peer
    response = _RESPONSES.get(end)
    beginning = name[: -len(end)]
    for field, value in (
        ("unit", unit),
        ("number", int(number) if number else -1),
        ("block", block or unit + (number or "")),
        ("peer", int(peer) if peer else -1),
        ("end", end),
        ("kind", f"{unit}_{end}"),
        ("pe", int(of_pe) if of_pe and end != "peer" else -1),
        ("response", Link(beginning + response) if response and _responds(unit, end) else None),
    ):
        object.__setattr__(link, field, value)
    return link


def _responds(unit: str, end: str) -> bool:
    """A device sends its messages (`msi`); an ITS takes them, and answers."""
    return unit != DEVICE or end != "msi"


def families_text() -> str:
    """The families of links by name, with `<n>` for numbers."""
    known = [
        f"{family}.{'|'.join(end for end in ends if end != 'probe')}" for family, ends in FAMILIES.items() if ends != ("probe",)
    ]
    return f"{', '.join(known)}, and of a device called <name>: <name>.{'|'.join(DEVICE_ENDS)}"


def block_kind(block: str) -> str:
    """The kind of a block by its name: "gicr3" gives "gicr". Raises `LinkError` for what is no block's name."""
    return _block(block)["kind"]


def block_number(block: str) -> int:
    """The number of a block by its name: "gicr3" gives 3; -1 where there is none. Raises `LinkError`."""
    return int(_block(block)["number"] or -1)


def _block(name: str) -> re.Match[str]:
    match = _BLOCK.fullmatch(name)
    if match is None:
        raise LinkError(f"{name!r} is no block's name; a block is called as gicd, gicr0, gicc3, its0")
    return match


def block_name(kind: str, number: int) -> str:
    """The name of a block: ("gicr", 3) gives "gicr3"."""
    return f"{kind}{number}"
