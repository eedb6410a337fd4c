#!/usr/bin/env python3
"""Prints the sign-in that cloud_mdir_sync keeps for an address, for "cms-oauth import".

    .venv/bin/python export.py user@domain.com | cms-oauth import user@domain.com

It requires the Python that cloud_mdir_sync runs with (.venv beside its source), or Debian's with
python3-keyring and python3-cryptography. A second argument is message_db_dir; default ~/mail/.cms.
"""
import hashlib
import io
import json
import pickle
import sys
from pathlib import Path

import keyring
from cryptography.fernet import Fernet, InvalidToken


class PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, tuples and dictionaries, which is all there is; a class would be run."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"a state file holds {module}.{name}")


def unpickle(data):
    return PlainUnpickler(io.BytesIO(data)).load()


def read_states(directory):
    """The state files, each named after its own digest, the newest last."""
    for path in sorted(directory.glob("ch-*"), key=lambda path: path.stat().st_mtime):
        data = path.read_bytes()
        if path.name == "ch-" + hashlib.sha1(data).hexdigest():
            yield unpickle(data)


def read_sign_ins(directory, key):
    """The sign-ins by their names, of each the newest."""
    sign_ins = {}
    for state in read_states(directory):
        try:
            kept = unpickle(Fernet(key).decrypt(state.get("authenticators_enc") or b""))
        except InvalidToken:
            continue
        for name, (serial, value) in kept.items():
            if serial >= sign_ins.get(name, (0, None))[0]:
                sign_ins[name] = (serial, value)
    return sign_ins


def belongs_to(name, address):
    """Office365's names end with the tenant, and begin with None where cms.cfg does not name a user."""
    lower = name.lower()
    return (
        lower == f"gmail-{address}"
        or lower.startswith(f"o365-{address}-")
        or lower.startswith("o365-none-")
    )


def main():
    address = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    if "@" not in address:
        sys.exit(__doc__)
    if sys.stdout.isatty():
        sys.exit(f'a refresh token is not for a screen: add "| cms-oauth import {address}"')
    directory = Path(sys.argv[2] if len(sys.argv) > 2 else "~/mail/.cms").expanduser()
    sign_in = f'sign in with "cms-oauth login {address}" instead'
    try:
        key = keyring.get_password("cloud_mdir_sync", "storage")
    except keyring.errors.KeyringError as error:
        sys.exit(f"the keyring does not open ({error}): {sign_in}")
    if key is None:
        sys.exit(f"the keyring holds no key of cloud_mdir_sync, which then keeps nothing: {sign_in}")
    found = [
        (not name.lower().startswith("o365-none-"), serial, name, value["refresh_token"])
        for name, (serial, value) in read_sign_ins(directory, key).items()
        if belongs_to(name, address) and isinstance(value, dict)
    ]
    if not found:
        sys.exit(f"{directory} holds no sign-in of {address}: {sign_in}")
    is_named, _, name, refresh_token = max(found)
    owner = {"email": address} if is_named else {}
    if name.startswith("o365-"):
        tenant = name[len(f"o365-{address}-" if is_named else "o365-None-") :]
        print(f'it was given for tenant = "{tenant}"', file=sys.stderr)
    print(json.dumps({**owner, "refresh_token": refresh_token}))


main()
