#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""piece_proxy.py PORT TO FILE: stands between viewers and the relay daemon whose live port is 127.0.0.1:TO.

Of each trace it gives the metadata in two pieces, as a busy session daemon does: the second one, from the first
declaration of a stream on, when FILE exists.  Until then it says that there is no more; FILE.waits counts how often.
"""
import os
import socket
import struct
import sys
import threading

CONNECT, LIST, ATTACH, INDEX, PACKET, METADATA, STREAMS, CREATE, DETACH = range(1, 10)
FIXED = {CONNECT: 20, LIST: 4, ATTACH: 8, INDEX: 64, PACKET: 12, METADATA: 12, STREAMS: 8, CREATE: 4, DETACH: 4}
SESSION_BYTES, STREAM_BYTES = 20 + 64 + 255, 20 + 4096 + 255
OK, NO_NEW = 1, 2
HEAD = "<I16sIIIBBBBB"  # of a packet of metadata


def take(sock, nr):
    data = b""
    while len(data) < nr:
        more = sock.recv(nr - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def rest_bytes(cmd, reply):
    """How much follows the part of a reply that all replies to the command have."""
    if cmd == LIST:
        return struct.unpack(">I", reply)[0] * SESSION_BYTES
    if cmd in (ATTACH, STREAMS):
        return struct.unpack(">II", reply)[1] * STREAM_BYTES
    if cmd == PACKET:
        status, size, _ = struct.unpack(">III", reply)
        return size if status == OK else 0
    if cmd == METADATA:
        size, status = struct.unpack(">QI", reply)
        return size if status == OK else 0
    return 0


def text_of(data):
    """What packets of metadata say, and the UUID in their heads."""
    text, at, uuid = b"", 0, b""
    size = struct.calcsize(HEAD)
    while at < len(data):
        _, uuid, _, content, packet, *_ = struct.unpack_from(HEAD, data, at)
        text += data[at + size:at + content // 8]
        at += packet // 8
    return text, uuid


def packet_of(text, uuid):
    bits = (struct.calcsize(HEAD) + len(text)) * 8
    return struct.pack(HEAD, 0x75D11D57, uuid, 0, bits, bits, 0, 0, 0, 1, 8) + text


def in_pieces(stream, data, second, release):
    """The reply to a question for metadata, when the relay daemon's was this."""
    if data and stream not in second:
        text, uuid = text_of(data)
        cut = text.find(b"\nstream {")
        if cut < 0:  # a piece already
            return data
        second[stream] = packet_of(text[cut:], uuid)
        return packet_of(text[:cut], uuid)
    if stream in second and second[stream]:
        second[stream] += data
        if os.path.exists(release):
            data, second[stream] = second[stream], b""
        else:
            with open(release + ".waits", "a", encoding="ascii") as f:
                f.write("\n")
            data = b""
    return data


def serve(near, to, release):
    second = {}
    try:
        far = socket.create_connection(("127.0.0.1", to))
        while True:
            head = take(near, 16)
            size, cmd, _ = struct.unpack(">QII", head)
            asked = take(near, size)
            far.sendall(head + asked)
            reply = take(far, FIXED[cmd])
            more = take(far, rest_bytes(cmd, reply))
            if cmd == METADATA:
                more = in_pieces(asked, more, second, release)
                if more or asked in second:
                    reply = struct.pack(">QI", len(more), OK if more else NO_NEW)
            near.sendall(reply + more)
    except (EOFError, OSError):
        near.close()
        far.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        near, _ = listener.accept()
        threading.Thread(target=serve, args=(near, int(sys.argv[2]), sys.argv[3]), daemon=True).start()


main()
