"""A ledger as a read-only TAXII 2.1 service: one API root with a collection of everything and one a category.

Objects are those of `comity.conduct.exporting.stix`, in the order and with the dates of `shelf` beside it.

The service asks for no name and takes no data: what it may not tell everybody must not be in the ledger that it is
given. Unless told otherwise it listens on this machine only, and it answers only requests that name one of its own
hosts, so that no page in a browser can reach it under another name.
"""

import logging
import os
import re
import socket
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from comity.conduct.exporting.shelf import COLLECTIONS, EVERYTHING, Collection, Entry, Records, Shelf
from comity.conduct.exporting.stix_parts import Tlp, stix_id
from comity.errors import Error, MalformedError, NotFoundError, PolicyError, StoreError

MEDIA_TYPE: Final = "application/taxii+json;version=2.1"
STIX_MEDIA_TYPE: Final = "application/stix+json;version=2.1"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
ROOT: Final = "/observatory/"
# What one answer holds at most, whatever limit a client asks for.
MAX_PAGE: Final = 1_000
MAX_CONNECTIONS: Final = 200
STOP_SECONDS: Final = 5

_LOG = logging.getLogger("comity.conduct")
_TITLE: Final = "Comity observatory"
_DESCRIPTION: Final = (
    "Who claims what about operations attributed to states, with replies, findings and corrections. Every object is a "
    "reported claim, not a finding of this service."
)
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z")
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,8}")
_REFUSED: Final = re.compile(r"q=0(?:\.0{0,3})?")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")
# Each object has one version, so that it is the first, the last and all of them.
_ANY_VERSION: Final = frozenset({"first", "last", "all"})
_PAGING: Final = frozenset({"added_after", "limit", "next"})
_OF_OBJECT: Final = _PAGING | {"match[version]", "match[spec_version]"}
_OF_COLLECTION: Final = _OF_OBJECT | {"match[id]", "match[type]"}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a request asks of a collection; a filter that is None lets everything pass."""

    after: datetime | None
    limit: int
    ids: frozenset[str] | None
    types: frozenset[str] | None
    versions: frozenset[datetime] | None
    nothing: bool

    def passes(self, entry: Entry) -> bool:
        """True when an object is among those asked for."""
        return (
            not self.nothing
            and (self.ids is None or entry.id in self.ids)
            and (self.types is None or entry.type in self.types)
            and (self.versions is None or _moment(entry.version) in self.versions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """Some objects of a collection, and whether more pass the same filters."""

    entries: Sequence[Entry]
    more: bool

    def answer(self, name: str, items: Iterable[Any]) -> Response:
        """Return the answer that lists them; one that lists nothing is empty."""
        if not self.entries:
            return _answer({})
        members: dict[str, Any] = {"more": self.more}
        if self.more:
            members["next"] = _written(self.entries[-1].added)
        dates = [_written(entry.added) for entry in (self.entries[0], self.entries[-1])]
        headers = {"x-taxii-date-added-first": dates[0], "x-taxii-date-added-last": dates[1]}
        return _answer(members | {name: list(items)}, headers=headers)


def taxii_app(
    held: Records,
    *,
    title: str = _TITLE,
    tlp: Tlp = "white",
    exercise: bool = False,
    hosts: Sequence[str] = LOOPBACK,
    page: int = MAX_PAGE,
) -> Starlette:
    """Return the service over what holds records, which of an exercise says so; `hosts` are its own names."""
    shelf = Shelf(held, tlp=tlp, exercise=exercise)
    title = f"EXERCISE: {title}" if exercise else title
    names = frozenset(host.lower() for host in hosts)

    async def collection_of(request: Request) -> Collection:
        name = _collection_name(request)
        return (await run_in_threadpool(shelf.collections))[name]

    async def discovery(_request: Request) -> Response:
        return _answer({"title": title, "description": _DESCRIPTION, "default": ROOT, "api_roots": [ROOT]})

    async def root(_request: Request) -> Response:
        # A body is never read; the format wants a number above zero.
        members = {"title": title, "description": _DESCRIPTION, "versions": [MEDIA_TYPE], "max_content_length": 1}
        return _answer(members)

    async def collections(_request: Request) -> Response:
        return _answer({"collections": [_described(name) for name in COLLECTIONS]})

    async def collection(request: Request) -> Response:
        return _answer(_described(_collection_name(request)))

    async def objects(request: Request) -> Response:
        found = _page(await collection_of(request), _asked(request, _OF_COLLECTION, page))
        return found.answer("objects", (entry.data for entry in found.entries))

    async def manifest(request: Request) -> Response:
        found = _page(await collection_of(request), _asked(request, _OF_COLLECTION, page))
        return found.answer("objects", (_manifest_entry(entry) for entry in found.entries))

    async def one_object(request: Request) -> Response:
        found = _page_of_one(await collection_of(request), request, _asked(request, _OF_OBJECT, page))
        return found.answer("objects", (entry.data for entry in found.entries))

    async def versions(request: Request) -> Response:
        asked = _asked(request, _PAGING | {"match[spec_version]"}, page)
        found = _page_of_one(await collection_of(request), request, asked)
        return found.answer("versions", (entry.version for entry in found.entries))

    one = f"{ROOT}collections/{{collection}}/"
    routes = {
        "/taxii2/": discovery,
        ROOT: root,
        f"{ROOT}collections/": collections,
        one: collection,
        f"{one}manifest/": manifest,
        f"{one}objects/": objects,
        f"{one}objects/{{object}}/": one_object,
        f"{one}objects/{{object}}/versions/": versions,
    }
    app = Starlette(
        routes=[Route(path, _guarded(endpoint, names), methods=["GET"]) for path, endpoint in routes.items()],
        exception_handlers={HTTPException: _no_route, Exception: _fault},
    )
    app.router.redirect_slashes = False
    return app


def serve_taxii(
    held: Records,
    *,
    host: str = LOOPBACK[0],
    port: int = 8450,
    title: str = _TITLE,
    tlp: Tlp = "white",
    exercise: bool = False,
    hosts: Sequence[str] = (),
) -> None:
    """Serve until SIGINT or SIGTERM, on this machine only unless another address and its names are given.

    Raises:
        PolicyError: the address is reachable from elsewhere, and the names by which it may be asked are not given.
        StoreError: the port is taken.
    """
    if host not in LOOPBACK and not hosts:
        raise PolicyError(
            f"the address {host} is reachable from elsewhere; say by which names of hosts it may be asked"
        )
    app = taxii_app(held, title=title, tlp=tlp, exercise=exercise, hosts=(*LOOPBACK, *hosts))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=MAX_CONNECTIONS,
    )
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as exc:
        why = os.strerror(exc.errno) if exc.errno else exc
        raise StoreError(f"port {port} on {host} cannot be had ({why}); take another one") from exc
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


def collection_id(name: str) -> str:
    """Return the id of a collection, the same at every service."""
    # TAXII wants a UUID of version 4 here, where STIX takes one that is computed; clients check it.
    return str(uuid.UUID(stix_id("collection", name).removeprefix("collection--"), version=4))


def _described(name: str) -> dict[str, Any]:
    title = "All operations" if name == EVERYTHING else f"Operations of the category {name}"
    return {
        "id": collection_id(name),
        "title": title,
        "description": "Each with the claims about it, replies, findings and corrections.",
        "alias": name,
        "can_read": True,
        "can_write": False,
        "media_types": [STIX_MEDIA_TYPE],
    }


def _collection_name(request: Request) -> str:
    asked = request.path_params["collection"]
    for name in COLLECTIONS:
        if asked in {name, collection_id(name)}:
            return name
    raise NotFoundError("no collection has this id or alias")


def _manifest_entry(entry: Entry) -> dict[str, str]:
    added = _written(entry.added)
    return {"id": entry.id, "date_added": added, "version": entry.version, "media_type": STIX_MEDIA_TYPE}


def _page(collection: Collection, asked: _Asked) -> _Page:
    found: list[Entry] = []
    for entry in collection.after(asked.after):
        if asked.passes(entry):
            if len(found) == asked.limit:
                return _Page(entries=found, more=True)
            found.append(entry)
    return _Page(entries=found, more=False)


def _page_of_one(collection: Collection, request: Request, asked: _Asked) -> _Page:
    entry = collection.entries.get(request.path_params["object"])
    if entry is None:
        raise NotFoundError("the collection has no object with this id")
    there = asked.passes(entry) and (asked.after is None or entry.added > asked.after)
    return _Page(entries=[entry] if there else [], more=False)


def _asked(request: Request, known: frozenset[str], page: int) -> _Asked:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise MalformedError(f"the parameter {name[:40]!r} is not known here; known are {', '.join(sorted(known))}")
        if name in given:
            raise MalformedError(f"the parameter {name} is given twice; several values are joined by commas")
        given[name] = value
    moments = [_stated_moment(name, given[name]) for name in ("added_after", "next") if name in given]
    limit = given.get("limit", str(page))
    if not _LIMIT.fullmatch(limit):
        raise MalformedError(f"limit {limit[:20]!r} is no number above zero")
    versions = _values(given, "match[version]")
    return _Asked(
        after=max(moments, default=None),
        limit=min(int(limit), page),
        ids=_values(given, "match[id]"),
        types=_values(given, "match[type]"),
        versions=None
        if versions is None or versions & _ANY_VERSION
        else frozenset(_stated_moment("match[version]", value) for value in versions),
        nothing="2.1" not in (_values(given, "match[spec_version]") or {"2.1"}),
    )


def _values(given: Mapping[str, str], name: str) -> frozenset[str] | None:
    return frozenset(given[name].split(",")) if name in given else None


def _stated_moment(name: str, text: str) -> datetime:
    try:
        return _moment(text)
    except ValueError as exc:
        raise MalformedError(f"{name} {text[:40]!r} is not of the form YYYY-MM-DDTHH:MM:SS.ssssssZ") from exc


def _moment(text: str) -> datetime:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '0')[:6].ljust(6, '0')}").replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S.%f}Z"


def _guarded(endpoint: Endpoint, hosts: frozenset[str]) -> Endpoint:
    """Check what holds for every request, and turn the project's errors into those of TAXII."""

    async def call(request: Request) -> Response:
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if host is None or host[1].strip("[]").lower() not in hosts:
            return _error(400, "malformed", "the request names another host than this service has")
        if not _accepts(request.headers.get("accept")):
            return _error(406, "not-acceptable", f"the service answers in {MEDIA_TYPE} only")
        try:
            return await endpoint(request)
        except Error as exc:
            if exc.http_status >= 500:  # noqa: PLR2004 - HTTP
                _LOG.error("%s: %s", request.url.path, exc.message)
                return _error(exc.http_status, exc.code, "the service has failed")
            return _error(exc.http_status, exc.code, exc.message)

    return call


def _accepts(header: str | None) -> bool:
    """True when a client takes TAXII 2.1, or says nothing of what it takes."""
    if header is None:
        return True
    for accepted in header.split(","):
        media_type, *parameters = (part.strip().lower() for part in accepted.split(";"))
        # A value may stand in quotation marks, which say nothing.
        stated = [part.replace(" ", "").replace('"', "") for part in parameters]
        if any(_REFUSED.fullmatch(part) for part in stated):
            continue
        if media_type in {"*/*", "application/*"}:
            return True
        versions = [part for part in stated if part.startswith("version=")]
        if media_type == "application/taxii+json" and all(part == "version=2.1" for part in versions):
            return True
    return False


def _answer(members: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = msgspec.json.encode(members)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers={**_HEADERS, **(headers or {})})


def _error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    members = {"title": message, "error_code": code, "http_status": str(status)}
    return _answer(members, status=status, headers=headers)


async def _no_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {405: ("read-only", "the service is read, by GET and HEAD, and takes nothing")}
    code, message = known.get(error.status_code, ("not-found", "there is nothing under this address"))
    return _error(error.status_code, code, message, headers=error.headers)


async def _fault(_request: Request, _error_seen: Exception) -> Response:
    return _error(500, "error", "the service has failed")
