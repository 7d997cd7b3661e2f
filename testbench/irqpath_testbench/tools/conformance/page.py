"""The table as a page: a bar a block, and every row behind it; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from irqpath_testbench.tools.conformance.evidence import NOT_COLLECTED, Collected
from irqpath_testbench.tools.conformance.rows import Row

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2733 }
h1 { font-size: 1.5rem } summary { cursor: pointer; display: flex; gap: 1rem; align-items: center; padding: .3rem 0 }
summary b { width: 10rem } .bar { flex: 1; height: 1rem; background: #e3a29a; display: flex }
.agreed { background: #2f7d5b } .held { background: #9ccbb4 } .figures { width: 22rem; text-align: right; color: #566 }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: .3rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #dde3e8 }
tr.uncovered td { background: #fbeae8 } .legend span { display: inline-block; width: 1rem; height: 1rem; vertical-align: middle }
"""


def page(rows: Sequence[Row], sources: str, collected: Collected) -> str:
    """HTML of the whole table."""
    groups = dict.fromkeys((row.block, row.kind) for row in rows)
    parts = [
        _group(block, kind, [row for row in rows if (row.block, row.kind) == (block, kind)], collected) for block, kind in groups
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>irqpath: conformance</title>'
        f"<style>{_STYLE}</style></head><body><h1>irqpath: conformance to the architecture in the golden models</h1>"
        f"<p>{escape(sources)}.</p>"
        '<p class="legend"><span class="agreed"></span> exercised where an independent party agrees '
        '<span class="held"></span> exercised by our own tests <span style="background:#e3a29a"></span> nothing exercises it</p>'
        f"{''.join(parts)}</body></html>\n"
    )


def _group(block: str, kind: str, rows: Sequence[Row], collected: Collected) -> str:
    agreed = sum(row.agreed and row.holds for row in rows)
    held = sum(row.holds for row in rows)
    share = 100 / len(rows)
    bar = f'<div class="agreed" style="width:{agreed * share:.2f}%"></div>'
    bar += f'<div class="held" style="width:{(held - agreed) * share:.2f}%"></div>'
    head = f"<summary><b>{escape(block)}: {escape(kind)}s</b><div class=bar>{bar}</div>"
    exercised = f"{held} of {len(rows)} exercised" if collected.exercised(kind) else f"{len(rows)}, {NOT_COLLECTED}"
    by_others = f"{agreed} agreed" if collected.independent(kind) else f"independent evidence {NOT_COLLECTED}"
    head += f'<div class="figures">{exercised}; {by_others}</div></summary>'
    names = "<tr><th>feature</th><th>specification</th><th>model</th><th>exercised by</th><th>independent evidence</th></tr>"
    return f"<details>{head}<table>{names}{''.join(_line(row, collected) for row in rows)}</table></details>"


def _line(row: Row, collected: Collected) -> str:
    counts = [
        (len(row.of(kind)), words)
        for kind, words in (("test", "tests"), ("recording", "recordings"), ("simulation", "simulations"))
    ]
    by = ", ".join(f"{count} {words}" for count, words in counts if count)
    by += f"; {row.injected} injected faults noticed" if row.injected else ""
    nothing = "nothing" if collected.exercised(row.kind) else NOT_COLLECTED
    independent = row.independent if row.agreed or collected.independent(row.kind) else NOT_COLLECTED
    cells = (row.name, row.spec, row.model, by or nothing, independent)
    uncovered = not row.holds and collected.exercised(row.kind)
    return f"<tr{' class=uncovered' if uncovered else ''}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
