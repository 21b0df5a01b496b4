"""The recorder's process, started by the server: `python -m signaling.recording`."""

import json
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from signaling.recording import recorder


def main() -> None:
    """Record until standard input ends; a signal meant for the server does not end a file in its middle."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    one_at_a_time = threading.Lock()

    def tell(event: Mapping[str, Any]) -> None:
        with one_at_a_time:
            try:
                print(json.dumps(event), flush=True)
            except BrokenPipeError:
                sys.stdout = None  # the server is gone; what remains is to finish the files

    recorder.run(sys.stdin.fileno(), tell)


if __name__ == "__main__":
    main()
