"""A replay reads its recording once, whatever looks through it, and finds what reading it again and again found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from irqpath.core.errors import TraceError
from irqpath.trace import reader
from irqpath.trace.reader import Recording, events, survey
from irqpath.trace.replay import Replay
from irqpath.trace.virtio_identity import Surveyor, identities
from irqpath.trace.virtio_replay import VirtioReplay
from unit.replay.conftest import TRACES

NAMES = sorted(path.name for path in TRACES.glob("*.gz"))


@pytest.mark.parametrize("kind", [Replay, VirtioReplay])
def test_the_file_is_opened_once(kind: type[Replay | VirtioReplay], monkeypatch: pytest.MonkeyPatch) -> None:
    """For machine, devices and events together."""
    opened: list[Path] = []
    plain = Path.open

    def counted(self: Path, *args: Any, **options: Any) -> Any:
        opened.append(self)
        return plain(self, *args, **options)

    monkeypatch.setattr(Path, "open", counted)
    path = TRACES / "v3-its-smp1.jsonl.gz"
    shares: list[float] = []
    assert kind(path).run(shares.append).ok
    assert opened == [path]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_devices_are_the_same_as_of_every_event(name: str) -> None:
    """Lines that cannot tell anything of a device are not looked at; nothing is missed."""
    path = TRACES / name
    types = survey(path).header.devices
    assert identities(Recording(path), types) == Surveyor(types).survey(event for _, event in events(path))


def test_a_text_too_long_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read again; the result is the same."""
    path = TRACES / "v3-its-smp1.jsonl.gz"
    kept = VirtioReplay(path).run()
    monkeypatch.setattr(reader, "_KEPT", 1 << 16)
    again = VirtioReplay(path).run()
    assert again.to_json() | {"seconds": 0} == kept.to_json() | {"seconds": 0}


def test_a_damaged_recording_gives_the_same_error_each_time(tmp_path: Path) -> None:
    """What was kept ends where the file did, with the same words."""
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes((TRACES / "v3-its-smp1.jsonl.gz").read_bytes()[:-5000])
    recording = Recording(path)
    seen = []
    for source in (recording, recording, path):
        count = 0
        with pytest.raises(TraceError) as caught:
            for _ in events(source):
                count += 1
        seen.append((count, str(caught.value)))
    assert seen[0] == seen[1] == seen[2]
    assert "ends early" in seen[0][1]
    with pytest.raises(TraceError, match="No such file"):
        survey(Recording(tmp_path / "none.jsonl"))
