"""Pure formats and checks: bytes in, values out; nothing here does I/O or reads a clock or randomness."""
