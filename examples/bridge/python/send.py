"""Sends the message on stdin: send.py friend@example.org ... < message"""
import smtplib
import sys

# EDIT
USER = 'user@domain.com'
SECRET = 'PASSWORD'

with smtplib.SMTP('127.0.0.1', 1587) as server:
    server.login(USER, SECRET)
    server.sendmail(USER, sys.argv[1:], sys.stdin.buffer.read())
