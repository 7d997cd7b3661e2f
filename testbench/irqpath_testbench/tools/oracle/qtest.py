"""QEMU as a child process, with its two control channels: qtest (wires, memory) and QMP (reset)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.toolchain.processes import Tied

_START_SECONDS: Final = 20.0


class Qemu:
    """One QEMU, stopped (SIGSTOP) whenever nobody uses it: its CPUs wait by spinning."""

    def __init__(self, executable: str, arguments: Sequence[str]) -> None:
        """Start it. Raises `CheckError` with what it said if it does not come up."""
        self._folder = tempfile.TemporaryDirectory(prefix="irqpath-")
        folder = Path(self._folder.name)
        listeners = [self._listen(folder / name) for name in ("qtest", "qmp")]
        command = [executable, *arguments, "-display", "none", "-nodefaults", "-qtest-log", "/dev/null"]
        command += ["-qtest", f"unix:{folder / 'qtest'}", "-qmp", f"unix:{folder / 'qmp'}"]
        self._errors = (folder / "stderr").open("w+b")
        self._tied = Tied(command, stdout=subprocess.DEVNULL, stderr=self._errors)  # it must not outlive us
        self._process = self._tied.process
        try:
            self._qtest, self._qmp = (listener.accept()[0] for listener in listeners)
        except TimeoutError:
            said = self._last_words()
            self.close()
            raise CheckError(f"QEMU did not start: {said}") from None
        finally:
            for listener in listeners:
                listener.close()
        self._qtest.settimeout(_START_SECONDS)
        self._rest = b""
        self._monitor = self._qmp.makefile("rwb")
        self._monitor.readline()
        self.qmp("qmp_capabilities")

    @staticmethod
    def _listen(path: Path) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(_START_SECONDS)
        return listener

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self._process.poll()}"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let it run inside the `with` block only."""
        os.kill(self._process.pid, signal.SIGCONT)
        try:
            yield
        finally:
            if self._process.poll() is None:
                os.kill(self._process.pid, signal.SIGSTOP)

    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Run a QMP command and return its result. Raises `CheckError` when QEMU refuses it."""
        self._monitor.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        self._monitor.flush()
        while True:
            line = self._monitor.readline()
            if not line:
                raise CheckError(f"QEMU has gone: {self._last_words()}")
            response = json.loads(line)
            if "return" in response:
                return response["return"]
            if "error" in response:
                raise CheckError(f"QEMU refuses {command}: {response['error'].get('desc')}")

    def qtest(self, *commands: str) -> list[str]:
        """Run qtest commands and return the responses. Raises `CheckError`."""
        self._qtest.sendall(("\n".join(commands) + "\n").encode())
        responses: list[str] = []
        while len(responses) < len(commands):
            while b"\n" not in self._rest:
                piece = self._qtest.recv(1 << 16)
                if not piece:
                    raise CheckError(f"QEMU has gone: {self._last_words()}")
                self._rest += piece
            line, self._rest = self._rest.split(b"\n", 1)
            if line.startswith(b"OK"):
                responses.append(line[3:].decode())
            elif not line.startswith(b"IRQ"):
                raise CheckError(f"QEMU answers {line.decode()!r} to {commands[len(responses)]!r}")
        return responses

    def find(self, kind: str) -> str:
        """QOM path of the device of type `kind`. Raises `CheckError` if there is none."""
        for entry in self.qmp("qom-list", path="/machine/unattached"):
            if entry["type"] == f"child<{kind}>":
                return f"/machine/unattached/{entry['name']}"
        raise CheckError(f"this machine has no {kind}")

    def close(self) -> None:
        """End it."""
        self._tied.end()
        self._errors.close()
        for channel in ("_qtest", "_qmp", "_monitor"):
            if hasattr(self, channel):
                getattr(self, channel).close()
        self._folder.cleanup()
