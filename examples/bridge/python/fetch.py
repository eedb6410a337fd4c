"""Prints the messages of the inbox: fetch.py imap, or fetch.py pop"""
import imaplib
import poplib
import sys

# EDIT
USER = 'user@domain.com'
SECRET = 'PASSWORD'


def by_imap():
    with imaplib.IMAP4('127.0.0.1', 1143) as server:
        server.login(USER, SECRET)
        server.select('INBOX', readonly=True)
        for number in server.search(None, 'ALL')[1][0].split():
            yield server.fetch(number, '(RFC822)')[1][0][1]


def by_pop():
    server = poplib.POP3('127.0.0.1', 1110)
    server.user(USER)
    server.pass_(SECRET)
    for number in range(1, server.stat()[0] + 1):
        yield b'\r\n'.join(server.retr(number)[1])
    server.quit()


for message in by_pop() if sys.argv[1:] == ['pop'] else by_imap():
    sys.stdout.buffer.write(message)
