"""Plans: TOML files that say which jobs a regression has, read strictly.

A plan has `about`, one line, `include`, the project's own plans whose jobs it has too, and tables `[[jobs]]`, each a product:
paths × simulators × devices × sizes × faults × seeds. Keys:

`paths`: names; with `faults` they may be left out, for a fault knows its own. `simulators`: "verilator" (the default),
"icarus". `devices`: what is not as usual in the Verilog, such as `{ pes = 2 }` (default: nothing). `sizes`: interrupts of random
traffic. `scenarios`: default all. `seeds`: how many from 1 on, a list, or text such as "1-300,77". `deal`: devices and sizes are
dealt out to the seeds in turn, instead of each with every seed. `recordings`, `events`: of path linux. `faults`: numbers of
rtl_faults.toml, or "all"; `model_faults`: names. `code_coverage`: of the Verilog too. `timing`: times are held against their
aims too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from irqpath.cli.parser import did_you_mean
from irqpath.core.errors import CheckError, IrqpathError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.tools.faults.injection import find
from irqpath_testbench.tools.faults.rtl_faults import FAULTS, INJECTABLE, RtlFault
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.sim.paths import LINUX, PATHS
from irqpath_testbench.tools.sim.recordings import device_of, for_verilog, name_of, prefix
from irqpath_testbench.tools.toolchain.kept import digest

#: The project's own plans, by file.
PLANS: Final = Path(__file__).with_name("plans")
SIMULATORS: Final = ("verilator", "icarus")
#: So many seeds of one number are a mistake.
_MOST: Final = 1_000_000
_BIGGEST: Final = 10_000_000
#: Keys of a plan.
_TOP: Final = ("about", "include", "jobs")


class PlanError(CheckError):
    """A plan that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line changes of a plan: other `seeds`, only these `paths`, these `simulators`; None and (): as it is."""

    seeds: tuple[int, ...] | None = None
    paths: tuple[str, ...] = ()
    simulators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """One table `[[jobs]]`; see this module's text. `where`: what an error names."""

    where: str
    seeds: tuple[int, ...]
    paths: tuple[str, ...] = ()
    simulators: tuple[str, ...] = ("verilator",)
    devices: tuple[Mapping[str, int | bool], ...] = ({},)
    sizes: tuple[int, ...] = (INTERRUPTS,)
    scenarios: tuple[str, ...] = ()
    deal: bool = False
    recordings: tuple[str, ...] = ()
    events: int = 0
    faults: tuple[int, ...] = ()
    model_faults: tuple[str, ...] = ()
    code_coverage: bool = False
    timing: bool = False

    def jobs(self) -> Iterator[Job]:
        """All of them. Raises `PlanError`."""
        for simulator in self.simulators:
            for one in self._whats(simulator):
                yield from self._seeded(one)

    def _seeded(self, one: Job) -> Iterator[Job]:
        """A job for each seed, on each device with each size, or on that whose turn it is. A recording and a fault have their
        own device."""
        shapes = [(device, size) for device in self.devices for size in self.sizes]
        if one.trace or one.fault:
            shapes = [({}, size) for size in self.sizes]
        for turn, seed in enumerate(self.seeds):
            for device, size in [shapes[turn % len(shapes)]] if self.deal else shapes:
                yield replace(one, seed=seed, interrupts=size, device=self._device(one, device))

    def _device(self, one: Job, other: Mapping[str, int | bool]) -> DutParameters:
        if not other:
            return one.device
        given: dict[str, Any] = dict(other)
        try:
            device = replace(one.device, **given)
        except (IrqpathError, TypeError) as error:
            raise PlanError(f"{self.where}, devices: {error}; write parameters of the Verilog, such as {{ pes = 2 }}") from None
        path = PATHS[one.path]
        chosen = set(one.scenarios or path.scenarios) - set(path.any_width)
        needs = {**path.needs, **(path.widths if chosen else {})}
        if lacks := [f"{name}={least}" for name, least in needs.items() if getattr(device, name) < least]:
            raise PlanError(
                f"{self.where}, devices: path {path.name} needs {', '.join(lacks)}; give the device that, or put the path into "
                "another [[jobs]]"
            )
        return device

    def _whats(self, simulator: str) -> Iterator[Job]:
        """Of each path, recording and fault one job, with the usual device and any seed."""
        more: dict[str, Any] = {"simulator": simulator, "code_coverage": self.code_coverage, "timing": self.timing}
        for number in self.faults:
            fault = _fault(number)
            if self.paths and fault.path not in self.paths:
                continue
            device = fault.device
            yield Job(fault.path, device=device, scenarios=(fault.scenario,), fault=number, **more)
        for name in self.paths if not self.faults else ():
            for model_fault in self.model_faults or ("",):
                one = Job(name, device=PATHS[name].device, scenarios=self._scenarios(name), model_fault=model_fault, **more)
                yield from self._recorded(one) if name == LINUX else (one,)

    def _scenarios(self, path: str) -> tuple[str, ...]:
        """Those of the path, () for all."""
        chosen = tuple(name for name in self.scenarios if name in PATHS[path].scenarios)
        if self.scenarios and not chosen:
            raise PlanError(
                f"{self.where}, scenarios: path {path} has none of {', '.join(self.scenarios)}; it has "
                f"{', '.join(PATHS[path].scenarios)}"
            )
        return chosen

    def _recorded(self, one: Job) -> Iterator[Job]:
        known = {name_of(path): path for path in for_verilog()}
        for name in self.recordings or known:
            if name not in known:
                raise PlanError(f"{self.where}, recordings: no recording {name!r}{_near(name, known)}")
            events = self.events or (prefix(known[name]) if one.simulator == "icarus" else 0)
            yield replace(one, trace=known[name].name, events=events, device=device_of(known[name]))


def _fault(number: int) -> RtlFault:
    return next(fault for fault in INJECTABLE if fault.number == number)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as its file has it. `name`: of the file; `about`: one line."""

    name: str
    about: str
    groups: tuple[Group, ...] = field(default_factory=tuple)

    def jobs(self, asked: Asked = Asked()) -> tuple[Job, ...]:  # it is frozen
        """All its jobs, each once, in the order of the file. Raises `PlanError` where nothing is left."""
        groups = list(self._simulated(asked.simulators)) if asked.simulators else list(self.groups)
        if asked.paths:
            groups = [replace(group, paths=paths) for group in groups if (paths := _chosen(group, asked.paths))]
        if asked.seeds is not None:
            groups = [replace(group, seeds=asked.seeds) for group in groups]
        found = tuple(dict.fromkeys(job for group in groups for job in group.jobs()))
        if not found:
            raise PlanError(f"plan {self.name} has no job for what was asked; irqpath regress --list says what it has")
        return found

    def _simulated(self, simulators: Sequence[str]) -> Iterator[Group]:
        """What the plan has for each simulator; all of it on one that it has nothing for."""
        for simulator in simulators:
            own = [group for group in self.groups if simulator in group.simulators]
            yield from (replace(group, simulators=(simulator,)) for group in own or self.groups)


def _chosen(group: Group, paths: Sequence[str]) -> tuple[str, ...]:
    """Of the paths that were asked for those that a group has."""
    has = group.paths or tuple(dict.fromkeys(_fault(number).path for number in group.faults))
    return tuple(path for path in paths if path in has)


def names() -> list[str]:
    """Names of the project's own plans, the shortest plan first."""
    order = ("smoke", "nightly", "signoff")
    return sorted((path.stem for path in PLANS.glob("*.toml")), key=lambda n: (order.index(n) if n in order else 9, n))


