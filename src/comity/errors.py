"""The one tree of errors, branched by what the caller does next.

It alone decides exit codes (sysexits) and HTTP statuses. Every class has a stable `code`; the message is one
sentence in lower case that says what is wrong, where, and what to do. Foreign exceptions never cross a public
boundary: they are raised again as one of these, `from` the original.
"""

from typing import ClassVar


class Error(Exception):
    """Something Comity can explain; catch this one to catch them all."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70
    http_status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MalformedError(Error):
    """Bytes do not follow their format; the sender must send others."""

    code = "malformed"
    exit_code = 65
    http_status = 400


class TooLargeError(MalformedError):
    """Bytes exceed a stated limit; nothing of them was kept."""

    code = "too-large"
    http_status = 413


class VerificationError(Error):
    """A signature, digest, inclusion or consistency check failed; do not use what was checked."""

    code = "unverified"
    exit_code = 1
    http_status = 422


class PolicyError(Error):
    """Valid in form, but not acceptable to a rule of law, trust or this node."""

    code = "refused"
    exit_code = 3
    http_status = 403


class UnauthenticatedError(PolicyError):
    """Nobody is logged in, or the session has ended; open a session and repeat."""

    code = "no-session"
    http_status = 401


class ConflictError(Error):
    """Someone else moved first; read the present state and decide anew."""

    code = "conflict"
    exit_code = 75
    http_status = 409


class NotFoundError(Error):
    """No such thing here."""

    code = "not-found"
    exit_code = 66
    http_status = 404


class UnavailableError(Error):
    """Another service does not answer; trying again may help, after `retry_after_seconds` where it is known."""

    code = "unavailable"
    exit_code = 69
    http_status = 503

    def __init__(self, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StoreError(Error):
    """This node's own database or disk failed; when `fatal`, nothing may be signed until it is mended."""

    code = "store"
    exit_code = 74
    http_status = 500

    def __init__(self, message: str, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal
