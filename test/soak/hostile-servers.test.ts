/**
 * Mail servers that want the token and have not proved who they are: no STARTTLS, 454, another
 * certificate, an old TLS, replies injected after 220, challenges without end. No byte of a token
 * leaves. Takes seconds: the gate runs in full with all other tests, and here.
 */
import '../mail/smtp-hostile.test.ts'
import '../mail/smtp-tls.test.ts'
