"""Files cross between this room and two others' implementations of age, in both directions.

The Go tool `age` (any version) is used where it is installed; the npm package `age-encryption`, which knows hybrid
recipients, from the folder that COMITY_AGE_NPM names, or else installed once into a temporary folder.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from comity.age.armor import armor, open_either
from comity.age.identity import HybridIdentity, ScryptIdentity, X25519Identity, generate_hybrid, generate_x25519
from comity.age.recipient import ScryptRecipient, parse_recipient
from comity.age.stream import CHUNK_BYTES, decrypt_bytes, encrypt_bytes

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1_000_000]
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
const [verb, ...rest] = process.argv.slice(2);
if (verb === "generate") {
  const identity = await generateHybridIdentity();
  console.log(JSON.stringify([identity, await identityToRecipient(identity)]));
} else if (verb === "recipient") {
  console.log(JSON.stringify([await identityToRecipient(rest[0])]));
} else {
  const [kind, key, from, to] = rest;
  const tool = verb === "encrypt" ? new Encrypter() : new Decrypter();
  if (kind === "passphrase") {
    if (verb === "encrypt") tool.setScryptWorkFactor(10);
    verb === "encrypt" ? tool.setPassphrase(key) : tool.addPassphrase(key);
  } else {
    verb === "encrypt" ? tool.addRecipient(key) : tool.addIdentity(key);
  }
  const input = readFileSync(from);
  writeFileSync(to, verb === "encrypt" ? await tool.encrypt(input) : await tool.decrypt(input, "uint8array"));
}
"""


def run(*command: str | Path, cwd: Path) -> bytes:
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def age() -> str:
    found = shutil.which("age")
    if found is None:
        pytest.skip("no age command on this machine; Debian and others package it as age")
    return found


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder from which node finds age-encryption, with the script beside it."""
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    work = tmp_path_factory.mktemp("age-npm")
    given = os.environ.get("COMITY_AGE_NPM")
    if given is not None:
        modules = Path(given) / "node_modules"
        if not (modules / "age-encryption").is_dir():
            pytest.skip("the folder in COMITY_AGE_NPM has no node_modules/age-encryption")
        (work / "node_modules").symlink_to(modules.resolve())
    else:
        if shutil.which("npm") is None:
            pytest.skip("no npm on this machine, and COMITY_AGE_NPM is not set")
        (work / "package.json").write_text('{"private": true}')
        install = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "age-encryption")
        try:
            done = subprocess.run(install, cwd=work, capture_output=True, check=False, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not install age-encryption within two minutes")
        if done.returncode != 0:
            pytest.skip("npm cannot install age-encryption here")
    (work / "run.mjs").write_text(SCRIPT)
    return work


@pytest.mark.parametrize("size", SIZES)
def test_the_go_tool_opens_what_is_written_here(age: str, tmp_path: Path, size: int) -> None:
    identity, plain = generate_x25519(), os.urandom(size)
    (tmp_path / "key").write_text(identity.encode() + "\n")
    sealed = encrypt_bytes(plain, [X25519Identity.from_secret(bytes(32)).recipient, identity.recipient])
    (tmp_path / "sealed").write_bytes(sealed)
    assert run(age, "-d", "-i", "key", "sealed", cwd=tmp_path) == plain
    (tmp_path / "armoured").write_text(armor(sealed))
    assert run(age, "-d", "-i", "key", "armoured", cwd=tmp_path) == plain


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("flags", [(), ("-a",)], ids=["binary", "armoured"])
def test_what_the_go_tool_writes_opens_here(age: str, tmp_path: Path, size: int, flags: tuple[str, ...]) -> None:
    identity, plain = generate_x25519(), os.urandom(size)
    (tmp_path / "plain").write_bytes(plain)
    run(age, "-e", *flags, "-r", identity.recipient.encode(), "-o", "sealed", "plain", cwd=tmp_path)
    with (tmp_path / "sealed").open("rb") as source:
        assert decrypt_bytes(open_either(source), [identity], max_bytes=size) == plain


def exchange_both_ways(npm: Path, *, kind: str, size: int, ours: HybridIdentity | X25519Identity) -> None:
    plain = os.urandom(size)
    (npm / "plain").write_bytes(plain)
    (npm / "sealed").write_bytes(encrypt_bytes(plain, [ours.recipient]))
    run("node", "run.mjs", "decrypt", kind, ours.encode(), "sealed", "opened", cwd=npm)
    assert (npm / "opened").read_bytes() == plain
    run("node", "run.mjs", "encrypt", kind, ours.recipient.encode(), "plain", "theirs", cwd=npm)
    assert decrypt_bytes((npm / "theirs").read_bytes(), [ours], max_bytes=size) == plain


@pytest.mark.parametrize("size", SIZES)
def test_hybrid_files_cross_both_ways_with_the_npm_package(npm: Path, size: int) -> None:
    exchange_both_ways(npm, kind="key", size=size, ours=generate_hybrid())


def test_x25519_files_cross_both_ways_with_the_npm_package(npm: Path) -> None:
    exchange_both_ways(npm, kind="key", size=100_000, ours=generate_x25519())


def test_passphrase_files_cross_both_ways_with_the_npm_package(npm: Path) -> None:
    plain = os.urandom(1000)
    (npm / "plain").write_bytes(plain)
    (npm / "sealed").write_bytes(encrypt_bytes(plain, [ScryptRecipient("pässword", 10)]))
    run("node", "run.mjs", "decrypt", "passphrase", "pässword", "sealed", "opened", cwd=npm)
    assert (npm / "opened").read_bytes() == plain
    run("node", "run.mjs", "encrypt", "passphrase", "pässword", "plain", "theirs", cwd=npm)
    assert decrypt_bytes((npm / "theirs").read_bytes(), [ScryptIdentity("pässword")], max_bytes=1000) == plain


def test_both_derive_the_same_hybrid_recipient_from_an_identity(npm: Path) -> None:
    ours = generate_hybrid()
    printed = run("node", "run.mjs", "recipient", ours.encode(), cwd=npm)
    assert printed.decode().strip() == f'["{ours.recipient.encode()}"]'
    generated = run("node", "run.mjs", "generate", cwd=npm)
    text = generated.decode().strip().strip("[]").replace('"', "").split(",")[1]
    assert parse_recipient(text).encode() == text
