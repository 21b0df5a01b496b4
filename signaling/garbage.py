"""What Python's collector of cycles looks at: what a meeting leaves behind, and not the whole program each time."""

import gc


def settle() -> None:
    """Leave all there is by now, modules above all, to itself for ever: it lives as long as the process.

    A full collection then takes no time to speak of (it stops the packets that long) and comes after some thousand
    new objects instead of after a quarter of all that were ever imported.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # the collector waits for a quarter of what the last collection left: of nothing, now
