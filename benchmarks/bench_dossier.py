"""Measure the check of a dossier against what it cannot avoid, timed in the same run.

- A large exhibit: the bound is one SHA-256 pass over the file, read from disk. Design: at most 1.2 times that.
- Many statements: the bound is the summed cost of the signatures that must be verified, two for each statement and
  those of one checkpoint for each log. Design: less than 3 s for 1,000.
- Encrypting and opening an exhibit: the bound is the single-thread cost of two SHA-256 passes and ChaCha20-Poly1305.
  Design: at least 80 % of that speed.

Run: `PYTHONPATH=tests python benchmarks/bench_dossier.py [MEBIBYTES] [STATEMENTS]`
"""
# ruff: noqa: INP001, T201 - a script that stands alone, and whose output is its purpose

import hashlib
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from comity.exchange.dossier import DossierExhibit, write_dossier
from comity.exchange.dossier_check import verify_dossier
from comity.exchange.package import decrypt_exhibit, encrypt_exhibit
from comity.exchange.statements import Answer, Question, encode_body
from comity.kernel.envelope import authenticated_bytes
from support.dossiers import dossier_of
from support.world import ASKED, ASKER, World, add_opened, finish, open_case, state_package

CHUNK_BYTES = 1024 * 1024
ROUNDS = 3


def best(run: Callable[[], object]) -> float:
    """Return the seconds of the fastest of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def hash_file(path: Path) -> str:
    """Hash a file as the bound does: one thread, large chunks, one buffer."""
    sha256, buffer = hashlib.sha256(), bytearray(CHUNK_BYTES)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            sha256.update(memoryview(buffer)[:size])
    return sha256.hexdigest()


def encrypt_chunks_alone(mebibytes: int) -> None:
    """Encrypt as much as an exhibit has, in chunks of 64 KiB, and keep nothing."""
    cipher, chunk = ChaCha20Poly1305(bytes(32)), bytes(65_536)
    for _ in range(mebibytes * 16):
        cipher.encrypt(bytes(12), chunk, None)


@contextmanager
def random_file(folder: str, mebibytes: int) -> Iterator[Path]:
    """Make a file of bytes that do not repeat within a chunk."""
    path = Path(folder) / "exhibit"
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(CHUNK_BYTES))
    yield path
    path.unlink()


def bench_exhibit(folder: str, mebibytes: int) -> None:
    """Encrypt, open, pack and check one large exhibit."""
    with random_file(folder, mebibytes) as plain:
        pass_seconds = best(lambda: hash_file(plain))
        world = World()
        identity = world.authorities[ASKER].identity
        sealed = Path(folder) / "exhibit.age"

        def encrypt() -> None:
            # The disk would be measured otherwise: how fast it takes bytes is no work of the program's.
            with plain.open("rb") as source, Path(os.devnull).open("wb") as target:
                encrypt_exhibit(source, target, identity.recipient)

        cipher_seconds = best(lambda: encrypt_chunks_alone(mebibytes))
        bound = 2 * pass_seconds + cipher_seconds
        encrypt_seconds = best(encrypt)
        with plain.open("rb") as source, sealed.open("wb") as target:
            made = encrypt_exhibit(source, target, identity.recipient)
        stated = made.describe(exhibit="E1", name="image.raw", description="Image", media_type="application/x-raw")

        def decrypt() -> None:
            with sealed.open("rb") as source, Path(os.devnull).open("wb") as target:
                decrypt_exhibit(source, target, [identity], stated)

        decrypt_seconds = best(decrypt)
        sealed.unlink()
        print(
            f"exhibit of {mebibytes} MiB: SHA-256 pass {pass_seconds:.3f} s, ChaCha20-Poly1305 {cipher_seconds:.3f} s"
        )
        print(f"  encrypt {encrypt_seconds:.3f} s, {bound / encrypt_seconds:.0%} of the bound's speed (reach 80 %)")
        print(f"  open    {decrypt_seconds:.3f} s, {bound / decrypt_seconds:.0%} of the bound's speed (reach 80 %)")
        case = open_case(world)
        state_package(case, stated)
        add_opened(case, stated)
        finish(case)
        path = Path(folder) / "dossier.zip"

        def opened() -> BinaryIO:
            return plain.open("rb")

        place = DossierExhibit(package=case.packages["E1"], exhibit="E1", open=opened)
        with path.open("wb") as target:
            write_dossier(target, dossier_of(case, exhibits=(place,)))
    trust, register = world.trust(), world.register()

    def check() -> None:
        with path.open("rb") as file:
            verify_dossier(file, trust, register=register)

    check_seconds = best(check)
    pass_seconds = best(lambda: hash_file(path))
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  check of its dossier {check_seconds:.3f} s, SHA-256 pass over the file {pass_seconds:.3f} s:")
    print(f"  {check_seconds / pass_seconds:.2f} x one pass (reach 1.20); {resident} MiB resident at most so far")


def bench_statements(count: int) -> None:
    """Check a dossier of many statements."""
    world = World()
    case = open_case(world)
    while len(case.said) < count:
        question = case.say(ASKED, "question", encode_body(Question(request=case.id, question="Which account?")))
        case.say(ASKER, "answer", encode_body(Answer(question=question.id, answer="Account 4471")))
    finish(case)
    target = io.BytesIO()
    write_dossier(target, dossier_of(case))
    trust, register = world.trust(), world.register()
    envelope = case.said[0].spoken.envelope
    pair = world.authorities[ASKER].statement.public
    message = authenticated_bytes(envelope.payload_type, envelope.payload)
    values = {signature.key_id: signature.value for signature in envelope.signatures}
    signatures = [values[key_id] for key_id in pair.key_ids()]

    def verify_each() -> None:
        for _ in case.said:
            pair.verify(message, *signatures)

    bound = best(verify_each)
    seconds = best(lambda: verify_dossier(io.BytesIO(target.getvalue()), trust, register=register))
    size = len(target.getvalue()) // 1024
    print(f"dossier of {len(case.said)} statements, {size} KiB: check {seconds:.2f} s (reach < 3 s for 1,000)")
    print(f"  the two signatures of each statement alone {bound:.2f} s; {seconds / bound:.1f} x that")


def main() -> None:
    """Run both parts."""
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    statements = int(sys.argv[2]) if len(sys.argv) > 2 else 1000  # noqa: PLR2004 - the second argument
    with tempfile.TemporaryDirectory() as folder:
        bench_exhibit(folder, mebibytes)
    bench_statements(statements)


if __name__ == "__main__":
    main()
