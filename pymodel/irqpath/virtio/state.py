"""Saved state of a queue's side: plain data (dicts, lists, integers) and back, with every value checked."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from irqpath.virtio.faults import StateError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_State = TypeVar("_State", bound="DataclassInstance")


def save(state: DataclassInstance) -> dict[str, Any]:
    """A deep copy of `state` as plain data, fit for JSON: a dict of integers and lists; a mapping is a list of pairs."""
    return {name: _plain(value) for name, value in asdict(state).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return [[key, _plain(item)] for key, item in value.items()]
    if isinstance(value, list | tuple | deque):
        return [_plain(item) for item in value]
    return value


def restore(kind: type[_State], saved: Mapping[str, Any]) -> _State:
    """The state of type `kind` that `save` gave. Raises `StateError` for a field that is missing, unknown or of a wrong type."""
    hints = get_type_hints(kind)
    names = {f.name for f in fields(kind)}
    if names != saved.keys():
        raise StateError(f"{kind.__name__}: missing or unknown {', '.join(sorted(names ^ saved.keys()))}")
    return kind(**{name: _checked(f"{kind.__name__}.{name}", hints[name], saved[name]) for name in names})


def _checked(where: str, hint: Any, value: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is list and isinstance(value, list):
        return [_checked(where, args[0], item) for item in value]
    if origin is deque and isinstance(value, list):
        return deque(_checked(where, args[0], item) for item in value)
    if origin is dict and isinstance(value, list) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
        found = {_checked(where, args[0], key): _checked(where, args[1], item) for key, item in value}
        if len(found) != len(value):
            raise StateError(f"{where} has a key twice")
        return found
    if origin is tuple and isinstance(value, list | tuple) and len(value) == len(args):
        return tuple(_checked(where, arg, item) for arg, item in zip(args, value, strict=True))
    if origin is None and type(value) is hint:
        return value
    raise StateError(f"{where} is {value!r}: not {getattr(hint, '__name__', hint) if origin is None else hint}")


def within(where: str, value: int, low: int, high: int) -> None:
    """Raise `StateError` unless low <= value <= high."""
    if not low <= value <= high:
        raise StateError(f"{where} is {value}: it must lie in {low} to {high}")
