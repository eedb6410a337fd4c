import { columnsOf, foldText } from '../../command-line/fold-text.ts'
import { wrapWords } from '../../command-line/option-table.ts'
import type { Finding } from '../../configuration/finding.ts'
import { exitStatus } from '../exit-status.ts'

const subjectWidth = 14
const levelWidth = 8

/**
 * Prints a line for each finding as it comes, with what to change below it. A finding that two checks
 * share is printed once.
 */
export class Report {
  readonly #columns = columnsOf(process.stdout)
  /** By their texts. */
  readonly #findings = new Map<string, Finding>()

  /** Prints what a check has found. */
  add(found: readonly Finding[]): void {
    for (const finding of found) {
      if (this.#findings.has(finding.text)) continue
      this.#findings.set(finding.text, finding)
      process.stdout.write(linesOf(finding, this.#columns))
    }
  }

  /** Prints how many there were, and returns the exit status. */
  end(): number {
    const failures = this.#of('failure')
    const warnings = this.#of('warning')
    process.stdout.write(`\n${count(failures, 'failure')}, ${count(warnings, 'warning')}\n`)
    return Math.max(0, ...failures.map(({ code = 'usage' }) => exitStatus[code]))
  }

  #of(level: Finding['level']): Finding[] {
    return [...this.#findings.values()].filter((finding) => finding.level === level)
  }
}

/** Without a terminal a finding is one line, and its hint as narrow as on a wide one. */
function linesOf({ level, subject, text, hint }: Finding, columns: number): string {
  const margin = ' '.repeat(levelWidth + subjectWidth + 2)
  const width = columns - margin.length
  const start = `${level.padEnd(levelWidth)} ${subject.padEnd(subjectWidth)} `
  // An error in the configuration has a line for each key.
  const body = foldText(text, width).split('\n').join(`\n${margin}`)
  if (hint === '') return `${start}${body}\n`
  const advice = wrapWords(`-> ${hint}`, Math.min(width, 76) - 3).join(`\n${margin}   `)
  return `${start}${body}\n${margin}${advice}\n`
}

function count(findings: readonly Finding[], noun: string): string {
  return `${findings.length} ${noun}${findings.length === 1 ? '' : 's'}`
}
