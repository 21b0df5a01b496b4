"""A graceful end: every client is told to come again, to whoever serves at this address next.

No webhook says that anybody left or a room ended: the same people are in the same room moments later, at another
process. Recordings end and are complete.
"""

import asyncio

from livekit.protocol import models

from signaling import wire
from signaling.logs import Log
from signaling.node import Node

log = Log("drain")
PATIENCE_SECONDS = 3.0
LOOK_SECONDS = 0.02


async def drain(node: Node) -> int:
    """Send everybody away with a leave that says RECONNECT, and wait until they hung up; return how many went."""
    members = [member for room in node.rooms.values() for member in room.members.values()]
    for member in members:
        member.send(wire.leave(models.DisconnectReason.SERVER_SHUTDOWN, again=True))
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_SECONDS
    while any(member.socket is not None for member in members) and loop.time() < end:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)  # each socket's own task ends it
    late = sum(1 for member in members if member.socket is not None)
    log.info("drained", participants=len(members), late=late)
    return len(members)
