import { UsageError } from '../../errors.ts'

/**
 * `sendmail` is a program of its own, which bin/ starts by the first word: here it stands after an option.
 * @throws UsageError
 */
export function runSendmail(): never {
  throw new UsageError(
    '"sendmail" must be the first word, as its options are those of sendmail(8)',
    {
      hint: 'write "cms-oauth sendmail" and then the options',
    },
  )
}
