import type { ProviderAnswer } from '../errors.ts'
import { byDescription } from './explanations/by-description.ts'
import { byGooglesPage } from './explanations/by-googles-page.ts'
import { byMicrosoftsWords } from './explanations/by-microsofts-words.ts'
import { byWord } from './explanations/by-word.ts'
import type { Explanation, NumberedRow } from './explanations/explanation.ts'
import { forAdministrator } from './explanations/for-administrator.ts'
import { forNobody } from './explanations/for-nobody.ts'
import { forOperator } from './explanations/for-operator.ts'
import { forPerson } from './explanations/for-person.ts'
import { plainWord } from './plain-word.ts'

/**
 * What the refusals of providers mean: one plain sentence, who can resolve it, and the next step.
 * Refusals that are not listed are shown in the provider's own words.
 */
export const explanations: readonly Explanation[] = [
  ...byMicrosoftsWords,
  ...numbered('you', forPerson),
  ...numbered('operator', forOperator),
  ...numbered('administrator', forAdministrator),
  ...numbered('nobody', forNobody),
  ...byDescription,
  ...byGooglesPage,
  ...byWord,
]

function numbered(actor: Explanation['actor'], rows: readonly NumberedRow[]): Explanation[] {
  return rows.flatMap(([numbers, meaning, nextStep]) =>
    numbers.map((aadsts) => ({ aadsts, meaning, actor, nextStep })),
  )
}

/** The row for a refusal; undefined: the provider's words are shown alone. */
export function findExplanation(answer: ProviderAnswer): Explanation | undefined {
  const { aadsts, description = '' } = answer
  const word = plainWord(answer.error ?? '')
  const inWords = (row: Explanation) => fits(row, word, description)
  return (
    byMicrosoftsWords.find(inWords) ??
    explanations.find((row) => aadsts !== undefined && row.aadsts === aadsts) ??
    [...byDescription, ...byGooglesPage, ...byWord].find(inWords)
  )
}

function fits(row: Explanation, word: string, description: string): boolean {
  const isItsWord = row.error === undefined || row.error === word
  return isItsWord && (row.description?.test(description) ?? true)
}
