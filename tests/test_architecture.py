"""The order of the rooms, the purity of the kernel and the small rules of layout, read from the sources themselves."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import ROOT

SOURCE = ROOT / "src" / "comity"
MODULES = sorted(SOURCE.rglob("*.py"))
MAX_LINES = 600

# What a room may import of ours, besides itself and `errors`. A room that is missing here has no place yet.
_DOMAIN = frozenset({"kernel", "age", "log", "store", "parties", "law", "exchange"})
BELOW: dict[str, frozenset[str]] = {
    "kernel": frozenset(),
    "age": frozenset(),
    "store": frozenset(),
    "log": frozenset({"kernel", "store"}),
    "parties": frozenset({"kernel", "store"}),
    "law": frozenset({"kernel", "parties", "store"}),
    "exchange": frozenset({"kernel", "age", "parties", "law"}),
    "conduct": _DOMAIN,
    "cables": _DOMAIN,
    "outlook": _DOMAIN | {"conduct", "cables"},
    # An authority's desk neither installs nor loads the observatory: conduct, outlook and the watch of vessels.
    "node": _DOMAIN,
    "exercise": _DOMAIN | {"node"},
    "web": _DOMAIN | {"node"},
    "cli": _DOMAIN | {"conduct", "cables", "outlook", "node", "exercise", "web"},
    "__main__": frozenset({"cli"}),
}
# Everything of the standard library that a pure module needs; `cryptography` comes on top.
PURE = frozenset(
    [
        "base64",
        "binascii",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "itertools",
        "json",
        "math",
        "re",
        "struct",
        "types",
        "typing",
    ]
)
IMPURE_CALLS = frozenset({"open", "print", "input", "eval", "exec", "compile", "breakpoint", "__import__"})
# Clocks, the environment, and key generation, which draws randomness inside the library.
IMPURE_ATTRIBUTES = frozenset({"now", "utcnow", "today", "environ", "getenv", "urandom", "generate", "generate_key"})
NAMELESS = frozenset({"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers", "base", "stuff"})
HEAVY = frozenset({"starlette", "uvicorn", "httpx2", "jsonschema"})


def room_of(path: Path) -> str:
    """Return the room of a source file; a module beside the rooms is one of its own."""
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever in it; `.` stands for a relative import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "."
            elif node.module == "comity":
                yield from (f"comity.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def misdirected(room: str, source: str) -> list[str]:
    """Return the imports that a module in `room` must not have."""
    found = []
    for name in imported(ast.parse(source)):
        if name == ".":
            found.append("a relative import")
        if not name.startswith("comity."):
            continue
        target = name.split(".")[1]
        if target not in {room, "errors", "__version__"} and target not in BELOW.get(room, frozenset()):
            found.append(f"{room} imports {name}")
    return found


def impure(source: str) -> list[str]:
    """Return what a module does that a pure one must not."""
    tree = ast.parse(source)
    found = [
        f"imports {name}" for name in imported(tree) if name.split(".")[0] not in PURE | {"cryptography", "comity"}
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in IMPURE_CALLS:
            found.append(f"names {node.id}")
        if isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            found.append(f"reaches for .{node.attr}")
    return found


def undocumented(tree: ast.Module) -> list[str]:
    """Return the public functions, classes and methods that have no docstring."""
    found = []
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        inner = node.body if isinstance(node, ast.ClassDef) else []
        methods = [item for item in inner if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")]
        found += [item.name for item in (node, *methods) if ast.get_docstring(item) is None]
    return found


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a statement brings into a fresh interpreter."""
    script = (
        "import sys; before = set(sys.modules); "
        f"{statement}; print(*{{name.split('.')[0] for name in set(sys.modules) - before}})"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    return set(done.stdout.split())


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(SOURCE)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=named(MODULES))
def test_imports_point_one_way(path: Path) -> None:
    assert misdirected(room_of(path), path.read_text()) == []


def test_every_room_has_a_place_in_the_order() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(BELOW)
    modules = {path.stem for path in SOURCE.glob("*.py")}
    assert modules == {"__init__", "__main__", "errors"}


