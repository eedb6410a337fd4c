/** A line in each program that "cms-oauth sendmail --install" writes: by it one is known as ours. */
export const sendmailMark = '# Written by "cms-oauth sendmail --install".'

/** Where programs look for it, whatever their PATH. */
export const usualSendmail = '/usr/sbin/sendmail'
