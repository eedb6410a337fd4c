import { columnsOf, foldText } from '../../command-line/fold-text.ts'
import { wrapWords } from '../../command-line/option-table.ts'
import type { Finding } from '../../configuration/finding.ts'
import { exitStatus } from '../exit-status.ts'

const subjectWidth = 14
const levelWidth = 8

/**
 * Prints a line for each finding, with what to change below it, and returns the exit status. A
 * finding that two checks share is printed once.
 */
export function printReport(all: readonly Finding[]): number {
  const texts = all.map(({ text }) => text)
  const findings = all.filter(({ text }, index) => texts.indexOf(text) === index)
  const columns = columnsOf(process.stdout)
  for (const finding of findings) process.stdout.write(linesOf(finding, columns))
  const failures = findings.filter(({ level }) => level === 'failure')
  const warnings = findings.filter(({ level }) => level === 'warning')
  process.stdout.write(`\n${count(failures, 'failure')}, ${count(warnings, 'warning')}\n`)
  return Math.max(0, ...failures.map(({ code = 'usage' }) => exitStatus[code]))
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
