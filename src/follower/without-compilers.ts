/**
 * Leaves V8's optimizing compilers out. Imported first, for its effect: their own code would stay in memory for
 * good, 2 MiB on Node 24, and a follower does little but wait.
 */
import { setFlagsFromString } from 'node:v8'

for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag)
