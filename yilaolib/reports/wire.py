"""Jupyter messages over a pair of sockets: between a notebook's process and the one that records its outputs."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
import threading
from collections.abc import Sequence
from json import dumps, loads
from queue import Empty

HEAD = struct.Struct("!I")
SIZE = struct.Struct("!Q")
ALONE = re.compile("[\ud800-\udfff]")  # halves of characters
ROOM = 4 << 20  # [bytes] a figure fits, so that its process can go on while the figure is recorded


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return two joined stream sockets with room for a figure."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
    return pair


class Line:
    """One end of a channel that blocks: a message is a dict and a list of buffers."""

    def __init__(self, sock: socket.socket):
        self.sock, self.owner, self.lock = sock, os.getpid(), threading.RLock()

    def put(self, message: dict, buffers: Sequence = (), default=None) -> None:
        """Send a message whole; in a process that the notebook forked this does nothing, or two would mix."""
        if os.getpid() != self.owner:
            return
        parts = [_encoded(dumps(message, default=default, ensure_ascii=False))]
        parts += [bytes(buffer) for buffer in buffers]
        frame = [HEAD.pack(len(parts))]
        for part in parts:
            frame += [SIZE.pack(len(part)), part]
        with self.lock:
            self.sock.sendall(b"".join(frame))

    def get(self) -> dict | None:
        """Wait for a message; None when the other end is closed, in the middle of one too."""
        count = self._exactly(HEAD.size)
        if count is None:
            return None
        parts = []
        for _ in range(HEAD.unpack(count)[0]):
            size = self._exactly(SIZE.size)
            part = self._exactly(SIZE.unpack(size)[0]) if size is not None else None
            if part is None:
                return None
            parts.append(part)
        return message_of(parts)

    def _exactly(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            part = self.sock.recv(min(size - len(data), 1 << 20))
            if not part:
                return None
            data += part
        return bytes(data)


class AsyncLine:
    """One end of a channel for asyncio. A `get` that is cancelled loses nothing."""

    def __init__(self, sock: socket.socket):
        sock.setblocking(False)
        self.sock, self.data, self.closed = sock, bytearray(), False
        self.waiting: asyncio.Future | None = None

    def put(self, message: dict, default=None) -> None:
        """Send a short message at once."""
        self.sock.setblocking(True)
        try:
            Line(self.sock).put(message, default=default)
        except OSError:  # the other end is gone; whoever reads next finds that out
            self.closed = True
        finally:
            self.sock.setblocking(False)

    async def get(self, timeout: float | None = None) -> dict:
        """Wait for a message; `queue.Empty` when none comes in `timeout` [s], EOFError when none can come."""
        if timeout is None:
            return await self._next()
        try:
            return await asyncio.wait_for(self._next(), timeout)
        except TimeoutError:
            raise Empty from None

    async def _next(self) -> dict:
        while (parts := self._take()) is None:
            try:
                more = self.sock.recv(1 << 20)
            except BlockingIOError:
                await self._readable()
                continue
            except OSError:
                more = b""
            if not more:
                self.closed = True
                raise EOFError
            self.data += more
        return message_of(parts)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self.waiting = loop.create_future()
        loop.add_reader(self.sock.fileno(), _wake, self.waiting)
        try:
            await self.waiting
        finally:
            if self.sock.fileno() >= 0:
                loop.remove_reader(self.sock.fileno())

    def close(self) -> None:
        """Close this end. Who still waits is sent away first: the loop knows sockets by numbers, which come again."""
        if self.waiting is not None and not self.waiting.get_loop().is_closed() and self.sock.fileno() >= 0:
            self.waiting.get_loop().remove_reader(self.sock.fileno())
            self.waiting.cancel()
        self.closed = True
        self.sock.close()

    def _take(self) -> list[bytes] | None:
        """Cut the first whole frame off what has arrived."""
        if len(self.data) < HEAD.size:
            return None
        at, parts = HEAD.size, []
        for _ in range(HEAD.unpack_from(self.data)[0]):
            if len(self.data) < at + SIZE.size:
                return None
            size = SIZE.unpack_from(self.data, at)[0]
            at += SIZE.size
            if len(self.data) < at + size:
                return None
            parts.append(bytes(self.data[at : at + size]))
            at += size
        del self.data[:at]
        return parts


def _encoded(text: str) -> bytes:
    """Return a text as UTF-8; what no UTF-8 can say (a file name of other bytes is printed so) becomes a mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return ALONE.sub("\ufffd", text).encode()


def message_of(parts: list[bytes]) -> dict:
    """Return the message of a frame, its buffers under `buffers`."""
    message = loads(parts[0])
    message["buffers"] = parts[1:]
    return message


def _wake(waiting: asyncio.Future) -> None:
    if not waiting.done():
        waiting.set_result(None)
