/** A line in each program that "cms-oauth sendmail --install" writes: by it one is known as ours. */
export const sendmailMark = '# Written by "cms-oauth sendmail --install".'

/** Where programs look for it, whatever their PATH. */
export const usualSendmail = '/usr/sbin/sendmail'

/** Where older ones do: a link to the usual one, if that is there (FHS 3.0, /usr/lib). */
export const olderSendmail = '/usr/lib/sendmail'
