"""What Python's collector of cycles looks at: what meetings leave behind, and not the whole program each time."""

import gc


def settle() -> None:
    """Leave what was imported to itself for ever: looking at it was a pause of 0.1 s for the media, each time.

    A full collection then is short, and comes after some thousand new objects instead of after a quarter of all that
    were ever imported: what people leave does not gather.
    """
    gc.collect()
    gc.freeze()
    gc.collect()  # the collector waits for a quarter of what the last collection left: of nothing, now
