<?php
// Prints the messages of the inbox (Debian's package php-imap): php fetch.php imap, or php fetch.php pop
$server = $argv[1] === 'pop' ? '127.0.0.1:1110/pop3' : '127.0.0.1:1143';
// EDIT the address and the password
$mailbox = imap_open('{' . $server . '/notls}INBOX', 'user@domain.com', 'PASSWORD', 0, 1);
if ($mailbox === false) {
    exit(1);
}
for ($number = 1; $number <= imap_num_msg($mailbox); $number++) {
    echo imap_fetchheader($mailbox, $number), imap_body($mailbox, $number, FT_PEEK);
}
imap_close($mailbox);
