#!/usr/bin/python3
"""Prints the newest message of a mailbox, with a credential straight from the socket."""
import imaplib, os, socket, ssl, sys

user, server = 'user@domain', ('outlook.office365.com', 993)  # EDIT

try:
    with socket.socket(socket.AF_UNIX) as cms:
        runtime = os.environ.get('XDG_RUNTIME_DIR') or f'/run/user/{os.getuid()}'
        cms.connect(runtime + '/cms-oauth/cms.sock')
        cms.sendall(f'IMAP,xoauth2 {user}\n'.encode())
        credential = cms.makefile('rb').read()
except OSError as error:
    print(f'cms-oauthd cannot be reached: {error.strerror}', file=sys.stderr)
    sys.exit(75)  # EX_TEMPFAIL: try again later
if not credential:
    print('no credential: see "cms-oauth status"', file=sys.stderr)
    sys.exit(75)

with imaplib.IMAP4_SSL(*server, ssl_context=ssl.create_default_context()) as imap:
    # An error challenge requires an empty answer.
    imap.authenticate('XOAUTH2', lambda challenge: b'' if challenge else credential)
    newest = imap.select('INBOX', readonly=True)[1][0]
    sys.stdout.buffer.write(imap.fetch(newest, '(RFC822)')[1][0][1])
