"""Measures age encryption and decryption of files against what the cipher alone costs on the same machine.

Run with ``python benchmarks/bench_age.py [MiB] [folder]``. The bound is one single-threaded ChaCha20-Poly1305 pass
over the same amount in 64 KiB chunks, from memory to memory; for work from file to file a second share says how it
compares with that pass and a plain copy of the file, one after the other. Both are measured in the same run.
"""
# ruff: noqa: INP001, T201 - a script that stands alone, and whose output is its purpose

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from comity.age.identity import generate_hybrid
from comity.age.stream import CHUNK_BYTES, decrypt_stream, encrypt_stream

REPEATS = 5


class Null:
    """A target that keeps nothing."""

    def write(self, data: bytes, /) -> int:
        """Take all of `data`."""
        return len(data)


class Repeated:
    """A source of one chunk many times, so that no disk is measured."""

    def __init__(self, chunks: int) -> None:
        self._left = chunks
        self._chunk = os.urandom(CHUNK_BYTES)

    def read(self, size: int, /) -> bytes:
        """Return a chunk, cut to `size`."""
        if self._left == 0:
            return b""
        self._left -= 1
        return self._chunk[:size]


def best_seconds(work: Callable[[], None]) -> float:
    """Return the shortest of several runs: the others waited for something else."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def cipher_alone(size: int) -> None:
    """Encrypt one chunk in memory as often as `size` asks."""
    cipher, chunk = ChaCha20Poly1305(os.urandom(32)), os.urandom(CHUNK_BYTES)
    for counter in range(size // CHUNK_BYTES):
        cipher.encrypt(counter.to_bytes(12, "big"), chunk, None)


def file_to_file(work: Callable[[FileIO, FileIO], None], source: Path, target: Path) -> Callable[[], None]:
    """Return `work` bound to two files, opened anew each time and not buffered."""

    def run() -> None:
        with source.open("rb", buffering=0) as opened, target.open("wb", buffering=0) as written:
            work(opened, written)

    return run


def copy(source: FileIO, target: FileIO) -> None:
    """Copy a file in chunks."""
    while piece := source.read(CHUNK_BYTES):
        target.write(piece)


def main(mebibytes: int, folder: Path) -> None:
    """Print the bound, then each path as a rate and a share of it."""
    size = mebibytes << 20
    identity = generate_hybrid()
    recipients, identities = [identity.recipient], [identity]
    plain, sealed, opened = (folder / name for name in ("plain", "sealed", "opened"))
    with plain.open("wb") as target:
        encrypt_stream(Repeated(size // CHUNK_BYTES), target, recipients)

    bound_seconds = best_seconds(lambda: cipher_alone(size))
    copy_seconds = best_seconds(file_to_file(copy, plain, opened))

    def report(name: str, seconds: float, *, copies: bool = False) -> None:
        line = f"{name:28} {size / seconds / 1e6:6.0f} MB/s  {bound_seconds / seconds:5.0%} of the bound"
        if copies:
            line += f"  {(bound_seconds + copy_seconds) / seconds:5.0%} of bound and copy in turn"
        print(line)

    report("bound: cipher alone", bound_seconds)
    report("copy, file to file", copy_seconds)
    memory = best_seconds(lambda: encrypt_stream(Repeated(size // CHUNK_BYTES), Null(), recipients))
    report("encrypt, memory to nowhere", memory)
    encrypt = file_to_file(lambda source, target: encrypt_stream(source, target, recipients), plain, sealed)
    report("encrypt, file to file", best_seconds(encrypt), copies=True)
    nowhere = file_to_file(lambda source, _: decrypt_stream(source, Null(), identities), sealed, opened)
    report("decrypt, file to nowhere", best_seconds(nowhere))
    decrypt = file_to_file(lambda source, target: decrypt_stream(source, target, identities), sealed, opened)
    report("decrypt, file to file", best_seconds(decrypt), copies=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{mebibytes} MiB a run, peak resident memory {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=arguments[1] if len(arguments) > 1 else None) as temporary:
        main(int(arguments[0]) if arguments else 256, Path(temporary))
