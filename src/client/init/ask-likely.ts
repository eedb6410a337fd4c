import { say } from '../terminal.ts'
import type { Interview, Question } from './interview.ts'

interface LikelyQuestion extends Question<string> {
  isLikely: (answer: string) => boolean
  example: string
}

/** What does not look right is taken after a yes only. @throws UsageError where the answers end */
export async function askLikely(interview: Interview, question: LikelyQuestion): Promise<string> {
  for (;;) {
    const answer = await interview.ask(question)
    if (question.isLikely(answer)) return answer
    say(`  That does not look like one: it is like ${question.example}`)
    if ((await interview.choose('Take it all the same', ['yes', 'no'], 'no')) === 'yes') {
      return answer
    }
  }
}
