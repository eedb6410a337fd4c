import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import koffi from 'koffi'

const cloneNewNs = 0x20000

/**
 * From now on, what this thread and all that it starts mount is seen by no other process, and is not kept
 * mounted by one: other tests make namespaces of their own meanwhile. The threads that read and write files
 * for Node stay behind: for what this process does itself there is `requireOwnMounts`.
 */
export function takeOwnMounts(): void {
  const unshare = koffi.load(null).func('int unshare(int flags)')
  assert.equal(unshare(cloneNewNs), 0, 'no mount namespace of its own')
  execFileSync('mount', ['--make-rprivate', '/'])
}

/** The runner has made a namespace of mounts before Node was there. @throws where it has not */
export function requireOwnMounts(): void {
  assert.equal(process.env['CMS_OAUTH_OWN_MOUNTS'], '1', 'run it by "npm run test:soak"')
}