def load(name: str) -> Plan:
    """The plan of that name, or of that file. Raises `PlanError`."""
    own = PLANS / f"{name}.toml"
    path = own if name in names() else Path(name)
    if path != own and path.suffix != ".toml":
        raise PlanError(f"no plan is called {name!r}{_near(name, names())}; a plan of yours is a file NAME.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise PlanError(f"{path}: no plan could be read ({why}); name another file, or one of {', '.join(names())}") from None
    try:
        return read(text, path)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: this is no TOML ({error}); mend it there") from None


def read(text: str, path: Path) -> Plan:
    """The plan that a file says. Raises `PlanError`, `TOMLDecodeError`."""
    plain = tomllib.loads(text)
    if unknown := sorted(plain.keys() - _TOP):
        raise PlanError(f"{path}, {unknown[0]}: a plan has {', '.join(_TOP)}, and nothing else{_near(unknown[0], _TOP)}")
    about = plain.get("about", "")
    if not isinstance(about, str):
        raise PlanError(f"{path}, about: {about!r} is no text; write one line in quotes")
    included = plain.get("include", [])
    if included:
        _words([name for name in names() if name != path.stem], "plan", included, f"{path}, include")
    before = [group for name in included for group in load(name).groups]
    tables = plain.get("jobs", [])
    if not isinstance(tables, list) or not (tables or before):
        raise PlanError(f"{path}, jobs: a plan needs at least one table [[jobs]]")
    groups = tuple(_group(table, f"{path}, [[jobs]] {number}") for number, table in enumerate(tables, 1))
    return Plan(path.stem, about, (*before, *groups))


def _group(table: Any, where: str) -> Group:
    known = [f.name for f in fields(Group) if f.name != "where"]
    if not isinstance(table, dict):
        raise PlanError(f"{where}: {table!r} is no table; write [[jobs]] and its keys below")
    if unknown := [key for key in table if key not in known]:
        raise PlanError(f"{where}, {unknown[0]}: no such key{_near(unknown[0], known)}; there are {', '.join(known)}")
    if "seeds" not in table:
        raise PlanError(f'{where}, seeds: missing; write how many (seeds = 10), a list, or text such as "1-10"')
    if not {"paths", "faults"} & table.keys():
        raise PlanError(f"{where}, paths: missing; name some of {', '.join(PATHS)}")
    values: dict[str, Any] = {key: _READ[key](value, f"{where}, {key}") for key, value in table.items()}
    group = Group(where=where, **values)
    for key, wants in (("recordings", LINUX), ("events", LINUX)):
        if getattr(group, key) and wants not in group.paths:
            raise PlanError(f"{where}, {key}: of path {wants} only, which `paths` does not name; leave it out, or name the path")
    if group.faults and (group.model_faults or group.scenarios or "devices" in table):
        raise PlanError(f"{where}, faults: each has its own device and scenario; leave devices, scenarios and model_faults out")
    return group


def seeds(value: Any, where: str) -> tuple[int, ...]:
    """Seeds of a number (so many from 1 on), of a list, or of text: numbers and ranges such as 7-12, separated by commas. Raises
    `PlanError`."""
    how = 'write how many, a list such as [1, 5], or text such as "1-300"'
    if type(value) is int:
        if not 1 <= value <= _MOST:
            raise PlanError(f"{where}: {value} is no number of seeds (1 to {_MOST:,}); {how}")
        return tuple(range(1, value + 1))
    if isinstance(value, str):
        return tuple(dict.fromkeys(seed for part in value.split(",") for seed in _range(part.strip(), where, how)))
    if not isinstance(value, list) or not value or not all(type(seed) is int and seed >= 0 for seed in value):
        raise PlanError(f"{where}: {value!r} are no seeds, whole numbers from 0 up; {how}")
    return tuple(dict.fromkeys(value))


def _range(text: str, where: str, how: str) -> range:
    first, dash, last = text.partition("-")
    try:
        low = int(first, 0)
        high = int(last, 0) if dash else low
    except ValueError:
        raise PlanError(f"{where}: {text!r} is no seed; {how}") from None
    if not 0 <= low <= high or high - low >= _MOST:
        raise PlanError(f"{where}: {text!r} is no range of seeds (from the lower to the higher, {_MOST:,} at most); {how}")
    return range(low, high + 1)


def asked_seeds(text: str) -> tuple[int, ...]:
    """Seeds as a command line gives them: a number says how many, all else as in a plan; "7," is seed 7 alone. Raises
    `PlanError`."""
    return seeds(int(text) if text.isdecimal() else text.rstrip(","), "seeds")


def _words(known: Iterable[str], what: str, value: Any, where: str) -> tuple[str, ...]:
    """Names of a list, each of which is known."""
    valid = list(known)
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise PlanError(f"{where}: {value!r} is no list of names; write some of {', '.join(valid)} in brackets")
    for word in value:
        if word not in valid:
            raise PlanError(f"{where}: {word!r} is no {what}{_near(word, valid)}; there are {', '.join(valid)}")
    return tuple(dict.fromkeys(value))


def _devices(value: Any, where: str) -> tuple[Mapping[str, int | bool], ...]:
    known = [f.name for f in fields(DutParameters)]
    if not isinstance(value, list) or not value or not all(isinstance(device, dict) for device in value):
        raise PlanError(f"{where}: {value!r} is no list of devices; write such as [{{ pes = 1 }}, {{ pes = 8 }}]")
    for device in value:
        for name, number in device.items():
            if name not in known:
                raise PlanError(f"{where}: the Verilog has no parameter {name!r}{_near(name, known)}; it has {', '.join(known)}")
            if not isinstance(number, int):
                raise PlanError(f"{where}: {name} = {number!r} is no number; write a whole number, or true or false")
    return tuple(value)


def _numbers(low: int, high: int, value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or not all(type(n) is int and low <= n <= high for n in value):
        raise PlanError(f"{where}: {value!r} is no list of numbers from {low} to {high:,}; write such as [{low}]")
    return tuple(dict.fromkeys(value))


def _faults(value: Any, where: str) -> tuple[int, ...]:
    known = [fault.number for fault in FAULTS]
    if value == "all":
        return tuple(known)
    if not isinstance(value, list) or not value or not all(number in known for number in value):
        raise PlanError(f'{where}: {value!r} are no faults that a scenario finds; write "all", or numbers of rtl_faults.toml')
    return tuple(dict.fromkeys(value))


def _model_faults(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise PlanError(f"{where}: {value!r} is no list of names; write those of cosim_faults.toml")
    try:
        return tuple(dict.fromkeys(find(name).name for name in value))
    except IrqpathError as error:
        raise PlanError(f"{where}: {error}") from None


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise PlanError(f"{where}: {value!r} is neither true nor false")
    return value


def _events(value: Any, where: str) -> int:
    return _numbers(1, 10**9, [value], where)[0]


#: How each key is read.
_READ: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "seeds": seeds,
    "paths": lambda value, where: _words(PATHS, "path", value, where),
    "simulators": lambda value, where: _words(SIMULATORS, "simulator", value, where),
    "devices": _devices,
    "sizes": lambda value, where: _numbers(1, _BIGGEST, value, where),
    "scenarios": lambda value, where: _words(
        dict.fromkeys(name for path in PATHS.values() for name in path.scenarios), "scenario", value, where
    ),
    "deal": _flag,
    "recordings": lambda value, where: _words([name_of(path) for path in for_verilog()], "recording", value, where),
    "events": _events,
    "faults": _faults,
    "model_faults": _model_faults,
    "code_coverage": _flag,
    "timing": _flag,
}


def _near(word: str, valid: Iterable[str]) -> str:
    hint = did_you_mean(word, valid).removeprefix(": ")
    return f" ({hint})" if hint else ""


def share(jobs: Sequence[Job], part: float, key: str) -> tuple[Job, ...]:
    """Of each path on each simulator this part, rounded up, chosen by `key`: the same for the same key, in the end all for many.
    Jobs of one device are chosen before those of the next, so that few builds are needed."""
    kinds: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        kinds.setdefault((job.path, job.simulator), []).append(job)
    marks = {device: digest([key, device.mark()]) for device in {job.device for job in jobs}}
    chosen: set[Job] = set()
    for kind in kinds.values():
        ranked = sorted(kind, key=lambda job: (marks[job.device], digest([key, job.name])))
        chosen.update(ranked[: max(1, -int(-len(ranked) * part // 1))])
    return tuple(job for job in jobs if job in chosen)
