"""The documents are whole: nothing of the program is missing in them, and nothing in them is missing elsewhere."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

import comity
from comity import errors
from comity.cli.desk import parse_settings, read_body
from comity.cli.main import COMMANDS, cli
from comity.exchange import delivery, dossier_head, rules
from comity.kernel import envelope
from comity.log import witness
from comity.node import desk_api, http, inbox, jobs, keyring, listeners, public, sessions, transport
from comity.node.settings import Settings
from support.cli_reference import PAGE, commands, words_of, write_reference
from support.documents import Block, blocks, links, name_of, pages
from support.documents import commands as shell_commands
from support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMES = [name_of(page) for page in pages()]
KIB = 1024
MIB = 1024 * 1024


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """Return the cells of every row of every table, heads and rulers left out."""
    lines = text.splitlines()
    table = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if not after.startswith("|---")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table if line.startswith("| ")]
    return [[cell.strip("| ") for cell in row] for row in cells]


def shell_blocks() -> list[Block]:
    found = [block for page in pages() for block in blocks(page)]
    return [block for block in found if block.info in {"sh", "sh run", "console", ""}]


# What the program has is in the documents.


def test_the_reference_of_commands_is_the_program_s_own() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_reference(), "run python tests/support/cli_reference.py"


def test_every_command_and_option_has_a_place_in_the_reference() -> None:
    reference = PAGE.read_text(encoding="utf-8")
    for path in commands(cli):
        assert f"## `comity {words_of(path)}`\n" in reference
        for parameter in path[-1].params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[-1] in reference


def test_every_command_is_on_the_first_page() -> None:
    table = README.partition("## Commands")[2].partition("\n## ")[0]
    for name in COMMANDS:
        assert re.search(rf"`(?:comity )?{name}`", table), name


def test_every_setting_is_explained() -> None:
    page = text_of("docs/howto/run-a-node.md")
    for field in fields(Settings):
        assert f"`{field.name}`" in page, field.name


def error_classes() -> Iterator[type[errors.Error]]:
    for item in vars(errors).values():
        if isinstance(item, type) and issubclass(item, errors.Error):
            yield item


def test_every_error_is_explained_with_its_code_exit_code_and_status() -> None:
    documented = {tuple(row[:4]) for row in rows(text_of("docs/reference/errors.md"))}
    assert documented == {
        (f"`{item.code}`", f"`{item.__name__}`", str(item.exit_code), str(item.http_status)) for item in error_classes()
    }


def test_the_answers_that_end_a_delivery_are_named() -> None:
    said = (
        text_of("docs/reference/errors.md")
        .partition("A delivery that is answered with")[2]
        .partition(" was refused")[0]
    )
    assert set(re.findall(r"`([a-z-]+)`", said)) == set(jobs._FINAL_CODES)


def test_limits_in_the_threat_model_are_those_of_the_program() -> None:
    table = {row[0]: row[1] for row in rows(text_of("SECURITY.md").partition("### Limits")[2])}
    assert table == {
        "A delivery, decrypted": f"{delivery.MAX_DELIVERY_BYTES // MIB} MiB",
        "An envelope": f"{envelope.MAX_ENVELOPE_BYTES} bytes",
        "Deliveries worked on at once": str(public.MAX_DELIVERIES_AT_ONCE),
        "Connections to each listener": str(listeners.MAX_CONNECTIONS),
        "A request to cosign": f"{witness.MAX_BODY_BYTES // KIB} KiB",
        "A peer's answer, exhibits apart": f"{transport.MAX_ANSWER_BYTES // MIB} MiB",
        "JSON to the desk": f"{desk_api.MAX_JSON_BYTES // MIB} MiB",
        "A session": f"{int(sessions.LIFETIME.total_seconds()) // 60} minutes",
        "Open sessions": str(sessions.MAX_SESSIONS),
        "Passphrase checks at once": str(sessions.MAX_LOGINS_AT_ONCE),
        "A passphrase": f"at least {keyring.MIN_PASSPHRASE} characters",
        "Work factor of scrypt": f"{keyring.WORK_FACTOR}, in exercises {keyring.EXERCISE_WORK_FACTOR}",
        "Work factor that is read": f"at most {keyring.MAX_WORK_FACTOR}",
        "Refusals kept for the desk": str(inbox.KEPT_REFUSALS),
        "A statement dated ahead": f"{int(rules.MAX_CLOCK_SKEW.total_seconds()) // 60} minutes",
        "Statements in a dossier that is read": str(dossier_head.MAX_STATEMENTS),
        "A dossier made in memory": f"up to {desk_api._SPOOL_BYTES // MIB} MiB",
        "Evidence of misbehaviour": "8 MiB",
        "An exhibit": "none but the disk",
    }


def test_the_public_application_is_handed_what_the_decision_says() -> None:
    said = " ".join(text_of("docs/decisions/0010-two-listeners-in-one-process.md").split())
    functions = [field.name for field in fields(public.PublicParts) if field.name != "read_log"]
    counted = {5: "five", 6: "six", 7: "seven", 8: "eight"}[len(functions)]
    assert f"**{counted} functions and the reader of the log's files**" in said
    assert http.SAFE_HEADERS["referrer-policy"] == "no-referrer"


def test_every_dependency_has_its_reason_keeper_and_way_out() -> None:
    page = text_of("docs/dependencies.md")
    parts = dict(re.findall(r"^## (\w+).*?\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    extras = PROJECT["optional-dependencies"]
    wanted = {"Runtime": PROJECT["dependencies"], "Tests": extras["test"], "Development": extras["dev"]}
    for part, requirements in wanted.items():
        documented = rows(parts[part])
        assert [row[0] for row in documented] == [
            f"`{name}`" for name in sorted(re.split("[<>=]", item)[0] for item in requirements)
        ]
        assert all(len(row) == 4 and all(row) for row in documented)


# What the documents claim is so.


def test_versions_on_the_first_page_are_those_of_the_project() -> None:
    floor = PROJECT["requires-python"].removeprefix(">=")
    assert re.findall(r"Python\s+([0-9]+\.[0-9]+) or newer", README) == [floor]
    assert re.findall(r"Version ([0-9.]+[0-9])", README) == [PROJECT["version"]] == [comity.__version__]


def test_the_two_lines_of_the_first_page_are_what_the_checks_run() -> None:
    first = next(block for block in blocks(ROOT / "README.md") if block.info == "sh")
    parts = [part.strip() for line in first.text.splitlines() for part in line.split("&&")]
    assert len(parts) == 5
    run = re.sub(
        r'"\$work/venv(?:/bin/(\w+))?"',
        lambda match: f".venv/bin/{match[1]}" if match[1] else ".venv",
        text_of(".ci/run"),
    )
    run = run.replace("pip install -q ", "pip install ")
    positions = [run.find(f"\n{part}\n") for part in parts]
    assert all(at >= 0 for at in positions), parts
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_page_and_heading(name: str) -> None:
    page = ROOT / name
    for target in links(page):
        if target.startswith("https://"):
            continue
        path, _, heading = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        if heading:
            assert heading in headings(found), target


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as hosts of repositories make them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_page_can_be_reached_from_the_first() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = [target.partition("#")[0] for target in links(page) if not target.startswith("https://")]
        waiting += [(page.parent / target).resolve() for target in targets if target]
    assert set(pages()) - reached == set()


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    found = sorted(folder.glob("[0-9]*.md"))
    assert [page.name[:4] for page in found] == [f"{number:04}" for number in range(1, len(found) + 1)]
    listed = re.findall(r"^\| \[\d{4}\]\((.+?)\)", text_of("docs/decisions/README.md"), re.MULTILINE)
    assert listed == [page.name for page in found]
    for page in found:
        text = page.read_text(encoding="utf-8")
        assert re.search(r"^Status: ", text, re.MULTILINE), page.name
        for part in ("Context", "Decision", "Options rejected", "Consequences"):
            assert f"\n## {part}\n" in text, f"{page.name}: {part}"


@pytest.mark.parametrize("block", shell_blocks(), ids=lambda block: f"{name_of(block.page)}:{block.line}")
def test_every_command_in_the_documents_can_be_parsed(block: Block) -> None:
    for line in shell_commands(block):
        for words in simple_commands(line):
            check_words(words)


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the calls of `comity` in a line, as words without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set(";&|()<>"):
            found = next((n for n, item in enumerate(words) if item.rpartition("/")[2] == "comity"), None)
            if found is not None and "install" not in words:
                yield words[found + 1 :]
            words = []
        else:
            words.append(word)


def check_words(words: list[str]) -> None:
    """Refuse a command, option or count of arguments that the program does not have."""
    command: click.Command = cli
    while True:
        if words[:1] in (["--version"], ["-h"], ["--help"]):
            return
        context = click.Context(command, info_name="comity")
        parser = command.make_parser(context)
        given, rest, _ = parser.parse_args(list(words))
        required = [item for item in command.params if item.required and isinstance(item, click.Option)]
        missing = [item.opts[-1] for item in required if item.name not in given]
        # The function `desk` of the tutorial hands its own words on.
        assert not missing, f"{words}: {missing}"
        if not isinstance(command, click.Group):
            return
        if rest[:1] == ["$@"]:
            return
        assert rest, f"{words}: no command"
        found = command.get_command(context, rest[0])
        assert found is not None, f"{words}: no command {rest[0]}"
        command, words = found, rest[1:]


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for line in (
        "comity law bases PRT CPV",
        "comity verify dossier.zip",
        "comity verify dossier.zip --trust t --colour red",
        "echo ok && comity desk --officer maria cases",
    ):
        found = list(simple_commands(line))
        assert len(found) == 1
        with pytest.raises((AssertionError, click.UsageError)):
            check_words(found[0])


def test_the_request_of_the_tutorial_is_a_body_that_can_be_read(tmp_path: Path) -> None:
    page = text_of("docs/tutorial.md")
    body = re.search(r"request\.toml <<'END'\n(.*?)^END$", page, re.DOTALL | re.MULTILINE)
    assert body is not None
    (tmp_path / "request.toml").write_text(body[1], encoding="utf-8")
    assert read_body(tmp_path / "request.toml")["measure"] == "preservation"
    assert parse_settings(("necessity=x",)) == {"necessity": "x"}


# How they are written.


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_finished_and_speaks_of_no_we(name: str) -> None:
    text = text_of(name)
    assert not re.search(r"\b(?:TODO|FIXME|TBD)\b", text)
    prose = re.sub(r"`[^`]*`|\"[^\"]*\"", "", text)
    assert not re.search(r"\b(?:we|our|ours|us)\b", prose), re.findall(r".*\b(?:we|our|ours|us)\b.*", prose)
    assert not re.search(r"\b(?:simply|robust|seamless|seamlessly|leverage|powerful)\b", prose, re.IGNORECASE)
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_no_place_on_a_machine_that_made_it(name: str) -> None:
    assert not re.search(r"(?:^|[^\w.])/(?:work|farm|tmp|home|root)/", text_of(name), re.MULTILINE)


def test_the_first_page_is_short_and_says_what_is_not_done() -> None:
    assert len(README.splitlines()) <= 150
    for word in ("no verdicts", "ranks no states", "admissible", "intercepts nothing", "no legal advice", "alpha"):
        assert word in README
    assert README.index("[Formats]") < README.index("## Status")
