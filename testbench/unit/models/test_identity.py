"""Values are compared with ==. Which object a value is says nothing of it, and is another matter once modules are compiled; `is`
is for None, switches, types, members of enumerations, and for objects that are meant themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from irqpath.core.places import SOURCES

#: Where an object itself is meant, as the code says it: (module, the comparison).
MEANT: Final = {
    ("irqpath/cli/signals.py", "threading.current_thread() is not threading.main_thread()"),
    ("irqpath/cli/signals.py", "before[number] is not signal.SIG_IGN"),
    ("irqpath/core/checked.py", "origin is Literal"),
    ("irqpath/core/checked.py", "origin is UnionType"),
    ("irqpath/gic/gicc/virtual_interface.py", "self.lines is self._followed"),
    ("irqpath/sim/kernel.py", "self.failed[0] is not until"),
    ("irqpath/sim/station.py", "getcurrent() is not self.worker"),
    ("irqpath/sim/station.py", "worker.parent is not getcurrent()"),
    ("irqpath/software/costs/prediction.py", "methods.better is methods.composed"),
    ("irqpath/software/costs/prediction.py", "self.taken is self.composed"),
    ("irqpath/software/host/host.py", "cpu is self.cpus[0]"),
    ("irqpath/software/host/kvm.py", "self.vcpus[number] is not vcpu"),
    ("irqpath/software/host/kvm.py", "thread.cpu is not by"),
    ("irqpath/software/host/scheduler.py", "cpu is not by"),
    ("irqpath/software/host/vcpu.py", "found is _REQUESTED"),
    ("irqpath/software/host/vgic_mmio.py", "frame is GICD"),
    ("irqpath/software/kvm/flush.py", "irq is not vcpu.ap_list[-1]"),
    ("irqpath/trace/findings.py", "kept is not deviation"),
    ("irqpath/trace/kvm/residency.py", "v is not gone"),
    ("irqpath/trace/virtio.py", "checks.queue is not queue"),
    ("irqpath/virtio/function.py", "type(self).write_config is Function.write_config"),
    ("irqpath/virtio/state.py", "origin is deque"),
}
_BUILT_IN: Final = frozenset(("dict", "list", "tuple"))


def _may_be_meant(node: ast.expr) -> bool:
    """None, True, False, a type, a member of an enumeration."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, bool)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id[0].isupper() and node.attr.isupper()
    return isinstance(node, ast.Name) and node.id in _BUILT_IN


def _identities(text: str) -> Iterator[str]:
    """Comparisons of text with `is` whose sides may both be values."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for op, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True):
                if isinstance(op, ast.Is | ast.IsNot) and not _may_be_meant(left) and not _may_be_meant(right):
                    yield ast.unparse(node)


def test_values_are_compared_with_equality() -> None:
    models = next(source for source in SOURCES if (source / "irqpath").is_dir())
    found = {
        (path.relative_to(models).as_posix(), comparison)
        for path in sorted(models.glob("irqpath/**/*.py"))
        for comparison in _identities(path.read_text(encoding="utf-8"))
    }
    assert not found - MEANT, "use ==; if the object itself is meant, say so in MEANT"
    assert not MEANT - found, "no such comparison any more"


@pytest.mark.parametrize("line", ["ready.get(intid) is entry", "wanted is _SWITCH", "a is b is None", "x is not 1", "s is 'x'"])
def test_identity_of_values_is_found(line: str) -> None:
    assert list(_identities(line)) == [line]


@pytest.mark.parametrize(
    "line", ["x is None", "x is not True", "type(t) is Reset", "move is Move.SET", "origin is list", "a == b", "a in b"]
)
def test_identity_that_may_be_meant(line: str) -> None:
    assert not list(_identities(line))
