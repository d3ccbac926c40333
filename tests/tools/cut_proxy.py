#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""cut_proxy.py PORT TO FILE [FOLDER]: passes connections to 127.0.0.1:PORT on to 127.0.0.1:TO.

When FILE appears, all connections there are, are cut, and FILE is removed; new ones are served as before.
FOLDER is kept open, as a relay daemon does with that of a session.
"""
import os
import selectors
import socket
import sys


def main():
    if len(sys.argv) > 4:
        os.open(sys.argv[4], os.O_RDONLY)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    peer = {}
    while True:
        for key, _ in selector.select(0.02):
            if key.fileobj is listener:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
                for a, b in ((near, far), (far, near)):
                    peer[a] = b
                    selector.register(a, selectors.EVENT_READ)
            elif key.fileobj in peer:
                if not passed(key.fileobj, peer[key.fileobj]):
                    drop(selector, peer, key.fileobj)
        if os.path.exists(sys.argv[3]):
            for end in list(peer):
                if end in peer:
                    drop(selector, peer, end)
            os.unlink(sys.argv[3])


def passed(near, far):
    """Whether there was something; an end may have gone with an error, too."""
    try:
        data = near.recv(65536)
        far.sendall(data)
    except OSError:
        return False
    return bool(data)


def drop(selector, peer, end):
    for one in (end, peer[end]):
        selector.unregister(one)
        one.close()
        peer.pop(one)


main()
