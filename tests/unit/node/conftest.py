"""The three nodes of a network by their parts in it; and a watch that no secret ever shows."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import Response

from comity.errors import Error
from support.nodes import Network, RunningNode, Template


@pytest.fixture
def asker(network: Network) -> RunningNode:
    return network.three[0]


@pytest.fixture
def asked(network: Network) -> RunningNode:
    return network.three[1]


@pytest.fixture
def third(network: Network) -> RunningNode:
    return network.three[2]


@pytest.fixture(autouse=True)
def no_secret_shows(
    template: Template, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail any test in which a passphrase or seed stands in an error's message, a log record or an HTTP answer."""
    seen: list[str] = []
    made, rendered = Error.__init__, Response.render

    def recorded(self: Error, message: str) -> None:
        seen.append(message)
        made(self, message)

    def render(self: Response, content: Any) -> bytes | memoryview:
        body = rendered(self, content)
        seen.append(bytes(body).decode("utf-8", "replace"))
        return body

    monkeypatch.setattr(Error, "__init__", recorded)
    monkeypatch.setattr(Response, "render", render)
    with caplog.at_level(logging.DEBUG):
        yield
    text = "\n".join([*seen, caplog.text])
    assert not [secret for secret in template.secrets if secret in text]
