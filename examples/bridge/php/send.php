<?php
// Sends the message on stdin with PHPMailer (Debian's package libphp-phpmailer): php send.php friend@example.org
use PHPMailer\PHPMailer\PHPMailer;

foreach (['Exception', 'PHPMailer', 'SMTP'] as $class) {
    require "/usr/share/php/libphp-phpmailer/src/$class.php";
}

$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = '127.0.0.1';
$mail->Port = 1587;
$mail->SMTPAuth = true;
// EDIT the address, twice, and the password
$mail->Username = 'user@domain.com';
$mail->setFrom('user@domain.com');
$mail->Password = 'PASSWORD';
$mail->addAddress($argv[1]);
$mail->Subject = 'hello';
$mail->Body = stream_get_contents(STDIN);
$mail->send();
