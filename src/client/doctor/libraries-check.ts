import { errorFinding, type Finding, ok } from '../../configuration/finding.ts'
import { isCmsOauthError } from '../../errors.ts'
import { readInlinedLibraries } from '../inlined-libraries.ts'

/** The libraries that talk to providers and to the kernel, about which most questions are. */
const shown = ['@azure/msal-node', 'google-auth-library', 'https-proxy-agent', 'koffi']

/** Says which versions of libraries are inside the programs. */
export function checkLibraries(): Finding {
  try {
    const libraries = readInlinedLibraries()
    const named = libraries
      .filter(({ name }) => shown.includes(name))
      .map(({ name, version }) => `${name} ${version}`)
    const others = libraries.length - named.length
    const text = `${named.join(', ')}, and ${others} others: "cms-oauth --version --verbose"`
    return ok('libraries', text)
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return errorFinding('libraries', error)
  }
}
