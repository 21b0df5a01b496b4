"""A client whose address changes in the midst of a call: the same keys, another way."""

from interop.signaling_light import Light
from unit.test_signaling_limits import comes_true, joined, serving


async def heard(speaker: Light, listener: Light, *, more: int = 20) -> bool:
    """Speak until so many packets more have come."""
    before = len(listener.got[min(listener.got)]) if listener.got else 0

    def there() -> bool:
        speaker.speak()
        return bool(listener.got) and len(listener.got[min(listener.got)]) >= before + more

    return await comes_true(there, 60)


async def heard_up_to(listener: Light, number: int) -> bool:
    """Wait until what was on its way has come; the numbers of a new listener are the speaker's own."""
    return await comes_true(lambda: any(number in each for each in listener.got.values()))


async def test_who_moves_to_another_address_hears_and_is_heard_there() -> None:
    async with (
        serving() as (node, url, http),
        joined(http, url, "listener") as listener,
        joined(http, url, "speaker") as speaker,
    ):
        assert await heard(speaker, listener)
        members = node.rooms["room"].members
        ways = {who: members[who].publisher.path for who in ("listener", "speaker")}
        listener.move()
        assert await heard(speaker, listener)
        speaker.move()
        assert await heard(speaker, listener)
        assert all(members[who].publisher.path not in (None, way) for who, way in ways.items())
        assert listener.leave is speaker.leave is None


async def test_what_comes_from_an_address_that_nobody_checked_is_not_heard() -> None:
    async with (
        serving() as (node, url, http),
        joined(http, url, "listener") as listener,
        joined(http, url, "speaker") as speaker,
    ):
        assert await heard(speaker, listener)
        speaker._theirs = (speaker._theirs[0], "another password")
        before = node.media.unknown
        speaker.move()
        spoken = speaker.sent
        for _ in range(20):
            speaker.speak()
        assert await comes_true(lambda: node.media.unknown >= before + 20)
        assert await heard_up_to(listener, spoken)
        assert all(number <= spoken for each in listener.got.values() for number in each)
