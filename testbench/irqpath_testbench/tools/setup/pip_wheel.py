"""Gets pip for a virtual environment that was made without it: Debian ships Python without ensurepip.

pip's wheel runs as soon as it is unpacked. It is taken from ensurepip if Python has it, otherwise from the package
index ($PIP_INDEX_URL or PyPI), in the version and with one of the hashes that the lock holds.
"""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.util
import io
import os
import re
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from irqpath_testbench.tools.setup.errors import SetupError

DEFAULT_INDEX = "https://pypi.org/simple/"
_TIMEOUT = 30
_DEBIAN_WHEELS = Path("/usr/share/python-wheels")


def index_url() -> str:
    """Return the package index to use, as pip's own variable names it."""
    return os.environ.get("PIP_INDEX_URL") or DEFAULT_INDEX


def bundled() -> Path | None:
    """Return the pip wheel that came with Python, None if its packager left it out."""
    # Debian keeps ensurepip and the wheels it installs in packages of their own.
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(spec.origin).parent / "_bundled"] if spec and spec.origin else []
    folders.append(_DEBIAN_WHEELS)
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


def locked_pip(lock: str) -> tuple[str, frozenset[str]]:
    """Return version and SHA-256 hashes of pip in the text of the lock. Raises SetupError if pip is not in it."""
    match = re.search(r"^pip==(\S+)((?:.*\\\n)*.*)", lock, flags=re.MULTILINE)
    hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", match.group(2))) if match else frozenset()
    if match is None or not hashes:
        raise SetupError("requirements.txt holds no pip with hashes; refresh it with: make lock")
    return match.group(1), hashes


def find_link(page: str, page_url: str, version: str) -> str | None:
    """Return the address of pip's wheel of `version` on an index page (PEP 503), None if it is not listed."""
    wanted = f"pip-{version}-py3-none-any.whl"
    for target in re.findall(r"""href\s*=\s*["']([^"']+)["']""", page):
        link = urllib.parse.urljoin(page_url, html.unescape(target))
        if urllib.parse.urlsplit(link).path.endswith(f"/{wanted}"):
            return urllib.parse.urldefrag(link).url
    return None


def download(lock: Path) -> bytes:
    """Return the bytes of pip's wheel as locked. Raises SetupError: network, not listed, wrong hash."""
    version, hashes = locked_pip(lock.read_text())
    page_url = f"{index_url().rstrip('/')}/pip/"
    link = find_link(fetch(page_url).decode(errors="replace"), page_url, version)
    if link is None:
        raise SetupError(f"{without_login(page_url)} lists no wheel of pip {version}; set PIP_INDEX_URL to an index that does")
    content = fetch(link)
    if hashlib.sha256(content).hexdigest() not in hashes:
        raise SetupError(f"{without_login(link)} does not have the hash that requirements.txt demands; not used")
    return content


def unpack(wheel: Path | bytes, site_packages: Path) -> None:
    """Put the wheel's content into `site_packages`; afterwards `python -m pip` works."""
    with zipfile.ZipFile(io.BytesIO(wheel) if isinstance(wheel, bytes) else wheel) as archive:
        archive.extractall(site_packages)


def fetch(url: str) -> bytes:
    """Return what lies at `url`, which may hold a login. Raises SetupError with the reason and what to do."""
    try:
        # The certificates that pip is told to trust hold here too.
        context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
        with urllib.request.urlopen(_request(url), timeout=_TIMEOUT, context=context) as response:
            return bytes(response.read())
    except (OSError, ValueError) as error:  # URLError, timeouts and TLS errors are OSErrors
        raise SetupError(network_message(url, error)) from error


def _request(url: str) -> urllib.request.Request:
    """A request for an index page or a file; urllib wants the login in a header, not in the address."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(without_login(url), headers={"Accept": "text/html, */*;q=0.1"})
    if parts.username is not None:
        login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    return request


def without_login(url: str) -> str:
    """Return `url` without user name and password, fit for a message."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def network_message(url: str, error: Exception) -> str:
    """Return one line for a failed download: what, why, what to do."""
    reason = getattr(error, "reason", error)
    place = without_login(url)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"cannot verify the certificate of {place} ({reason.verify_message}); "
            "install ca-certificates, or name your CA file in PIP_CERT and SSL_CERT_FILE"
        )
    if isinstance(error, urllib.error.HTTPError):
        return f"{place} answers {error.code} {error.reason}; check PIP_INDEX_URL"
    if isinstance(reason, (socket.gaierror, TimeoutError, OSError)):
        return f"cannot reach {place} ({reason}); check the network, or set PIP_INDEX_URL to a mirror"
    return f"cannot download {place} ({reason}); check PIP_INDEX_URL"


def site_packages_of(venv: Path) -> Path:
    """Return the folder for packages in a virtual environment of the running Python."""
    return venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
