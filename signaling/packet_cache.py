"""The last packets of a source, by sequence number: what a NACK is answered from. Bounded; the newest wins."""

from signaling.rtp import Packet


class PacketCache:
    """A ring of `size` packets (a power of two)."""

    def __init__(self, size: int = 512) -> None:
        if size <= 0 or size & (size - 1):
            raise ValueError("the size is no power of two")
        self._mask = size - 1
        self._ring: list[Packet | None] = [None] * size

    def put(self, packet: Packet) -> None:
        """Remember a packet in the place of the one `size` before it."""
        self._ring[packet.seq & self._mask] = packet

    def get(self, seq: int) -> Packet | None:
        """Return the packet with this number if it is still here."""
        packet = self._ring[seq & self._mask]
        return packet if packet is not None and packet.seq == seq else None

    def clear(self) -> None:
        """Forget everything."""
        self._ring = [None] * (self._mask + 1)
