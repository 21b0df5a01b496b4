"""Calls of the room API to a participant's methods: what ends them."""

import asyncio

import pytest
from livekit.protocol import models

from signaling import calling
from signaling.calling import CallFailed, Calls, patience


def sent(calls: Calls) -> models.RpcRequest:
    (message,) = calls.unsent()
    return models.DataPacket.FromString(message).rpc_request


def response(request: models.RpcRequest, **fields: object) -> models.DataPacket:
    return models.DataPacket(rpc_response=models.RpcResponse(request_id=request.id, **fields))  # type: ignore[arg-type]


async def test_a_call_is_sent_once_acknowledged_and_answered() -> None:
    calls = Calls()
    call = calls.begin("greet", "world", 5)
    request = sent(calls)
    assert (request.method, request.payload, request.response_timeout_ms) == ("greet", "world", 5000)
    assert list(calls.unsent()) == []
    result = asyncio.ensure_future(calls.result(call, 5))
    assert calls.takes(models.DataPacket(rpc_ack=models.RpcAck(request_id=request.id)))
    assert calls.takes(response(request, payload="hello world"))
    assert await result == "hello world"
    assert not calls.takes(response(request, payload="again"))


async def test_what_belongs_to_calls_between_participants_is_left_alone() -> None:
    calls = Calls()
    calls.begin("greet", "", 5)
    assert not calls.takes(models.DataPacket(rpc_ack=models.RpcAck(request_id="another's")))
    assert not calls.takes(models.DataPacket(rpc_response=models.RpcResponse(request_id="another's")))
    assert not calls.takes(models.DataPacket(user=models.UserPacket(payload=b"x")))


async def test_the_methods_own_fault_is_passed_on() -> None:
    calls = Calls()
    call = calls.begin("greet", "", 5)
    error = models.RpcError(code=1234, message="not today")
    assert calls.takes(response(sent(calls), error=error))
    with pytest.raises(CallFailed, match="1234: not today"):
        await calls.result(call, 5)


@pytest.mark.parametrize(("acknowledged", "code"), [(False, 1501), (True, 1502)])
async def test_who_does_not_answer_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch, acknowledged: bool, code: int
) -> None:
    monkeypatch.setattr(calling, "ACKNOWLEDGE_SECONDS", 0.01)
    calls = Calls()
    call = calls.begin("greet", "", 0.02)
    request = sent(calls)
    if acknowledged:
        calls.takes(models.DataPacket(rpc_ack=models.RpcAck(request_id=request.id)))
    with pytest.raises(CallFailed) as failed:
        await calls.result(call, 0.02)
    assert failed.value.code == code
    assert not calls.takes(response(request, payload="too late"))


async def test_who_leaves_ends_what_waits_for_an_answer() -> None:
    calls = Calls()
    call = calls.begin("greet", "", 5)
    result = asyncio.ensure_future(calls.result(call, 5))
    await asyncio.sleep(0)
    calls.end()
    with pytest.raises(CallFailed, match="Recipient disconnected"):
        await result


def test_a_payload_has_its_limit_and_a_call_its_time() -> None:
    with pytest.raises(CallFailed, match="too large"):
        Calls().begin("greet", "界" * 6000, 5)
    assert (patience(0), patience(250), patience(10**9)) == (10.0, 0.25, 60.0)
