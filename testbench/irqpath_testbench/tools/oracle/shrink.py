"""The shortest sequence that still shows a difference: steps are left out as long as it stays.

A step that becomes illegal by what was left out before it (its tag changes) is left out too: it would show another difference,
that of software that breaks a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from irqpath_testbench.tools.oracle.as_text import register_name
from irqpath_testbench.tools.oracle.generator.ops import Op, Step
from irqpath_testbench.tools.oracle.session import Difference, Run, Session

#: Runs of both machines that one difference may cost.
MOST_ATTEMPTS: Final = 1500


def same_kind(a: Difference, b: Difference) -> bool:
    """Whether two differences may have the same cause."""
    if a.what != b.what:
        return False
    if a.what == "lines":
        return True
    return (a.op.kind, register_name(a.op), a.expected.fault, a.seen.fault) == (
        b.op.kind,
        register_name(b.op),
        b.expected.fault,
        b.seen.fault,
    )


def shrink(
    session: Session, steps: Sequence[Step], difference: Difference, progress: Callable[[int], None] = lambda _: None
) -> Run:
    """The run of the shortest sequence found; `steps` must show `difference` at their end. `progress` is told its steps."""
    attempts = 0
    best = session.repeat(steps)
    if best.difference is None:  # it does not show again: QEMU depends on what this cannot repeat
        return Run(list(steps), [op for step in steps for op in step.ops], difference)

    def attempt(candidate: Sequence[Step]) -> bool:
        nonlocal best, attempts
        attempts += 1
        if attempts > MOST_ATTEMPTS:
            return False
        run = session.repeat(candidate)
        if run.difference is None or not same_kind(run.difference, difference) or len(run.ops) >= len(best.ops):
            return False
        best = run
        progress(len(best.steps))
        return True

    chunk = max(1, len(best.steps) // 2)
    while True:
        shortened = False
        end = len(best.steps) - 1  # the last step shows it
        while end > 0:
            start = max(0, end - chunk)
            if attempt([*best.steps[:start], *best.steps[end:]]):
                shortened = True
                start = min(start, len(best.steps) - 1)
            end = start
        if chunk > 1:
            chunk //= 2
        elif not shortened:
            break
    for n in range(len(best.steps) - 1, -1, -1):
        _thin(best, n, attempt)
    return best


def _thin(best: Run, n: int, attempt: Callable[[Sequence[Step]], bool]) -> None:
    """Leave operations out of step `n`; what is stored and the command that makes it known stay together."""
    step = best.steps[n]
    if any(op.kind == "m" for op in step.ops):
        return
    kept: list[Op] = list(step.ops)
    for op in reversed(step.ops):
        if len(kept) == 1:
            return
        fewer = [other for other in kept if other is not op]
        if attempt([*best.steps[:n], step._replace(ops=tuple(fewer)), *best.steps[n + 1 :]]):
            kept = fewer
