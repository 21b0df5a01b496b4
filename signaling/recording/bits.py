"""A bit reader with the Exp-Golomb codes of H.264 9.1."""

from signaling.recording.frames import Malformed


class Bits:
    """Reads from the highest bit of the first byte on."""

    def __init__(self, source: bytes) -> None:
        self._value, self._left = int.from_bytes(source), len(source) * 8

    def take(self, count: int) -> int:
        """Return the next bits as a number; raises Malformed at the end."""
        if count > self._left:
            raise Malformed("a parameter set is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Return the next ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise Malformed("a number of a parameter set is too large")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """Return the next se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
