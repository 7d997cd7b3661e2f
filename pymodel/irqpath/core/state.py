"""State as plain data: what a model holds, as dicts, lists, ints and strings that JSON carries, and back, every value checked.

A class that derives from `Stateful` says in `schema` which attributes are its state and what values they can have; `state` reads
them, `restore` checks all of a state before it changes anything, and refuses a corrupt one by the name of the field. Bit vectors
and bytes are hexadecimal strings; a table is a list of [key, value], for JSON has no other keys than strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from irqpath.core.errors import IrqpathError

#: What JSON carries.
Plain: TypeAlias = Any
Commit: TypeAlias = Callable[[], None]


class StateError(IrqpathError):
    """A state that the model cannot have; says which field."""


class Shape:
    """What values an attribute can have."""

    def dump(self, value: Any) -> Plain:
        """The value as plain data."""
        raise NotImplementedError

    def load(self, plain: Plain, path: str) -> Any:
        """The value of plain data. Raises `StateError` naming `path`."""
        raise NotImplementedError


@dataclass(frozen=True)
class Int(Shape):
    """An integer from `low` to `high`."""

    high: int
    low: int = 0

    def dump(self, value: Any) -> Plain:
        """Itself."""
        return int(value)

    def load(self, plain: Plain, path: str) -> Any:
        """Itself, if it is in range."""
        if type(plain) is not int or not self.low <= plain <= self.high:
            raise StateError(f"{path} is {_shown(plain)}: an integer from {self.low} to {self.high} is needed")
        return plain


def bits(width: int) -> Int:
    """An unsigned integer of `width` bits."""
    return Int((1 << width) - 1)


@dataclass(frozen=True)
class Flag(Shape):
    """True or False."""

    def dump(self, value: Any) -> Plain:
        """Itself."""
        return bool(value)

    def load(self, plain: Plain, path: str) -> Any:
        """Itself, if it is one."""
        if type(plain) is not bool:
            raise StateError(f"{path} is {_shown(plain)}: true or false is needed")
        return plain


@dataclass(frozen=True)
class Vector(Shape):
    """A bit vector inside `mask`."""

    mask: int

    def dump(self, value: Any) -> Plain:
        """Hexadecimal, for it may be wider than what other languages take for an integer."""
        return f"{value:#x}"

    def load(self, plain: Plain, path: str) -> Any:
        """The vector."""
        try:
            value = int(plain, 16) if isinstance(plain, str) else -1
        except ValueError:
            value = -1
        if value < 0 or value & ~self.mask:
            raise StateError(f"{path} is {_shown(plain)}: a hexadecimal bit vector inside {self.mask:#x} is needed")
        return value


@dataclass(frozen=True)
class Bytes(Shape):
    """A bytearray of `count` bytes, each inside `mask`."""

    count: int
    mask: int = 0xFF

    def dump(self, value: Any) -> Plain:
        """Hexadecimal."""
        return bytes(value).hex()

    def load(self, plain: Plain, path: str) -> Any:
        """The bytes."""
        try:
            value = bytearray.fromhex(plain) if isinstance(plain, str) else bytearray()
        except ValueError:
            value = bytearray()
        if len(value) != self.count or any(byte & ~self.mask for byte in bytes(value)):
            raise StateError(
                f"{path} is {_shown(plain)}: {self.count} bytes in hexadecimal are needed, each inside {self.mask:#x}"
            )
        return value


@dataclass(frozen=True)
class Run(Shape):
    """`low` to `high` bytes that do not change."""

    high: int
    low: int = 0

    def dump(self, value: Any) -> Plain:
        """Hexadecimal."""
        return bytes(value).hex()

    def load(self, plain: Plain, path: str) -> Any:
        """The bytes."""
        try:
            value = bytes.fromhex(plain) if isinstance(plain, str) else None
        except ValueError:
            value = None
        if value is None or not self.low <= len(value) <= self.high:
            raise StateError(f"{path} is {_shown(plain)}: {self.low} to {self.high} bytes in hexadecimal are needed")
        return value


@dataclass(frozen=True)
class Text(Shape):
    """A string."""

    def dump(self, value: Any) -> Plain:
        """Itself."""
        return str(value)

    def load(self, plain: Plain, path: str) -> Any:
        """Itself, if it is one."""
        if not isinstance(plain, str):
            raise StateError(f"{path} is {_shown(plain)}: a string is needed")
        return plain


@dataclass(frozen=True)
class Maybe(Shape):
    """Something, or None."""

    shape: Shape

    def dump(self, value: Any) -> Plain:
        """None, or as the shape does."""
        return None if value is None else self.shape.dump(value)

    def load(self, plain: Plain, path: str) -> Any:
        """None, or as the shape does."""
        return None if plain is None else self.shape.load(plain, path)


@dataclass(frozen=True)
class Many(Shape):
    """A list, or what `kind` makes of one: `count` of them unless that is None."""

    shape: Shape
    count: int | None = None
    kind: Callable[[Iterable[Any]], Any] = list
    sort: bool = False

    def dump(self, value: Any) -> Plain:
        """A list."""
        return [self.shape.dump(item) for item in (sorted(value) if self.sort else value)]

    def load(self, plain: Plain, path: str) -> Any:
        """What `kind` makes of it."""
        if not isinstance(plain, list) or (self.count is not None and len(plain) != self.count):
            raise StateError(f"{path} is {_shown(plain)}: a list{'' if self.count is None else f' of {self.count}'} is needed")
        return self.kind([self.shape.load(item, f"{path}[{n}]") for n, item in enumerate(plain)])


@dataclass(frozen=True)
class Tuple(Shape):
    """A tuple of unlike things."""

    shapes: tuple[Shape, ...]

    def dump(self, value: Any) -> Plain:
        """A list."""
        return [shape.dump(item) for shape, item in zip(self.shapes, value, strict=True)]

    def load(self, plain: Plain, path: str) -> Any:
        """The tuple."""
        if not isinstance(plain, list) or len(plain) != len(self.shapes):
            raise StateError(f"{path} is {_shown(plain)}: a list of {len(self.shapes)} is needed")
        return tuple(shape.load(item, f"{path}[{n}]") for n, (shape, item) in enumerate(zip(self.shapes, plain, strict=True)))


@dataclass(frozen=True)
class Table(Shape):
    """A dict."""

    key: Shape
    value: Shape

    def dump(self, value: Any) -> Plain:
        """Pairs, in the order of the dict."""
        return [[self.key.dump(key), self.value.dump(item)] for key, item in value.items()]

    def load(self, plain: Plain, path: str) -> Any:
        """The dict."""
        if not isinstance(plain, list) or any(not isinstance(pair, list) or len(pair) != 2 for pair in plain):
            raise StateError(f"{path} is {_shown(plain)}: a list of [key, value] is needed")
        found: dict[Any, Any] = {}
        for n, (key, value) in enumerate(plain):
            loaded = self.key.load(key, f"{path}[{n}] (key)")
            if loaded in found:
                raise StateError(f"{path} has the key {_shown(key)} twice")
            found[loaded] = self.value.load(value, f"{path}[{n}] (value)")
        return found


@dataclass(frozen=True)
class OneOf(Shape):
    """One of a few things, by name."""

    names: Mapping[str, Any]

    def dump(self, value: Any) -> Plain:
        """Its name."""
        return next(name for name, thing in self.names.items() if thing == value)

    def load(self, plain: Plain, path: str) -> Any:
        """The thing."""
        if not isinstance(plain, str) or plain not in self.names:
            raise StateError(f"{path} is {_shown(plain)}: one of {', '.join(self.names)} is needed")
        return self.names[plain]


@dataclass(frozen=True)
class Record(Shape):
    """A dataclass, made of its fields."""

    make: Callable[..., Any]
    fields: Mapping[str, Shape]

    def dump(self, value: Any) -> Plain:
        """Its fields."""
        return {name: shape.dump(getattr(value, name)) for name, shape in self.fields.items()}

    def load(self, plain: Plain, path: str) -> Any:
        """The object."""
        checked = _fields(plain, self.fields, path)
        return self.make(**{name: shape.load(checked[name], f"{path}.{name}") for name, shape in self.fields.items()})


@dataclass(frozen=True)
class Part:
    """An attribute that is a `Stateful`, or a list of them: restored in place. `inline`: its fields stand among those of its
    owner, so that a block can be cut into parts without a change of its state."""

    many: bool = False
    inline: bool = False


Schema: TypeAlias = Mapping[str, Shape | Part]


class Stateful:
    """What has a state. Subclasses give `schema`, and `restored` where something is derived from the state."""

    __slots__ = ()
    #: changes when the meaning of a state does
    VERSION: ClassVar[int] = 1

    def schema(self) -> Schema:
        """The attributes that are state."""
        raise NotImplementedError

    def restored(self) -> None:
        """Rebuild what is derived."""

    def state(self) -> dict[str, Plain]:
        """The whole state as plain data that JSON carries."""
        plain: dict[str, Plain] = {}
        for name, shape in self.schema().items():
            value = getattr(self, name)
            if isinstance(shape, Part) and shape.inline:
                plain |= value.state()
            elif isinstance(shape, Part):
                plain[name] = [part.state() for part in value] if shape.many else value.state()
            else:
                plain[name] = shape.dump(value)
        return plain

    def field_names(self) -> list[str]:
        """The fields of a state, those of inline parts among them."""
        names: list[str] = []
        for name, shape in self.schema().items():
            inline = isinstance(shape, Part) and shape.inline
            names += getattr(self, name).field_names() if inline else [name]
        return names

    def restore(self, state: Plain) -> None:
        """Take over a state, as `state` gave it. Raises `StateError` naming the field that is wrong; nothing has changed then."""
        for commit in self.checked(state, ""):
            commit()

    def checked(self, state: Plain, path: str) -> list[Commit]:
        """Check a state; what remains to be done to take it over. Raises `StateError`."""
        schema = self.schema()
        plain = _fields(state, self.field_names(), path)
        commits: list[Commit] = []
        for name, shape in schema.items():
            at = f"{path}.{name}" if path else name
            if isinstance(shape, Part) and shape.inline:
                part = getattr(self, name)
                commits += part.checked({field: plain[field] for field in part.field_names()}, path)
            elif isinstance(shape, Part):
                part = getattr(self, name)
                commits += _parts(part, plain[name], at) if shape.many else part.checked(plain[name], at)
            else:
                commits.append(_setter(self, name, shape.load(plain[name], at)))
        commits.append(self.restored)
        return commits


def _setter(target: object, name: str, value: Any) -> Commit:
    return lambda: setattr(target, name, value)


def _parts(parts: list[Stateful], plain: Plain, path: str) -> list[Commit]:
    if not isinstance(plain, list) or len(plain) != len(parts):
        raise StateError(f"{path} is {_shown(plain)}: a list of {len(parts)} is needed")
    return [commit for n, part in enumerate(parts) for commit in part.checked(plain[n], f"{path}[{n}]")]


def _fields(plain: Plain, wanted: Iterable[str], path: str) -> dict[str, Plain]:
    """`plain` as a dict with just these keys."""
    if not isinstance(plain, dict):
        raise StateError(f"{path or 'the state'} is {_shown(plain)}: an object is needed")
    missing, unknown = sorted(set(wanted) - plain.keys()), sorted(plain.keys() - set(wanted))
    for problem, names in (("lacks", missing), ("has the unknown", unknown)):
        if names:
            raise StateError(f"{path or 'the state'} {problem} {', '.join(names)}")
    return plain


def _shown(plain: Plain) -> str:
    text = repr(plain)
    return text if len(text) <= 60 else f"{text[:57]}..."