def test_the_order_has_no_circle() -> None:
    placed: set[str] = set()
    while waiting := {room for room, below in BELOW.items() if room not in placed}:
        ready = {room for room in waiting if BELOW[room] <= placed}
        assert ready, f"circle among {sorted(waiting)}"
        placed |= ready


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("kernel", "import comity.log.reader"),
        ("kernel", "from comity.age.stream import encrypt_stream"),
        ("kernel", "from comity import store"),
        ("kernel", "def late():\n    from comity.node import desk"),
        ("kernel", "if TYPE_CHECKING:\n    from comity.log import reader"),
        ("kernel", "from . import key"),
        ("kernel", "from ..log import reader"),
        ("age", "from comity.kernel.canonical import encode_json"),
        ("store", "from comity.kernel import key"),
        ("log", "from comity.parties import table"),
        ("parties", "from comity.law import basis"),
        ("law", "from comity.exchange import rules"),
        ("exchange", "from comity.store.files import Folder"),
        ("exchange", "import comity.node.desk"),
        ("conduct", "from comity.cables import view"),
        ("node", "from comity.web import app"),
        ("node", "from comity.exercise import network"),
        ("exercise", "from comity.cli import main"),
        ("web", "from comity.cli import main"),
        ("errors", "from comity.kernel import key"),
        ("attic", "from comity.kernel import key"),
    ],
)
def test_an_import_against_the_order_is_found(room: str, source: str) -> None:
    assert misdirected(room, source) != []


def test_imports_along_the_order_are_not_found() -> None:
    source = (
        "import json\nfrom comity.errors import Error\nfrom comity.kernel import key\nfrom comity import __version__"
    )
    for room in ("log", "parties", "law", "exchange", "node", "web", "cli"):
        assert misdirected(room, source) == []


KERNEL = [path for path in MODULES if room_of(path) == "kernel"]


@pytest.mark.parametrize("path", KERNEL, ids=named(KERNEL))
def test_the_kernel_is_pure(path: Path) -> None:
    assert impure(path.read_text()) == []


@pytest.mark.parametrize(
    "module",
    [
        "asyncio",
        "ctypes",
        "glob",
        "http",
        "io",
        "logging",
        "mmap",
        "multiprocessing",
        "os",
        "pathlib",
        "platform",
        "pysqlite3",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "msgspec",
        "importlib",
    ],
)
def test_an_impure_import_is_found(module: str) -> None:
    assert impure(f"import {module}") == [f"imports {module}"]
    assert impure(f"from {module}.inner import thing") == [f"imports {module}.inner"]
    assert impure(f"def late():\n    import {module} as quiet") == [f"imports {module}"]


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "print(1)",
        "input()",
        "shown = print",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "os.environ['X']",
        "os.urandom(16)",
        "Ed25519PrivateKey.generate()",
        "clock = datetime.now",
        "__import__('os')",
        "eval('1')",
    ],
)
def test_an_impure_act_is_found(source: str) -> None:
    assert impure(source) != []


def test_pure_code_is_not_found() -> None:
    assert impure("import json\nfrom cryptography.exceptions import InvalidSignature\nx = json.dumps({})") == []


@pytest.mark.parametrize("path", KERNEL, ids=named(KERNEL))
def test_everything_public_in_the_kernel_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert undocumented(tree) == []


def test_a_missing_docstring_is_found() -> None:
    source = 'def a(): ...\nclass B:\n    """Doc."""\n    def c(self): ...\n    def _d(self): ...\ndef _e(): ...'
    assert undocumented(ast.parse(source)) == ["a", "c"]


def test_every_package_says_what_it_is() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    assert {path.parent for path in packages} == {path.parent for path in MODULES}
    for path in packages:
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        if path.parent != SOURCE:
            assert len(tree.body) == 1, f"{path} re-exports something"


@pytest.mark.parametrize("path", MODULES, ids=named(MODULES))
def test_a_module_has_a_size_and_a_name(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES
    assert NAMELESS.isdisjoint(path.stem.split("_"))


def test_the_kernel_needs_cryptography_and_nothing_else() -> None:
    names = ", ".join(f"comity.kernel.{path.stem}" for path in KERNEL if path.stem != "__init__")
    brought = modules_after(f"import {names}")
    assert brought - sys.stdlib_module_names <= {"comity", "cryptography", "_cffi_backend", "_openssl"}
    assert "cryptography" in brought


def test_the_command_line_starts_without_heavy_libraries() -> None:
    if importlib.util.find_spec("comity.cli") is None or importlib.util.find_spec("comity.cli.main") is None:
        pytest.skip("there is no command line yet")
    brought = modules_after("import comity.cli.main")
    assert brought.isdisjoint(HEAVY)
    # A list of the commands needs none of these either.
    assert brought.isdisjoint({"cryptography", "msgspec"})


def test_a_heavy_import_is_found() -> None:
    assert "starlette" in modules_after("import starlette.responses")
