import { mailRuRefusals } from '../mail-ru.ts'
import { yahooRefusals } from '../yahoo.ts'
import { yandexRefusals } from '../yandex.ts'
import { zohoRefusals } from '../zoho.ts'
import { exchangeMailbox } from './exchange-mailbox.ts'
import { exchangeSending } from './exchange-sending.ts'
import { exchangeSmtp } from './exchange-smtp.ts'
import { google } from './google.ts'
import type { RefusalRow } from './refusal-row.ts'

/** What the mail servers of one provider say, and nobody else. */
export const providerRefusals: readonly RefusalRow[] = [
  ...exchangeSending,
  ...exchangeSmtp,
  ...exchangeMailbox,
  ...google,
  ...yahooRefusals,
  ...yandexRefusals,
  ...zohoRefusals,
  ...mailRuRefusals,
]
