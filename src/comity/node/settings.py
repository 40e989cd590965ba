"""What an operator sets for a node: the file `comity.toml` in its folder.

Defaults are the safe ones: loopback, no telemetry, a checkpoint a minute. Keys and passphrases are never settings.
"""

import ipaddress
import json
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from comity.errors import MalformedError, NotFoundError
from comity.kernel.trust import check_participant

FILE_NAME: Final = "comity.toml"
DEFAULT_CHECKPOINT_SECONDS: Final = 60.0
# Cover entries fill every checkpoint to a multiple of this, so that its growth tells little.
DEFAULT_BATCH: Final = 16
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A node's settings, checked."""

    authority: str
    participant: str
    title: str
    competences: tuple[str, ...]
    exercise: bool
    public_url: str
    public_host: str = "127.0.0.1"
    public_port: int
    desk_port: int
    checkpoint_seconds: float = DEFAULT_CHECKPOINT_SECONDS
    batch: int = DEFAULT_BATCH

    def __post_init__(self) -> None:
        """Refuse settings that cannot work or are unsafe."""
        check_participant(self.authority, self.participant)
        for name, port in (("public_port", self.public_port), ("desk_port", self.desk_port)):
            if not 1 <= port <= _HIGHEST_PORT:
                raise MalformedError(f"{name} is {port}, a port is 1 to {_HIGHEST_PORT}")
        if self.public_port == self.desk_port:
            raise MalformedError("public_port and desk_port must differ: the desk never answers the public")
        if not 0.05 <= self.checkpoint_seconds <= 3600:  # noqa: PLR2004 - a checkpoint twenty times a second to one an hour
            raise MalformedError(f"checkpoint_seconds is {self.checkpoint_seconds}, wanted 0.05 to 3600")
        if not 1 <= self.batch <= 4096:  # noqa: PLR2004 - beyond that a quiet log costs its followers for nothing
            raise MalformedError(f"batch is {self.batch}, wanted 1 to 4096")
        check_url(self.public_url)
        try:
            loopback = ipaddress.ip_address(self.public_host).is_loopback
        except ValueError as exc:
            raise MalformedError(f"public_host is {self.public_host!r}; wanted an address, such as 127.0.0.1") from exc
        if not loopback and urlsplit(self.public_url).scheme != "https":
            raise MalformedError(
                f"public_host {self.public_host} is not loopback: put a TLS proxy in front and set public_url to https://"
            )

    @property
    def origin(self) -> str:
        """The origin of the authority's log."""
        return f"{self.authority}/log"

    def encode(self) -> str:
        """Return the text of `comity.toml`."""
        # A JSON text, number, truth value or list of text is the same in TOML.
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in asdict(self).items()]
        return "# Settings of a Comity node; docs/howto/run-a-node.md explains each.\n" + "\n".join(lines) + "\n"


def check_url(url: str) -> None:
    """Refuse a URL that a peer must not be asked under.

    Raises:
        MalformedError: it is no http(s) URL, has credentials or a query, or is plain http off loopback.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise MalformedError(f"{url[:100]!r} is no URL: {exc}") from exc
    if port == 0 or re.search(r"[^\x21-\x7e]", url):
        raise MalformedError(f"{url[:100]!r} has a port or a character that no URL has")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not {"@", "?", "#"}.isdisjoint(url):
        raise MalformedError(f"{url[:100]!r} is not a plain http or https URL")
    if url.endswith("/"):
        raise MalformedError(f"{url[:100]!r} ends in a slash; leave it out")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise MalformedError(f"{url[:100]!r}: plain http is for loopback only, use https")


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_inward(host: str) -> bool:
    """Whether a host is written as an address that is not one of the open network; names are not resolved."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def parse_settings(text: str) -> Settings:
    """Read the text of `comity.toml`.

    Raises:
        MalformedError: it is no TOML, or a setting is missing, unknown or wrong; the message names it.
    """
    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        raise MalformedError(f"{FILE_NAME}: {exc}") from exc
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(value.keys() - known):
        raise MalformedError(f"{FILE_NAME}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    listed = value.get("competences", [])
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise MalformedError(f"{FILE_NAME}: competences is a list of text")
    if "competences" in value:
        value["competences"] = tuple(listed)
    wanted = {"exercise": bool, "public_port": int, "desk_port": int, "batch": int, "competences": tuple}
    for name, item in value.items():
        kind = (int, float) if name == "checkpoint_seconds" else wanted.get(name, str)
        if not isinstance(item, kind) or (isinstance(item, bool) and name != "exercise"):
            raise MalformedError(f"{FILE_NAME}: {name} is {item!r}, which is of the wrong type")
    texts = [*listed, *(item for item in value.values() if isinstance(item, str))]
    if any(re.search(r"[\x00-\x1f\x7f]", text) for text in texts):
        raise MalformedError(f"{FILE_NAME}: a setting holds a control character")
    try:
        return Settings(**value)
    except (TypeError, ValueError) as exc:
        raise MalformedError(f"{FILE_NAME}: {exc}") from exc


def load_settings(directory: Path) -> Settings:
    """Read the settings of the node in `directory`.

    Raises:
        NotFoundError: there is no node in that folder.
        MalformedError: the file is wrong.
    """
    try:
        text = (directory / FILE_NAME).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise NotFoundError(f"no node in {directory}: {FILE_NAME} is missing; make one with 'comity init'") from exc
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{directory / FILE_NAME} is not UTF-8") from exc
    return parse_settings(text)
