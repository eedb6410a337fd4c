'use strict'
/*
 * Ends the program at once where Node is too old for the rest: each entry point loads it first. What
 * stands here, and in the entry points, must be readable for such a Node (12 is what Ubuntu 22.04 has).
 */
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `cms-oauth: error: Node.js 20.19 or newer is needed, but "${process.execPath}" is ${process.versions.node}: "Install" in the README says where to get one\n`,
  )
  // EX_CONFIG of sysexits(3).
  process.exit(78)
}
