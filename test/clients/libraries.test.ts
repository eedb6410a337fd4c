import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTransport } from 'nodemailer'
import { installedProgram } from '../support/installed-program.ts'
import { longToken, provideMailClientWorld } from '../support/mail-client-world.ts'

const world = await provideMailClientWorld(longToken)
const { mail, provider, user } = world

/** What `cms-oauth` prints in this format for a library. */
async function ask(output: string): Promise<string> {
  const args = [`--user=${user}`, `--output=${output}`, '--no_newline']
  const { status, stdout, stderr } = await world.run('cms-oauth', args)
  assert.equal(status, 0, stderr)
  return stdout
}

function assertSent(text: RegExp): void {
  const message = mail.messages.at(-1)
  assert.equal(message?.user, user)
  assert.match(message.text, text)
}

test('what is asked for with --no_newline ends with the credential itself', async () => {
  for (const format of ['token', 'xoauth2', 'xoauth2-b64', 'oauthbearer', 'oauthbearer-b64']) {
    assert.doesNotMatch(await ask(format), /[\r\n]/, format)
  }
})

test("nodemailer sends with a token as long as Microsoft's", async () => {
  const transport = createTransport({
    host: 'localhost',
    port: mail.port,
    requireTLS: true,
    tls: { ca: provider.certificates.ca },
    auth: { type: 'OAuth2', user, accessToken: await ask('token') },
  })
  await transport.sendMail({ from: user, to: 'friend@example.org', text: 'from nodemailer' })
  assertSent(/from nodemailer/)
})

const phpMailer = `<?php
use PHPMailer\\PHPMailer\\{OAuthTokenProvider, PHPMailer};
foreach (['OAuthTokenProvider', 'Exception', 'PHPMailer', 'SMTP'] as $class) {
    require "/usr/share/php/libphp-phpmailer/src/$class.php";
}
class Token implements OAuthTokenProvider {
    public function getOauth64() {
        return shell_exec(getenv('COMMAND'));
    }
}
$mail = new PHPMailer(true);
$mail->isSMTP();
$mail->Host = 'localhost';
$mail->Port = getenv('PORT');
$mail->SMTPSecure = 'tls';
$mail->SMTPOptions = ['ssl' => ['cafile' => getenv('CA')]];
$mail->SMTPAuth = true;
$mail->AuthType = 'XOAUTH2';
$mail->setOAuth(new Token());
$mail->setFrom('${user}');
$mail->addAddress('friend@example.org');
$mail->Body = 'from PHPMailer';
$mail->send();
`

/** Sends by PHPMailer, with what this command prints. */
async function sendByPhpMailer(options: string) {
  const file = join(world.home.directory, 'send.php')
  await writeFile(file, phpMailer)
  return world.run(installedProgram('php', 'php-cli'), [file], {
    env: {
      PORT: String(mail.port),
      CA: provider.certificates.caFile,
      COMMAND: `cms-oauth --user=${user} --output=xoauth2-b64 ${options}`,
    },
  })
}

test("PHPMailer sends with a token as long as Microsoft's", async () => {
  const { status, stdout, stderr } = await sendByPhpMailer('--no_newline')
  assert.equal(status, 0, stdout + stderr)
  assertSent(/from PHPMailer/)
})

test('PHPMailer does not take a newline at the end of the credential', async () => {
  const count = mail.messages.length
  const { status, stdout, stderr } = await sendByPhpMailer('')
  assert.notEqual(status, 0)
  assert.match(stdout + stderr, /Could not authenticate/)
  assert.equal(mail.messages.length, count)
})
