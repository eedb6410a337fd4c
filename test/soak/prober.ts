/** A process that measures: `prober.ts PATH REQUEST [PID]` asks the server PID until it is told to report. */
import { measureAnswers } from './measure-answers.ts'

const [path = '', request = '', pid] = process.argv.slice(2)
const enough = new AbortController()
process.once('message', () => enough.abort())
process.once('disconnect', () => process.exit())
process.send?.('ready')
process.send?.(
  await measureAnswers(path, request, enough.signal, pid === undefined ? undefined : Number(pid)),
)
