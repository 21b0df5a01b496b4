"""A network that has nothing but IPv6: programs inside have no other way to each other."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import pytest

SERVER, CLIENT = "fd00:c0de::1", "fd00:c0de::2"
MADE = "made"
LAID = (
    "ip link set lo up && ip link add near type veth peer name far"
    f" && ip addr add {SERVER}/64 dev near nodad && ip addr add {CLIENT}/64 dev far nodad"
    f" && ip link set near up && ip link set far up && echo {MADE} && exec cat"
)


@contextlib.asynccontextmanager
async def only_ipv6() -> AsyncIterator[list[str]]:
    """Make a network namespace; gives what a command begins with that runs in it.

    It lives as long as the process that made it; who is not root is root in a namespace of users too.
    """
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    holder = await asyncio.create_subprocess_exec("unshare", *as_root, "--net", "sh", "-c", LAID, **pipes)
    assert holder.stdin is not None and holder.stdout is not None and holder.stderr is not None
    try:
        if (await holder.stdout.readline()).decode().strip() != MADE:
            pytest.skip(f"no network namespace with IPv6 here: {(await holder.stderr.read()).decode().strip()}")
        entered = ["--user", "--preserve-credentials"] if as_root else []
        yield ["nsenter", "--target", str(holder.pid), "--net", *entered]
    finally:
        holder.stdin.close()
        await holder.wait()
