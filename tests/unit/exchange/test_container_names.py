import pytest

from comity.errors import MalformedError, TooLargeError
from comity.exchange.container_names import check_name, check_names


@pytest.mark.parametrize(
    "name",
    [
        "data/a",
        "data/exhibits/1/x.csv",
        "data/Aufzählung 2026.txt",
        "data/資料/記録.pdf",
        "data/.hidden",
        "data/a..b",
        "data/console.txt",
        "data/com10",
        "data/" + "a" * 255,
    ],
)
def test_names_that_mean_one_file_everywhere_pass(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "segment ''"),
        ("/data/a", "absolute path"),
        ("//host/share", "absolute path"),
        ("data/", "directory entry"),
        ("data//a", "segment ''"),
        ("data/./a", r"segment '\.'"),
        ("../a", r"segment '\.\.'"),
        ("data/..", r"segment '\.\.'"),
        ("data/..\\a", "some systems give a meaning"),
        ("C:/a", "some systems give a meaning"),
        ("data/a:stream", "some systems give a meaning"),
        ("data/what?", "some systems give a meaning"),
        ("data/100%", "some systems give a meaning"),
        ("data/a\n", r"U\+000A"),
        ("data/a\x7f", r"U\+007F"),
        ("data/a\x85", r"U\+0085"),
        ("data/\u202egpj.exe", r"U\+202E"),
        ("data/a\u200bb", r"U\+200B"),
        ("data/a\u2028b", r"U\+2028"),
        ("data/\ue000", r"U\+E000"),
        ("data/\U000e0fff", r"U\+E0FFF"),
        ("data/\udc80", r"U\+DC80"),
        ("data/e\u0301", "normal form C"),
        ("data/\u212b", "normal form C"),
        ("data/ a", "starts or ends with a space"),
        ("data/a /b", "starts or ends with a space"),
        ("data/a\u3000", "starts or ends with a space"),
        ("data/a.", "ends with a dot"),
        ("data/CON", "device on Windows"),
        ("data/aux.tar.gz", "device on Windows"),
        ("data/Com1.txt", "device on Windows"),
        ("data/lpt³", "device on Windows"),
        ("data/nul .txt", "device on Windows"),
        ("prn/a", "device on Windows"),
    ],
)
def test_names_that_do_not_are_refused(name: str, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        check_name(name)


def test_messages_quote_names_in_ascii_so_that_they_cannot_rewrite_a_terminal() -> None:
    with pytest.raises(MalformedError) as caught:
        check_name("data/\x1b[2J\u202e")
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["data/" + "a" * 256, "data/" + "ä" * 128, "data/" + "a/" * 250 + "a"])
def test_names_that_are_too_long_are_refused(name: str) -> None:
    with pytest.raises(TooLargeError, match="more than"):
        check_name(name)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("data/a", "data/a", "is there twice"),
        ("data/a", "data/A", "after case folding"),
        ("data/straße", "data/STRASSE", "after case folding"),
        ("data/ά", "data/Ά", "after case folding"),
        ("data/a", "data/a/b", "file and also a directory"),
        ("data/A/b", "data/a", "file and also a directory"),
        ("data/a/b", "data/A/c", "its directory is also spelt"),
        ("data/a/x/y/b", "data/A/z", "its directory is also spelt"),
        ("Data/a", "data/b", "its directory is also spelt"),
    ],
)
def test_names_that_meet_on_some_file_system_are_refused(first: str, second: str, message: str) -> None:
    for pair in ([first, second], [second, first]):
        with pytest.raises(MalformedError, match=message):
            check_names(pair)


def test_different_names_pass_together() -> None:
    check_names(["data/a/b", "data/a/c", "data/ab", "data/a.b", "bagit.txt", "data/c/d/e/f", "data/c/d/g"])
