/** The options that have a meaning here, as they are written. */
export const optionMeanings: Record<string, string> = {
  '-t': 'take recipients from To, Cc and Bcc of the message too',
  '-i, -oi': 'on a terminal: a line with a dot alone does not end the message',
  '-f, -r ADDRESS': 'names the sender of a message without From; the account sends in any case',
  '-F NAME': 'the name of that sender',
  '-bp': 'show what waits, like mailq',
  '-bs': 'SMTP on standard input and output, in lines that end with CRLF or LF',
  '-q': 'try what waits now',
  '-bi, -I': 'do nothing, like newaliases',
  '-v': 'print the id that the message has in the outbox',
  '--install DIR': 'write the programs sendmail, mailq and newaliases into a directory',
  '--help, --version': 'print this, or the version',
}

/** The variables that it reads. */
export const variableMeanings: Record<string, string> = {
  CMS_OUTBOX:
    "the outbox's socket; else outbox.sock in $XDG_RUNTIME_DIR/cms-oauth, /run/user/UID/cms-oauth or /run/cms-oauth",
  XDG_STATE_HOME: 'unsent messages are kept in cms-oauth/unsent there; else in ~/.local/state',
}
