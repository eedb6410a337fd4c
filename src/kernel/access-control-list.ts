import { libc } from './libc.ts'

const getxattr = libc.func(
  'intptr_t getxattr(const char *path, const char *name, void *value, size_t size)',
)

/**
 * True where more users and groups than the mode names have rights (acl(5)). The group's bits are then
 * the most that any of them has, and say nothing about the group.
 */
export function hasAccessControlList(path: string): boolean {
  return (getxattr(path, 'system.posix_acl_access', null, 0) as number) > 0
}
