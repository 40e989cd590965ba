"""Settings: safe ones are accepted, and everything else is refused by name."""

from pathlib import Path

import pytest

from comity.errors import Error, MalformedError, NotFoundError
from comity.node.settings import FILE_NAME, Settings, check_url, load_settings, parse_settings
from support.nodes import ASKER, settings_of


def text_of(**changes: object) -> str:
    """Return the text of settings with some lines written otherwise; None takes a line out."""
    lines = dict(line.split(" = ", 1) for line in settings_of(ASKER).encode().splitlines()[1:])
    lines |= {name: str(value) for name, value in changes.items()}
    return "\n".join(f"{name} = {value}" for name, value in lines.items() if value != "None")


def test_settings_are_written_and_read_back() -> None:
    for settings in (
        settings_of(ASKER),
        settings_of(ASKER, title='Zoë\'s "centre" \\ 北', competences=(), checkpoint_seconds=0.5, exercise=False),
        settings_of(ASKER, public_host="0.0.0.0"),
        settings_of(ASKER, public_url="http://[::1]:8440", public_host="::1"),
    ):
        assert parse_settings(settings.encode()) == settings


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("authority", '"XAA"', "authority"),
        ("authority", "7", "authority is 7, which is of the wrong type"),
        ("participant", '"XAB"', "does not begin with its participant's code"),
        ("title", '"a\\u0007b"', "control character"),
        ("competences", "5", "competences is a list of text"),
        ("competences", '"contact_point"', "competences is a list of text"),
        ("competences", "[1]", "competences is a list of text"),
        ("competences", '["a\\nb"]', "control character"),
        ("exercise", '"yes"', "exercise is 'yes', which is of the wrong type"),
        ("exercise", "1", "wrong type"),
        ("public_port", "0", "public_port is 0"),
        ("public_port", "65536", "public_port is 65536"),
        ("public_port", "true", "wrong type"),
        ("desk_port", "1.5", "wrong type"),
        ("checkpoint_seconds", "0", "wanted 0.05 to 3600"),
        ("checkpoint_seconds", "nan", "wanted 0.05 to 3600"),
        ("checkpoint_seconds", "inf", "wanted 0.05 to 3600"),
        ("checkpoint_seconds", "true", "wrong type"),
        ("batch", "0", "batch is 0"),
        ("batch", "5000", "batch is 5000"),
        ("public_host", '"example.org"', "wanted an address, such as"),
        ("public_url", '"ftp://example.org"', "not a plain http or https URL"),
        ("public_url", "1979-05-27", "wrong type"),
        ("public_url", "None", "public_url"),
        ("colour", '"red"', "unknown setting 'colour'; known are authority, batch"),
        ("title", '"open', FILE_NAME),
    ],
)
def test_a_setting_that_is_missing_unknown_or_wrong_is_named(name: str, value: str, match: str) -> None:
    with pytest.raises(MalformedError, match=match):
        parse_settings(text_of(**{name: value}))


def test_the_desk_has_a_port_of_its_own() -> None:
    port = settings_of(ASKER).public_port
    with pytest.raises(MalformedError, match="must differ: the desk never answers the public"):
        settings_of(ASKER, desk_port=port)


def test_a_public_listener_off_loopback_wants_https() -> None:
    with pytest.raises(MalformedError, match="put a TLS proxy in front"):
        settings_of(ASKER, public_host="0.0.0.0", public_url="http://127.0.0.1:8440")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/comity",
        "http://127.0.0.1:8440",
        "http://localhost:8440",
        "http://[::1]:8440",
    ],
)
def test_a_url_that_a_peer_may_be_asked_under(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "https://",
        "https:///x",
        "http://example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "https://example.org/",
        "https://example.org?",
        "https://example.org?x=1",
        "https://example.org#x",
        "https://user@example.org",
        "https://:secret@example.org",
        "https://@example.org",
        "https://[::1",
        "https://[zz]/",
        "https://example.org:99999",
        "https://example.org:0",
        "https://example.org:x",
        "https://example .org",
        "https://example.org\n",
        "https://exämple.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_url_that_nobody_must_be_asked_under(url: str) -> None:
    with pytest.raises(MalformedError):
        check_url(url)


def test_a_folder_without_settings_is_no_node(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(NotFoundError, match="make one with 'comity init'"):
            load_settings(folder)
    (tmp_path / FILE_NAME).write_bytes(b"\xff")
    with pytest.raises(MalformedError, match="is not UTF-8"):
        load_settings(tmp_path)
    with pytest.raises(NotFoundError):
        load_settings(tmp_path / FILE_NAME)


def test_no_text_leads_to_a_foreign_error() -> None:
    for text in ("", "[x]\n", "authority = {a = 1}", "competences = [[1]]", "batch = " + "9" * 5000, "\x00"):
        with pytest.raises(Error):
            parse_settings(text)


def test_defaults_are_the_safe_ones() -> None:
    values = {name: getattr(settings_of(ASKER), name) for name in ("authority", "participant", "title")}
    settings = Settings(
        **values,
        competences=(),
        exercise=False,
        public_url="http://127.0.0.1:1",
        public_port=1,
        desk_port=2,
    )
    assert (settings.public_host, settings.checkpoint_seconds, settings.batch) == ("127.0.0.1", 60.0, 16)
    assert settings.origin == f"{ASKER}/log"
