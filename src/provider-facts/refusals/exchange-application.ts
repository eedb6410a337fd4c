import type { Remedy } from './refusal-row.ts'

/** Where Microsoft says how IMAP, POP and SMTP take tokens. */
export const oauthGuide =
  'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth'

/** Without its service principal Exchange does not know an application, and says only "unsuccessful". */
export const appOnly: Remedy = {
  endedBy: 'administrator',
  nextStep:
    'an administrator registers the application with Exchange: New-ServicePrincipal -AppId CLIENT_ID -ObjectId ID, with the object ID under "Enterprise applications" (not "App registrations"), then Add-MailboxPermission -Identity {user} -User ID -AccessRights FullAccess; the application needs SMTP.SendAsApp, IMAP.AccessAsApp or POP.AccessAsApp with admin consent; it can take an hour to take effect',
}
