import { errorFinding, failure, type Finding } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'

/** The finding for an error that `work` throws; system errors are named by their code. */
export function attempt(subject: string, work: () => unknown): Finding[] {
  try {
    work()
    return []
  } catch (error) {
    if (isCmsOauthError(error)) return [errorFinding(subject, error)]
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const text = `"${path}" cannot be checked: ${withErrnoWords(code)}`
    return [
      failure(subject, 'config_invalid', text, 'check the directories above it and their modes'),
    ]
  }
}

/** The finding for an error of ours that a reading ends with. */
export async function outcomeOf(subject: string, reading: Promise<unknown>): Promise<Finding[]> {
  try {
    await reading
    return []
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return [errorFinding(subject, error)]
  }
}
