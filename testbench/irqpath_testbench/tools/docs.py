"""What README.md and docs/ quote from runs, the picture of one, and the page of the rules: `make figures` writes them anew.

A page says where a figure stands by a comment before a block of text:

    <!-- figure: sgi -->
    ```text
    $ irqpath sim --paths sgi --seed 1
    ...
    ```

The block is the command and what it printed, without what differs from machine to machine. Tests run the commands again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_text
from irqpath.core.places import ROOT
from irqpath.rules import Rule, load
from irqpath_testbench.tools.evolution import picture
from irqpath_testbench.tools.toolchain import processes

DOCS: Final = ROOT / "docs"
RULES: Final = DOCS / "rules.md"
_BLOCK: Final = re.compile(r"<!-- figure: ([a-z0-9-]+) -->\n```text\n(.*?)```\n", re.DOTALL)
#: Lines that tell how long something took, and where the results of this run are.
_OF_THIS_RUN: Final = re.compile(r"^(\S+: .* \(\d+ s\)|\S+: \d+ scenarios, [\d.]+ s|JUnit: .*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a command prints. `cut` takes out what is not quoted; `simulator`: it builds and runs the Verilog; `status`: its exit
    status."""

    command: str
    cut: Callable[[str], str] = str
    simulator: bool = False
    status: int = 0


def _first_mismatch(text: str) -> str:
    """From the verdict to the end; of the mismatches and of what was pending the first."""
    kept: list[str] = []
    mismatches = pending = 0
    for line in text[text.index("sgi failed") :].splitlines():
        if re.match(r"  \S.* on link ", line):
            mismatches += 1
        elif re.match(r"(?:  )?\w", line):  # a heading, or the verdict
            mismatches = 0
        pending = pending + 1 if line.startswith("    gicc0: ") else 0
        if mismatches < 2 and pending < 2:
            kept.append(line)
        elif kept[-1] != "  ...":
            kept.append("  ...")
    return "\n".join(kept) + "\n"


def _counts_while_it_runs(text: str) -> str:
    """The first table, of guests that run."""
    table = text.partition("\n\n")[0]
    return "\n".join(line for line in table.splitlines() if line.strip() and " waits " not in line) + "\n"


def _without_rate(text: str) -> str:
    """A table of recordings without its last column, which says how fast this machine is."""
    return re.sub(r"^([┏┃┡│└].*[┳┃╇│┴])[^┳┃╇│┴]*[┓┃┩│┘]$", lambda row: row[1][:-1] + row[0][-1], text, flags=re.MULTILINE)


#: Every figure that a page may show.
FIGURES: Final[dict[str, Figure]] = {
    "sgi": Figure("irqpath sim --paths sgi --seed 1", simulator=True),
    "mismatch": Figure(
        "irqpath sim --paths sgi --seed 1 --scenarios Preemption --fault 2", _first_mismatch, simulator=True, status=1
    ),
    "replay": Figure("irqpath replay testbench/unit/replay/traces/v3-its-smp1.jsonl.gz", _without_rate),
    "vgic": Figure(
        "irqpath replay --only vgic testbench/unit/replay/traces/nest-v2-smp1.jsonl.gz"
        " testbench/unit/replay/traces/nest-v3-smp1.jsonl.gz testbench/unit/replay/traces/nest-v3-maint.jsonl.gz"
        " testbench/unit/replay/vgic/nest-v4-trap-vgic.jsonl.gz"
    ),
    "register": Figure("irqpath regs show GICR_WAKER 0x6"),
    "rule": Figure("irqpath rules R33"),
    "generations": Figure(f"irqpath evolution run --packets {picture.PACKETS} --loads none", _counts_while_it_runs),
    "evolution": Figure("irqpath evolution predict --hvc 500 --mmio-user 2600 --mmio-vgic 740 --ipi 2100"),
}


def pages() -> list[Path]:
    """README.md and every page of docs/."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def shown(page: str) -> Iterator[tuple[str, str]]:
    """Each figure of a page's text: its name, and what stands in its block."""
    for match in _BLOCK.finditer(page):
        yield match[1], match[2]


def made(figure: Figure) -> str:
    """Run the command and return what stands in its block. Raises `RuntimeError` where it ends otherwise than it should."""
    program, *arguments = figure.command.split()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("IRQPATH_", "COV_"))}
    done = processes.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=ROOT,
        env=environment | {"NO_COLOR": "1"},
        stderr=subprocess.PIPE,
    )
    if done.returncode != figure.status:
        raise RuntimeError(f"{figure.command}: exit status {done.returncode}, not {figure.status}\n{done.stdout}{done.stderr}")
    text = figure.cut(_OF_THIS_RUN.sub("", done.stdout.replace(f"{ROOT}/", "")))
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return "\n".join([f"$ {figure.command}", *lines, ""])


def rules_page() -> str:
    """The rules and known defects as a page."""
    known = load()
    parts = [
        "# Rules and known defects",
        "",
        "<!-- Written by `make figures` from rules.toml. Do not edit. -->",
        "",
        "Rules of interrupt delivery that implementations get wrong, in this project's words. Tests cite them by number;",
        "`irqpath rules R33` prints one. The status says what a rule rests on.",
        "",
        *(line for rule in known.rules.values() for line in _rule(rule)),
        "## Known defects of other implementations",
        "",
        "| defect | implementation | what it does | rule |",
        "| --- | --- | --- | --- |",
        *(f"| {d.id} | {_cell(d.implementation)} | {_cell(d.text)} | {d.rule} |" for d in known.defects.values()),
    ]
    return "\n".join(parts) + "\n"


def _rule(rule: Rule) -> list[str]:
    source = f"*{', '.join(rule.blocks)}; {rule.reference}; {rule.status}*"
    return [f"## {rule.id}: {_cell(rule.title)}", "", _cell(rule.text), "", _cell(source), ""]


def _cell(text: str) -> str:
    """Text in which Markdown finds nothing of its own."""
    return re.sub(r"([<\[|_])", r"\\\1", text)


def main() -> int:
    """Write every figure of every page, the picture of the evolution, and the page of the rules."""
    write_text(RULES, rules_page())
    write_text(picture.PICTURE, picture.draw(picture.measured()))
    ran: dict[str, str] = {}
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for name in [name for name, _ in shown(text) if name not in ran]:
            print(f"{name}: {FIGURES[name].command}", flush=True)
            ran[name] = made(FIGURES[name])
        fresh = _BLOCK.sub(lambda m: f"<!-- figure: {m[1]} -->\n```text\n{ran[m[1]]}```\n", text)
        if fresh != text:
            write_text(path, fresh)
            print(f"  written into {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
