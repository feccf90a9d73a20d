# SPDX-License-Identifier: Apache-2.0
"""Reads and writes pinned BPF maps with bpf(2): a process for each access would cost too much."""

import ctypes
import os
import platform
import struct

LOOKUP, UPDATE, DELETE, NEXT_KEY, OBJ_GET, INFO_BY_FD = 1, 2, 3, 4, 7, 15
NUMBER = {"x86_64": 321, "aarch64": 280}[platform.machine()]
LIBC = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = LIBC.syscall(NUMBER, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Map:
    def __init__(self, path):
        name = ctypes.create_string_buffer(path.encode())
        self.fd = bpf(OBJ_GET, struct.pack("=QII", ctypes.addressof(name), 0, 0))
        info = ctypes.create_string_buffer(80)
        bpf(INFO_BY_FD, struct.pack("=IIQ", self.fd, len(info), ctypes.addressof(info)))
        self.key_size, self.value_size = struct.unpack_from("=II", info.raw, 8)

    def call(self, command, key, value):
        bpf(command, struct.pack("=IIQQQ", self.fd, 0, ctypes.addressof(key) if key else 0,
                                 ctypes.addressof(value) if value else 0, 0))

    def items(self):
        found, key = {}, None
        while True:
            following = ctypes.create_string_buffer(self.key_size)
            try:
                self.call(NEXT_KEY, key, following)
            except FileNotFoundError:
                return found
            value = ctypes.create_string_buffer(self.value_size)
            self.call(LOOKUP, following, value)
            found[following.raw], key = value.raw, following

    def set(self, items):
        """Makes these the only entries."""
        present = self.items()
        for key in present.keys() - items.keys():
            self.call(DELETE, ctypes.create_string_buffer(key, len(key)), None)
        for key, value in items.items():
            if present.get(key) != value:
                self.call(UPDATE, ctypes.create_string_buffer(key, len(key)),
                          ctypes.create_string_buffer(value, len(value)))
