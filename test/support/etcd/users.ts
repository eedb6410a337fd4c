/** The keys of the accounts of a test. */
export const prefix = '/cms-oauth/v1/test/'

/** Its users and their passwords: `root` administers, `relay` is a renew host, `reader` a serve host. */
export const passwords = {
  root: 'root-password',
  relay: 'relay-password',
  reader: 'reader-password',
}

type Ctl = (...words: string[]) => Promise<string>

/** Makes the users and their rights, and switches them on. */
export async function createUsers(ctl: Ctl): Promise<void> {
  const roles: [name: string, ...grants: string[][]][] = [
    ['renew', ['--prefix=true', 'readwrite', prefix]],
    ['serve', ['read', `${prefix}meta`], ['--prefix=true', 'read', `${prefix}token/`]],
  ]
  await Promise.all(
    Object.entries(passwords).map(([user, password]) => ctl('user', 'add', `${user}:${password}`)),
  )
  for (const [role, ...grants] of roles) {
    await ctl('role', 'add', role)
    for (const words of grants) await ctl('role', 'grant-permission', role, ...words)
  }
  await Promise.all([
    ctl('user', 'grant-role', 'relay', 'renew'),
    ctl('user', 'grant-role', 'reader', 'serve'),
    ctl('user', 'grant-role', 'root', 'root'),
  ])
  await ctl('auth', 'enable')
}
