"""A network of real nodes for whichever test asks for it, copied from one that is made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.nodes import Network, Template, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("nodes"))


@pytest.fixture
def network(template: Template, tmp_path: Path) -> Iterator[Network]:
    network = Network(template, tmp_path)
    yield network
    network.close()
