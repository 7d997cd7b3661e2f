"""Getting pip without pip: the lock's hash, the index page, the network's errors. A small server stands in for PyPI."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from irqpath_testbench.tools.setup import pip_wheel
from irqpath_testbench.tools.setup.errors import SetupError

VERSION = "26.3"
WHEEL_NAME = f"pip-{VERSION}-py3-none-any.whl"


def wheel_bytes() -> bytes:
    """A wheel with one module."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("pip/__init__.py", f"__version__ = '{VERSION}'\n")
    return content.getvalue()


WHEEL = wheel_bytes()


class Index(BaseHTTPRequestHandler):
    """A package index with one file, behind a login."""

    def do_GET(self) -> None:
        expected = "Basic " + base64.b64encode(b"me:p@ss").decode()
        if self.headers.get("Authorization") != expected:
            self.send_error(401)
        elif self.path == "/simple/pip/":
            # The link keeps its host from the page's address, which holds the login.
            page = f'<a href="../../files/{WHEEL_NAME}#sha256=00">{WHEEL_NAME}</a><a href="x">pip-1.0.tar.gz</a>'
            self.response(page.encode())
        elif self.path == f"/files/{WHEEL_NAME}":
            self.response(WHEEL)
        else:
            self.send_error(404)

    def response(self, content: bytes) -> None:
        """Send `content`."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The index's host and port, with PIP_INDEX_URL naming it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:p%40ss@{host}/simple")
    monkeypatch.delenv("PIP_CERT", raising=False)
    yield host
    server.shutdown()
    server.server_close()


def write_lock(folder: Path, digest: str) -> Path:
    lock = folder / "requirements.txt"
    other = f"pip-tools==1.0 \\\n    --hash=sha256:{'1' * 64}\n"
    lock.write_text(f"{other}pip=={VERSION} \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{digest}\n    # via x\n")
    return lock


def test_downloads_and_unpacks_the_locked_pip(index: str, tmp_path: Path) -> None:
    content = pip_wheel.download(write_lock(tmp_path, hashlib.sha256(WHEEL).hexdigest()))
    pip_wheel.unpack(content, tmp_path / "site-packages")
    assert VERSION in (tmp_path / "site-packages" / "pip" / "__init__.py").read_text()


def test_wrong_hash_is_refused(index: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="does not have the hash that"):
        pip_wheel.download(write_lock(tmp_path, "2" * 64))


def test_wrong_login_is_not_shown(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:secret@{index}/simple")
    with pytest.raises(SetupError, match="answers 401") as caught:
        pip_wheel.download(write_lock(tmp_path, "2" * 64))
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_page_that_does_not_exist(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"answers 404 .*; check PIP_INDEX_URL"):
        pip_wheel.fetch(f"http://me:p%40ss@{index}/nothing")


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"^cannot reach http://127.0.0.1:9/ .*; check the network, or set PIP_INDEX_URL"):
        pip_wheel.fetch("http://127.0.0.1:9/")


def test_version_that_is_not_listed() -> None:
    assert pip_wheel.find_link('<a href="pip-1-py3-none-any.whl">', "https://host/simple/pip/", "26.3") is None


def test_relative_link_is_resolved_without_its_fragment() -> None:
    page = f'<a data-x="1" href="https://files/a/{WHEEL_NAME}#sha256=00&amp;x">'
    assert pip_wheel.find_link(page, "https://host/simple/pip/", VERSION) == f"https://files/a/{WHEEL_NAME}"


def test_lock_without_pip() -> None:
    with pytest.raises(SetupError, match="make lock"):
        pip_wheel.locked_pip("numpy==1.0\n")


def test_the_projects_own_lock_holds_pip() -> None:
    lock = Path(__file__).resolve().parents[3] / "requirements.txt"
    version, hashes = pip_wheel.locked_pip(lock.read_text())
    assert version and hashes
