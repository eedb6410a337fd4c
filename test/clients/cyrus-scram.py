"""Logs in by SMTP with Cyrus SASL, as Postfix and mbsync do, and with a channel to bind: MECHANISMS PORT USER PASSWORD.

MECHANISMS is what the server is said to offer. Prints each line that was sent or came; of base64 what it says.
"""

import base64
import ctypes
import socket
import sys

mechanisms, port, user, password = sys.argv[1:5]
sasl = ctypes.CDLL("libsasl2.so.2")
CB_LIST_END, CB_USER, CB_AUTHNAME, CB_PASS, CHANNEL_BINDING = 0, 0x4001, 0x4002, 0x4004, 21
OK, CONTINUE = 0, 1


class Callback(ctypes.Structure):
    _fields_ = [("id", ctypes.c_ulong), ("proc", ctypes.c_void_p), ("context", ctypes.c_void_p)]


class Secret(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ulong), ("data", ctypes.c_char * 256)]


class Binding(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("critical", ctypes.c_int),
        ("len", ctypes.c_ulong),
        ("data", ctypes.c_char_p),
    ]


@ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p
)
def get_name(_context, wanted, result, _length):
    result[0] = user.encode() if wanted == CB_AUTHNAME else b""
    return OK


secret = Secret(len(password), password.encode())


@ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p)
)
def get_secret(_connection, _context, _id, result):
    result[0] = ctypes.addressof(secret)
    return OK


def pointer(function):
    return ctypes.cast(function, ctypes.c_void_p)


def check(status):
    if status not in (OK, CONTINUE):
        sys.exit(f"Cyrus SASL: {status}")
    return status


def decoded(line):
    head, _, last = line.rpartition(" ")
    return f"{head} {base64.b64decode(last).decode()}".strip()


callbacks = (Callback * 4)(
    Callback(CB_USER, pointer(get_name), None),
    Callback(CB_AUTHNAME, pointer(get_name), None),
    Callback(CB_PASS, pointer(get_secret), None),
    Callback(CB_LIST_END, None, None),
)
check(sasl.sasl_client_init(None))
connection = ctypes.c_void_p()
check(
    sasl.sasl_client_new(b"smtp", b"localhost", None, None, callbacks, 0, ctypes.byref(connection))
)
binding = Binding(b"tls-unique", 0, 12, b"twelve bytes")
check(sasl.sasl_setprop(connection, CHANNEL_BINDING, ctypes.byref(binding)))
output, length, chosen = ctypes.c_void_p(), ctypes.c_uint(), ctypes.c_char_p()
check(
    sasl.sasl_client_start(
        connection,
        mechanisms.encode(),
        None,
        ctypes.byref(output),
        ctypes.byref(length),
        ctypes.byref(chosen),
    )
)
lines = socket.create_connection(("127.0.0.1", int(port))).makefile("rwb", buffering=0)
lines.readline()
answer = f"AUTH {chosen.value.decode()} "
while True:
    text = ctypes.string_at(output, length.value) if output.value else b""
    line = f"{answer}{base64.b64encode(text).decode()}"
    lines.write(f"{line}\r\n".encode())
    print("C:", decoded(line))
    reply = lines.readline().decode().strip()
    if not reply.startswith("334"):
        print("S:", reply)
        break
    print("S:", decoded(reply))
    challenge = base64.b64decode(reply[4:])
    answer = ""
    check(
        sasl.sasl_client_step(
            connection, challenge, len(challenge), None, ctypes.byref(output), ctypes.byref(length)
        )
    )
