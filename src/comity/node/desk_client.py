"""An officer's client for a desk on this machine: one session, plain calls, errors as the desk names them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

import httpx2 as httpx
import msgspec

from comity import errors
from comity.errors import Error, UnavailableError
from comity.node.settings import load_settings

CHUNK_BYTES: Final = 1024 * 1024
# Opening a package reads every exhibit; a dossier writes them.
WAIT_SECONDS: Final = 3600.0
_BY_CODE: Final = {
    kind.code: kind
    for kind in (
        errors.MalformedError,
        errors.TooLargeError,
        errors.VerificationError,
        errors.PolicyError,
        errors.UnauthenticatedError,
        errors.ConflictError,
        errors.NotFoundError,
        errors.UnavailableError,
        errors.StoreError,
    )
}


class DeskClient:
    """Calls to one desk within one session."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def get(self, *parts: str, **query: str) -> Any:
        """Return what the desk has under the path of `parts`.

        Raises:
            Error: the desk's own error.
        """
        return self._call("GET", parts, params=query)

    def post(self, *parts: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """Post JSON and return the answer.

        Raises:
            Error: the desk's own error.
        """
        content = None if body is None else msgspec.json.encode(body)
        return self._call("POST", parts, content=content, params=query)

    def upload(self, *parts: str, source: BinaryIO, **query: str) -> Any:
        """Stream a file to the desk and return the answer.

        Raises:
            Error: the desk's own error.
        """
        return self._call("POST", parts, content=iter(lambda: source.read(CHUNK_BYTES), b""), params=query)

    def download(self, *parts: str, target: BinaryIO, **query: str) -> None:
        """Stream an answer into a file.

        Raises:
            Error: the desk's own error, or the answer broke off.
        """
        try:
            with self._http.stream("GET", _path(parts), params=query) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise _error(answer.status_code, answer.read())
                target.writelines(answer.iter_bytes(CHUNK_BYTES))
        except httpx.HTTPError as exc:
            raise UnavailableError(f"the desk's answer broke off: {exc}") from exc

    def _call(self, method: str, parts: tuple[str, ...], **options: Any) -> Any:
        try:
            answer = self._http.request(method, _path(parts), **options)
        except httpx.HTTPError as exc:
            raise UnavailableError(f"the desk does not answer: {exc}; is 'comity serve' running?") from exc
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise _error(answer.status_code, answer.content)
        return msgspec.json.decode(answer.content)


def _error(status: int, body: bytes) -> Error:
    try:
        value = msgspec.json.decode(body)
        code, message = str(value["error"]), str(value["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return UnavailableError(f"the desk answers {status}")
    return _BY_CODE.get(code, Error)(message)


@contextmanager
def desk_session(directory: Path, officer: str, passphrase: str) -> Iterator[DeskClient]:
    """Open an officer's session at the desk of the node in `directory`, and end it.

    Raises:
        NotFoundError: there is no node in that folder.
        UnauthenticatedError: unknown officer or wrong passphrase.
        UnavailableError: the node does not run.
    """
    settings = load_settings(directory)
    url = f"http://127.0.0.1:{settings.desk_port}"
    with httpx.Client(base_url=url, timeout=WAIT_SECONDS, trust_env=False) as http:
        client = DeskClient(http)
        token = client.post("sessions", body={"officer": officer, "passphrase": passphrase})["token"]
        http.headers["authorization"] = f"Bearer {token}"
        try:
            yield client
        finally:
            # A node that is gone has taken its sessions with it.
            with suppress(httpx.HTTPError):
                http.request("DELETE", "/sessions")


def _path(parts: tuple[str, ...]) -> str:
    """Return a path of the desk; each part is one segment, whatever an officer has typed."""
    return "/" + "/".join(quote(part, safe="") for part in parts)
