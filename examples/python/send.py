#!/usr/bin/python3
"""Sends the message on stdin to the addresses given, with a credential straight from the socket."""
import os, smtplib, socket, ssl, sys

user, server = 'user@domain', ('smtp.office365.com', 587)  # EDIT

try:
    with socket.socket(socket.AF_UNIX) as cms:
        runtime = os.environ.get('XDG_RUNTIME_DIR') or f'/run/user/{os.getuid()}'
        cms.connect(runtime + '/cms-oauth/cms.sock')
        cms.sendall(f'SMTP,xoauth2 {user}\n'.encode())
        credential = cms.makefile().read()
except OSError as error:
    print(f'cms-oauthd cannot be reached: {error.strerror}', file=sys.stderr)
    sys.exit(75)  # EX_TEMPFAIL: try again later
if not credential:
    print('no credential: see "cms-oauth status"', file=sys.stderr)
    sys.exit(75)

with smtplib.SMTP(*server) as smtp:
    smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo()
    # The token is too long for some to come with AUTH. An error challenge requires an empty answer.
    smtp.auth('XOAUTH2', lambda challenge: '' if challenge else credential, initial_response_ok=False)
    smtp.sendmail(user, sys.argv[1:], sys.stdin.buffer.read())
