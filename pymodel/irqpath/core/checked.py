"""Configurations that contradict themselves are refused, with one error: rules as data, a table a class (`config.rules`).

A rule names what must hold of the fields together, and what to do where it does not. Before the rules the type of each field is
looked at, so that a rule may take it for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from irqpath.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds(config)` is true of a configuration that can be. `field`: the one to complain about; `says`: what it must be, and
    what to change; `{c.pes}` in it is a field's value."""

    name: str
    field: str
    holds: Callable[[Any], object]
    says: str


def within(field: str, low: int, high: int, says: str) -> Rule:
    """The rule of a number's range."""
    return Rule(f"range of {field}", field, lambda c: low <= getattr(c, field) <= high, says)


def needs(field: str, other: str, says: str) -> Rule:
    """The rule of a field that is of use only where another is set too."""
    return Rule(f"{field} needs {other}", field, lambda c: not getattr(c, field) or getattr(c, other), f"{field} needs {says}")


def check(config: Any, rules: Sequence[Rule]) -> None:
    """Raise `ConfigError` for the first field of a wrong type, or the first rule that does not hold."""
    kind: Any = type(config)
    owner = kind.__name__
    for name, fits, wanted in _types(kind):
        value = getattr(config, name)
        if not fits(value):
            raise ConfigError(f"{owner}.{name} is {value!r}: {wanted if wanted == _SWITCH else f'{wanted} is wanted'}")
    for rule in rules:
        if not rule.holds(config):
            raise ConfigError(f"{owner}.{rule.field}{_shown(getattr(config, rule.field))}: {rule.says.format(c=config)}")


def _shown(value: object) -> str:
    """What stands after the field's name: its value, or nothing of what is long."""
    return f" is {value}" if value is None or isinstance(value, int | str) else ""


_SWITCH: Final = "it is a switch, 0 or 1"
_Fits = Callable[[object], bool]


@lru_cache(maxsize=64)  # tests inject faults into copies of the classes
def _types(kind: Any) -> tuple[tuple[str, _Fits, str], ...]:
    """For each field: what fits, and what is wanted."""
    hints = get_type_hints(kind)
    return tuple((name, *_fitting(hints[name])) for name in vars(kind)["__dataclass_fields__"])


def _fitting(hint: Any) -> tuple[_Fits, str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return arguments.__contains__, f"one of {', '.join(map(repr, arguments))}"
    if origin is UnionType:
        parts = [_fitting(argument) for argument in arguments]
        return lambda value: any(fits(value) for fits, _ in parts), " or ".join(wanted for _, wanted in parts)
    if origin is tuple:
        fits, wanted = _fitting(arguments[0])
        return lambda value: isinstance(value, tuple) and all(map(fits, value)), f"a tuple of which each is {wanted}"
    return _PLAIN.get(hint) or (_named(hint.__name__), hint.__name__)


def _named(name: str) -> _Fits:
    """By name: tests inject faults into copies of the classes."""
    return lambda value: any(base.__name__ == name for base in type(value).__mro__)


_PLAIN: Final[dict[type, tuple[_Fits, str]]] = {
    bool: (lambda value: isinstance(value, int) and value in (0, 1), _SWITCH),
    int: (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    str: (lambda value: isinstance(value, str), "a text"),
    NoneType: (lambda value: value is None, "None"),
}
